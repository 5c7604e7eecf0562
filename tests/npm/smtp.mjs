// A real mail server on the loopback interface: prints its port, then every mail it took, one JSON document a line.
import { SMTPServer } from "smtp-server";
import { text } from "node:stream/consumers";

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  allowInsecureAuth: true,
  onAuth: (auth, session, done) => {
    if (auth.password !== "wrong") return done(null, { user: auth.username });
    done(Object.assign(new Error("5.7.8 nobody has that password"), { responseCode: 535 }));
  },
  onRcptTo: (address, session, done) => {
    if (!address.address.startsWith("nobody@")) return done();
    done(Object.assign(new Error("5.1.1 there is nobody of that name"), { responseCode: 550 }));
  },
  onData: async (stream, session, done) => {
    const source = await text(stream);
    const { mailFrom, rcptTo } = session.envelope;
    console.log(JSON.stringify({ from: mailFrom.address, to: rcptTo.map((recipient) => recipient.address), user: session.user ?? null, source }));
    // Has the mail, and never says so.
    if (rcptTo[0].address.startsWith("silent@")) return;
    done(null, "2.0.0 taken");
  },
});

server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));
process.stdin.on("end", () => process.exit()).resume();

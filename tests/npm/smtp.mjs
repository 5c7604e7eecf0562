// A real mail server on the loopback interface: prints its port, then every mail it took, one JSON document a line.
// Its argument says how it speaks: `plain`, `starttls`, `tls` from the first byte, or `stranger`, which is TLS with a
// certificate that nobody vouches for.
import { SMTPServer } from "smtp-server";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const way = process.argv[2] ?? "plain";
const file = (name) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const own = way === "starttls" || way === "tls" ? { key: file("server.key"), cert: file("server.pem") } : {};
const refused = new Set();

const server = new SMTPServer({
  ...own,
  secure: way === "tls" || way === "stranger",
  authOptional: true,
  disabledCommands: way === "plain" ? ["STARTTLS"] : [],
  allowInsecureAuth: way === "plain",
  onAuth: (auth, session, done) => {
    if (auth.password !== "wrong") return done(null, { user: auth.username });
    done(Object.assign(new Error("5.7.8 nobody has that password"), { responseCode: 535 }));
  },
  onRcptTo: (address, session, done) => {
    // A grey list: who comes a second time is let in.
    if (address.address.startsWith("later@") && !refused.has(address.address)) {
      refused.add(address.address);
      return done(Object.assign(new Error("4.7.1 come again later"), { responseCode: 451 }));
    }
    if (!address.address.startsWith("nobody@")) return done();
    done(Object.assign(new Error("5.1.1 there is nobody of that name"), { responseCode: 550 }));
  },
  onData: async (stream, session, done) => {
    const source = await text(stream);
    const { mailFrom, rcptTo } = session.envelope;
    console.log(JSON.stringify({ from: mailFrom.address, to: rcptTo.map((recipient) => recipient.address), user: session.user ?? null, secure: session.secure, source }));
    // Has the mail, and never says so.
    if (rcptTo[0].address.startsWith("silent@")) return;
    done(null, "2.0.0 taken");
  },
});

server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));
process.stdin.on("end", () => process.exit()).resume();

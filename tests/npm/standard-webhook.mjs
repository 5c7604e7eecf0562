// Says whether the public library standardwebhooks takes a request, as the server that it was sent to would.
// Standard input: { secret, now (seconds), headers: { name: value }, body }
import { Webhook } from "standardwebhooks";
import { text } from "node:stream/consumers";

const received = JSON.parse(await text(process.stdin));
// The library asks the clock how old a request is; the tests have a clock of their own.
Date.now = () => received.now * 1000;
let refused = null;
try {
  new Webhook(received.secret).verify(received.body, received.headers);
} catch (error) {
  refused = error.message;
}
console.log(JSON.stringify({ refused }));

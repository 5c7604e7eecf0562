// Lets a client library send to this machine, and tells what came: the request as it was over the wire.
import { createServer } from "node:http";
import { buffer, text } from "node:stream/consumers";

/** Runs `send` with the address of a server that answers so; the one request that it was sent. */
export async function caught(answer, send) {
  let request;
  const server = createServer(async (incoming, reply) => {
    const body = (await buffer(incoming)).toString("utf8");
    request = { method: incoming.method, path: incoming.url, headers: incoming.headers, body };
    reply.writeHead(answer.status ?? 200, { "content-type": "application/json" });
    reply.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {}));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  await send(`http://127.0.0.1:${server.address().port}`);
  server.close();
  return request;
}

/** What the test wants, from standard input. */
export async function wanted() {
  return JSON.parse(await text(process.stdin));
}

// The request that Slack's own library sends to an incoming webhook, or for a bot.
// Standard input: { path, message } or { token, message }
import { IncomingWebhook } from "@slack/webhook";
import { WebClient } from "@slack/web-api";
import { caught, wanted } from "./loopback.mjs";

const { path, token, message } = await wanted();
const taken = { ok: true, channel: message.channel, ts: "1503435956.000247" };
const request = token
  ? await caught({ body: taken }, (here) => new WebClient(token, { slackApiUrl: `${here}/api/` }).chat.postMessage(message))
  : await caught({ body: "ok" }, (here) => new IncomingWebhook(here + path).send(message));
console.log(JSON.stringify(request));

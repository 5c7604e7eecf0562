// The request that Slack's own library sends to an incoming webhook. Standard input: { path, message }
import { IncomingWebhook } from "@slack/webhook";
import { caught, wanted } from "./loopback.mjs";

const { path, message } = await wanted();
console.log(JSON.stringify(await caught({ body: "ok" }, (here) => new IncomingWebhook(here + path).send(message))));

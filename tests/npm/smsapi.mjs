// The request that SMSAPI's own library sends for a message. Standard input: { token, to, text, details }
import { SMSAPI } from "smsapi";
import { caught, wanted } from "./loopback.mjs";

const { token, to, text, details } = await wanted();
const answer = { body: { count: 1, list: [{ id: "1", points: 0.16, date_sent: 1, status: "QUEUE" }] } };
console.log(JSON.stringify(await caught(answer, (here) => new SMSAPI(token, here).sms.sendSms(to, text, details))));

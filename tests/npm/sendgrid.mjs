// SendGrid's own libraries: the request for a mail, or what they say to a signed event.
// Standard input: { key, message } or { body, timestamp }; the latter is signed here with a new key.
import { EventWebhook } from "@sendgrid/eventwebhook";
import mail from "@sendgrid/mail";
import { generateKeyPairSync, sign } from "node:crypto";
import { caught, wanted } from "./loopback.mjs";

const { key, message, body, timestamp } = await wanted();
if (message) {
  const request = await caught({ status: 202 }, async (here) => {
    mail.setApiKey(key);
    mail.client.setDefaultRequest("baseUrl", `${here}/`);
    await mail.send(message);
  });
  console.log(JSON.stringify(request));
} else {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signature = sign("sha256", Buffer.from(timestamp + body), privateKey).toString("base64");
  const spki = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const webhook = new EventWebhook();
  const accepted = webhook.verifySignature(webhook.convertPublicKeyToECDSA(spki), body, signature, timestamp);
  console.log(JSON.stringify({ key: spki, signature, accepted }));
}

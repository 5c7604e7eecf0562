// A mail as the library nodemailer writes it, and another one beside it: both as the library postal-mime reads them.
// Standard input: { message, source }
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import PostalMime from "postal-mime";
import { wanted } from "./loopback.mjs";

const { message, source } = await wanted();
const SHOWN = ["from", "to", "subject", "reply-to", "message-id", "mime-version", "list-unsubscribe", "list-unsubscribe-post"];

async function read(raw) {
  const mail = await PostalMime.parse(raw);
  const address = (one) => one && { name: one.name, address: one.address };
  // What stands in the fields, without how their lines are folded.
  const header = ({ key, value }) => [key, value.replace(/\s+/g, " ").trim()];
  const headers = Object.fromEntries(mail.headers.filter(({ key }) => SHOWN.includes(key)).map(header));
  for (const decoded of ["from", "to", "reply-to", "subject"]) delete headers[decoded];
  const type = mail.headers.find(({ key }) => key === "content-type").value.split(";")[0].toLowerCase();
  return {
    headers,
    type,
    from: address(mail.from),
    to: mail.to.map(address),
    replyTo: (mail.replyTo ?? []).map(address),
    subject: mail.subject,
    hasDate: !Number.isNaN(Date.parse(mail.date)),
    text: mail.text.trim().replace(/\r\n/g, "\n"),
    html: mail.html?.trim().replace(/\r\n/g, "\n"),
    attachments: mail.attachments.length,
  };
}

const written = await new MailComposer(message).compile().build();
console.log(JSON.stringify({ ours: await read(source), theirs: await read(written) }));

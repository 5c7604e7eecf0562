// Prints the request that the public library whatsapp-api-js makes for a template message.
// Standard input: { token, version, from, to, name, language, image?, parameters: [text…], payloads: [text…], echo? }
import { BodyComponent, BodyParameter, HeaderComponent, HeaderParameter, Image, PayloadComponent, Template } from "whatsapp-api-js/messages";
import { WhatsAppAPI } from "whatsapp-api-js";
import { text } from "node:stream/consumers";

const wanted = JSON.parse(await text(process.stdin));
const answer = { contacts: [{ input: wanted.to, wa_id: wanted.to }], messages: [{ id: "wamid.library" }] };
let request;
const api = new WhatsAppAPI({
  token: wanted.token,
  v: wanted.version,
  secure: false,
  ponyfill: {
    fetch: async (url, init) => {
      request = { url: String(url), method: init.method, headers: init.headers, body: JSON.parse(init.body) };
      return new Response(JSON.stringify(answer), { status: 200, headers: { "content-type": "application/json" } });
    },
  },
});

const components = [];
if (wanted.image) components.push(new HeaderComponent(new HeaderParameter(new Image(wanted.image))));
if (wanted.parameters?.length) components.push(new BodyComponent(...wanted.parameters.map((value) => new BodyParameter(value))));
for (const payload of wanted.payloads ?? []) components.push(new PayloadComponent(payload));

const message = new Template(wanted.name, wanted.language, ...components);
await api.sendMessage(wanted.from, wanted.to, message, undefined, wanted.echo);
console.log(JSON.stringify(request));

// Prints the request that the public library whatsapp-api-js makes for a template message.
// Standard input: { token, version, from, to, content, echo? }; the content as our channel takes it, with its language.
import {
  BodyComponent,
  BodyParameter,
  CopyComponent,
  Document,
  HeaderComponent,
  HeaderParameter,
  Image,
  PayloadComponent,
  Template,
  URLComponent,
  Video,
} from "whatsapp-api-js/messages";
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

const { template, language, header, body, buttons } = wanted.content;
const headers = {
  image: () => new HeaderParameter(new Image(header.image)),
  video: () => new HeaderParameter(new Video(header.video)),
  document: () => new HeaderParameter(new Document(header.document, false, undefined, header.filename)),
  text: () => new HeaderParameter(header.text, header.name),
};
const button = { url: URLComponent, quick_reply: PayloadComponent, copy_code: CopyComponent };
const components = [];
if (header) components.push(new HeaderComponent(headers[Object.keys(headers).find((kind) => kind in header)]()));
const named = (body) => Object.entries(body).map(([name, value]) => new BodyParameter(value, name));
const texts = Array.isArray(body) ? body.map((value) => new BodyParameter(value)) : named(body ?? {});
if (texts.length) components.push(new BodyComponent(...texts));
for (const { type, value } of buttons ?? []) components.push(new button[type](value));

await api.sendMessage(wanted.from, wanted.to, new Template(template, language, ...components), undefined, wanted.echo);
console.log(JSON.stringify(request));

// The request that the library messaging-api-messenger (Bottender's) sends for a message of the page.
// Standard input: { token, version, to, content }; the content as our channel takes it.
import library from "messaging-api-messenger";
import { caught, wanted } from "./loopback.mjs";

const { token, version, to, content } = await wanted();
const { text, image, buttons = [] } = content;
const kinds = {
  url: ({ title, value }) => ({ type: "web_url", title, url: value }),
  postback: ({ title, value }) => ({ type: "postback", title, payload: value }),
};
const shown = buttons.map((button) => kinds[button.type](button));
const options = { messagingType: "RESPONSE" };
const request = await caught({ body: { recipient_id: to, message_id: "m_1" } }, (origin) => {
  const page = new library.MessengerClient({ accessToken: token, appSecret: "-", version, origin, skipAppSecretProof: true });
  if (image) {
    const element = { title: text, imageUrl: image, ...(shown.length > 0 && { buttons: shown }) };
    return page.sendGenericTemplate(to, [element], options);
  }
  return shown.length > 0 ? page.sendButtonTemplate(to, text, shown, options) : page.sendText(to, text, options);
});
console.log(JSON.stringify(request));

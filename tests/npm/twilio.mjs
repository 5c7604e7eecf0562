// What Twilio's own library does: the request that it sends for a message, or the signature of a callback.
// Standard input: { account, token, key?, secret?, message } or { token, url, fields }
import twilio from "twilio";
import RequestClient from "twilio/lib/base/RequestClient.js";
import { caught, wanted } from "./loopback.mjs";

const { account, token, key, secret, message, url, fields } = await wanted();
if (fields) {
  console.log(JSON.stringify({ signature: twilio.getExpectedTwilioSignature(token, url, fields) }));
} else {
  const request = await caught({ status: 201, body: { sid: "SM1" } }, async (here) => {
    class Here extends RequestClient {
      request(options) {
        return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", here) });
      }
    }
    const client = key ? twilio(key, secret, { accountSid: account, httpClient: new Here() }) : twilio(account, token, { httpClient: new Here() });
    await client.messages.create(message);
  });
  console.log(JSON.stringify(request));
}

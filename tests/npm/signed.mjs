// Webhooks signed by the providers' own libraries, or as their server signs where there is none.
// Standard input: { by, secret, body, id?, now? (seconds) }; `headers` comes back, and whether the library takes them.
import { createHmac } from "node:crypto";
import { text } from "node:stream/consumers";

const { by, secret, body, id, now } = JSON.parse(await text(process.stdin));

const signers = {
  // https://github.com/Shopify/shopify-app-js: the library signs with the helper that it verifies with.
  async shopify() {
    await import("@shopify/shopify-api/adapters/node");
    const { shopifyApi, ApiVersion } = await import("@shopify/shopify-api");
    const { createSHA256HMAC, HashFormat } = await import("@shopify/shopify-api/runtime");
    const headers = {
      "x-shopify-topic": "carts/update",
      "x-shopify-shop-domain": "acorn-and-oak.myshopify.com",
      "x-shopify-api-version": "2026-04",
      "x-shopify-webhook-id": "w-1",
      "x-shopify-hmac-sha256": await createSHA256HMAC(secret, body, HashFormat.Base64),
    };
    const versions = Object.values(ApiVersion);
    const shopify = shopifyApi({
      apiKey: "key",
      apiSecretKey: secret,
      apiVersion: versions[versions.length - 1],
      hostName: "carts.example",
      isEmbeddedApp: false,
      logger: { log: () => {} },
    });
    const rawRequest = { method: "POST", url: "/", headers };
    const judged = await shopify.webhooks.validate({ rawBody: body, rawRequest, rawResponse: {} });
    return { headers, taken: judged.valid };
  },

  // WC_Webhook::generate_signature: base64 of the HMAC-SHA256 over the body; there is no library that checks it.
  async woocommerce() {
    const signature = createHmac("sha256", secret).update(body, "utf8").digest("base64");
    const headers = { "x-wc-webhook-topic": "order.deleted", "x-wc-webhook-id": "1", "x-wc-webhook-signature": signature };
    return { headers, taken: true };
  },

  async standard() {
    const { Webhook } = await import("standardwebhooks");
    const webhook = new Webhook(secret);
    // The library asks the clock how old a request is; the tests have a clock of their own.
    Date.now = () => now * 1000;
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(now),
      "webhook-signature": webhook.sign(id, new Date(now * 1000), body),
    };
    webhook.verify(body, headers);
    return { headers, taken: true };
  },

  async whatsapp() {
    const { WhatsAppAPI } = await import("whatsapp-api-js");
    const api = new WhatsAppAPI({ token: "t", appSecret: secret, secure: true, v: "v23.0", ponyfill: { fetch: async () => ({}), subtle: globalThis.crypto.subtle } });
    const signature = `sha256=${createHmac("sha256", secret).update(body, "utf8").digest("hex")}`;
    const taken = await api.verifyRequestSignature(body, signature);
    return { headers: { "x-hub-signature-256": signature }, taken };
  },
};

console.log(JSON.stringify(await signers[by]()));

// What the library mailauth says to a signed mail, or a new key for one to be signed with.
// Standard input: { source, records: { name: text } }, the records being all that the DNS holds; or { key: "rsa" }.
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { generateKeyPairSync } from "node:crypto";
import { wanted } from "./loopback.mjs";

const { source, records, key } = await wanted();
if (key) {
  const { publicKey, privateKey } = generateKeyPairSync(key, { modulusLength: 2048 });
  const der = publicKey.export({ type: "spki", format: "der" });
  // The DNS has an Ed25519 key bare.
  const shown = key === "ed25519" ? der.subarray(-32) : der;
  const record = `v=DKIM1; k=${key}; p=${shown.toString("base64")}`;
  console.log(JSON.stringify({ private: privateKey.export({ type: "pkcs8", format: "pem" }), record }));
} else {
  const resolver = async (name) => {
    if (name in records) return [[records[name]]];
    throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  };
  const { results } = await dkimVerify(source, { resolver });
  const shown = results.map((one) => ({
    status: one.status.result,
    why: one.status.comment,
    domain: one.signingDomain,
    signed: one.signingHeaders?.keys,
  }));
  console.log(JSON.stringify({ results: shown }));
}

//! Reads the signed webhooks of a shop platform.

#[cfg(target_family = "wasm")]
mod package;

wit_bindgen::generate!({ path: "wit", world: "source-plugin" });

use cartwright::plugin::secrets::{self, Algorithm};
use cartwright::plugin::types::{FaultKind, Instances, SecretNeed};
use exports::cartwright::plugin::source::*;
use serde::Deserialize;
use serde_json::{Value, json};

struct Plugin;

#[cfg(target_family = "wasm")]
export!(Plugin);

/// What the platform tells of a cart.
#[derive(Deserialize)]
struct Cart {
    id: String,
    /// Milliseconds since 1970.
    at: Instant,
    cart: String,
    email: Option<String>,
    lines: Vec<Line>,
}

#[derive(Deserialize, serde::Serialize)]
struct Line {
    title: String,
    quantity: u32,
    sku: Option<String>,
}

impl Guest for Plugin {
    fn describe() -> Descriptor {
        Descriptor {
            title: "{{title}}".into(),
            summary: "Carts of a shop platform, from its webhooks.".into(),
            config_schema: r#"{ "type": "object", "additionalProperties": false }"#.into(),
            facts: vec![],
            hosts: vec![],
            secrets: vec![SecretNeed {
                name: "secret".into(),
                title: "Signing secret".into(),
                why: "The platform signs its webhooks with it.".into(),
            }],
            translations: "{}".into(),
            instances: Instances::PerBatch,
        }
    }

    /// It only listens. `poll`, `backfill`, `orders-of`, `subscribe` and `probe` are requests, as a channel makes them.
    fn tasks() -> Vec<Ability> {
        vec![]
    }

    /// The schema says all there is to say.
    fn check_config(_: Json) -> Result<(), Fault> {
        Ok(())
    }

    /// `x-signature`: the HMAC-SHA256 of the body with the secret, in hexadecimal.
    fn verify(webhook: Webhook) -> Verification {
        let signature = webhook.headers.iter().find(|header| header.name == "x-signature");
        let signature = signature.and_then(|header| from_hex(&header.value)).unwrap_or_default();
        if secrets::verify("secret", Algorithm::HmacSha256, &webhook.body, &signature) {
            return Verification::Authentic;
        }
        Verification::Refused("x-signature does not fit the secret".into())
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        let bad = |error: serde_json::Error| fault(FaultKind::BadInput, &error.to_string());
        let body: Value = serde_json::from_slice(&webhook.body).map_err(bad)?;
        let topic = body["topic"].as_str().unwrap_or_default();
        if topic != "cart" {
            return Ok(Parsed::UnknownTopic(topic.into()));
        }
        let cart: Cart = serde_json::from_value(body).map_err(bad)?;
        Ok(Parsed::Events(vec![cart.event()]))
    }

    fn begin(_: Task) -> Result<Step, Fault> {
        Err(fault(FaultKind::NotSupported, "this source only listens"))
    }

    fn resume(_: Vec<u8>, _: Vec<Response>) -> Result<Step, Fault> {
        Err(fault(FaultKind::NotSupported, "this source only listens"))
    }
}

impl Cart {
    /// The body of each type stands in `wit/events.schema.json`.
    fn event(self) -> Event {
        let key = |kind: &str, value: String| Key { kind: kind.into(), value };
        let mut subject = vec![key("cart", self.cart)];
        subject.extend(self.email.map(|email| key("email", email)));
        let body = json!({ "lines": self.lines }).to_string();
        Event { id: self.id, type_: "cart.updated".into(), occurred_at: self.at, subject, body }
    }
}

fn fault(kind: FaultKind, message: &str) -> Fault {
    Fault { kind, message: message.into() }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(pair.first()?)? << 4 | digit(pair.get(1)?)?) as u8)).collect()
}

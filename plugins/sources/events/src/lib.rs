//! Events in Cartwright's own form, as a signed webhook: for shops that can make an HTTP call but keep no API key.
//!
//! The body is one event or a list of them, as `POST /v1/events` takes them; `X-Cartwright-Signature` is the
//! hexadecimal HMAC-SHA256 of the body with the signing secret.

cartwright_sdk::simple_source_plugin!(Events);

use bindings::*;
use cartwright_sdk::encoding::from_hex;
use cartwright_sdk::json;
use cartwright_sdk::serde_json::Value;
use cartwright_sdk::time::Moment;
use secrets::Algorithm;
use serde::Deserialize;

/// The source.
pub struct Events;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    occurred_at: Moment,
    #[serde(default)]
    subject: Subject,
    #[serde(default)]
    body: Value,
}

impl SimpleSource for Events {
    fn describe() -> Descriptor {
        Descriptor::new("Events", "Events in Cartwright's own form, signed with a shared secret.")
            .config(include_str!("../config.schema.json"))
            .secret("signing_secret", "Signing secret", "Any long random text that the sender knows too.")
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::no_config(&config)
    }

    fn verify(webhook: Webhook) -> Verification {
        let Some(signature) = webhook.header("x-cartwright-signature").and_then(from_hex) else {
            return Verification::Refused("X-Cartwright-Signature is missing or is not hexadecimal".to_owned());
        };
        if secrets::verify("signing_secret", Algorithm::HmacSha256, &webhook.body, &signature) {
            Verification::Authentic
        } else {
            Verification::Refused("X-Cartwright-Signature does not fit the signing secret".to_owned())
        }
    }

    fn parse(webhook: Webhook) -> Result<Parsed, Fault> {
        read(&webhook.body).map(Parsed::Events)
    }
}

fn read(body: &[u8]) -> Result<Vec<Event>, Fault> {
    let is_list = body.trim_ascii_start().starts_with(b"[");
    let items: Vec<Item> = if is_list { json::input(body)? } else { vec![json::input(body)?] };
    items.into_iter().enumerate().map(|(index, item)| item.event().map_err(|why| fault(is_list, index, why))).collect()
}

fn fault(is_list: bool, index: usize, why: &str) -> Fault {
    Fault::bad_input(if is_list { format!("[{index}].{why}") } else { why.to_owned() })
}

impl Item {
    fn event(self) -> Result<Event, &'static str> {
        if self.id.is_empty() || self.id.len() > 255 {
            return Err("id: must have 1 to 255 characters");
        }
        if !self.kind.contains('.') || self.kind.len() > 100 {
            return Err("type: such as order.placed; an event of your own needs a dot, like shop.visited");
        }
        if self.kind == "message.receipt" {
            return Err("type: only a channel tells what became of a message");
        }
        let subject = self.subject.keys().map(|(kind, value)| Key { kind: kind.to_owned(), value }).collect();
        let body = self.body.to_string();
        Ok(Event { id: self.id, type_: self.kind, occurred_at: self.occurred_at.0, subject, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::event::EventText;
    use cartwright_sdk::serde_json::{self, json};

    fn order() -> Value {
        json!({
            "id": "o-1", "type": "order.placed", "occurred_at": "2026-11-02T11:00:00+01:00",
            "subject": {"customer": "9007199254740993", "cart": "c1"},
            "body": {"number": "#1", "total": {"amount": "19.99", "currency": "EUR"}},
        })
    }

    fn refused(body: &Value) -> String {
        read(body.to_string().as_bytes()).expect_err("it was read").message
    }

    #[test]
    fn one_event_or_a_list_is_passed_on_as_it_is() {
        let one = read(order().to_string().as_bytes()).unwrap();
        let list = read(json!([order()]).to_string().as_bytes()).unwrap();
        assert_eq!(one, list);
        assert_eq!((one[0].type_.as_str(), one[0].occurred_at), ("order.placed", 1_793_613_600_000));
        assert_eq!(one[0].subject[0], Key { kind: "customer".to_owned(), value: "9007199254740993".to_owned() });
        let theirs: EventText = serde_json::from_value(order()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&one[0].body).unwrap(), theirs.body);
        assert_eq!(theirs.occurred_at.millis(), one[0].occurred_at);
    }

    #[test]
    fn a_moment_may_be_milliseconds() {
        let mut event = order();
        event["occurred_at"] = json!(1_793_613_600_000_i64);
        assert_eq!(read(event.to_string().as_bytes()).unwrap()[0].occurred_at, 1_793_613_600_000);
    }

    #[test]
    fn a_fault_names_the_item_and_the_field() {
        let with = |field: &str, value: Value| {
            let mut event = order();
            event[field] = value;
            event
        };
        assert!(refused(&json!([order(), with("occurred_at", json!("now"))])).starts_with("[1].occurred_at: "));
        assert!(refused(&json!([with("id", json!(""))])).starts_with("[0].id: "));
        assert!(refused(&with("type", json!("visited"))).starts_with("type: "));
        assert!(refused(&with("subject", json!({"user": "1"}))).contains("user"));
        assert!(refused(&with("sent_by", json!("me"))).contains("sent_by"));
    }

    #[test]
    fn receipts_are_refused() {
        let mut receipt = order();
        receipt["type"] = json!("message.receipt");
        assert!(refused(&receipt).contains("only a channel"));
    }
}

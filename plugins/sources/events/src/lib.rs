//! Events in Cartwright's own form, as a signed webhook: for shops that can make an HTTP call but keep no API key.
//!
//! The body is one event or a list of them, as `POST /v1/events` takes them. It is signed as Standard Webhooks says, by
//! whatever library of theirs the shop has at hand; or `X-Cartwright-Signature` is the hexadecimal HMAC-SHA256 of the
//! body with the signing secret, where the shop has none.

cartwright_sdk::simple_source_plugin!(Events);

use bindings::*;
use cartwright_sdk::encoding::{from_base64, from_hex};
use cartwright_sdk::json;
use cartwright_sdk::serde_json::Value;
use cartwright_sdk::time::Moment;
use secrets::Algorithm;
use serde::Deserialize;

/// The source.
pub struct Events;

/// How far a signed moment may lie from now, as Standard Webhooks' own libraries have it.
const TOLERANCE: i64 = 5 * 60;

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
            .translations(include_str!("../translations.json"))
            .secret(
                "signing_secret",
                "Signing secret",
                "Any long random text that the sender knows too; for Standard Webhooks, whsec_ and a key in base64.",
            )
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::no_config(&config)
    }

    fn verify(webhook: Webhook) -> Verification {
        if webhook.header("webhook-signature").is_some() {
            let signed = |data: &[u8]| secrets::sign_encoded("signing_secret", "whsec_", Algorithm::HmacSha256, data);
            return match standard(&webhook, connection::now(), signed) {
                Ok(()) => Verification::Authentic,
                Err(why) => Verification::Refused(why),
            };
        }
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

/// Standard Webhooks: of what is signed, the id and the moment are part, so nothing old is told again. `signed` is our
/// own signature, where the secret is written as a key.
fn standard(webhook: &Webhook, now: Instant, signed: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Result<(), String> {
    let header = |name: &str| webhook.header(name).ok_or_else(|| format!("{name} is missing"));
    let (id, moment, signatures) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    let seconds: i64 = moment.parse().map_err(|_| "webhook-timestamp is no number of seconds".to_owned())?;
    if now.div_euclid(1_000).abs_diff(seconds) > TOLERANCE.unsigned_abs() {
        return Err("webhook-timestamp lies more than five minutes from now".to_owned());
    }
    let data = [id.as_bytes(), b".", moment.as_bytes(), b".", &webhook.body].concat();
    let ours = signed(&data).ok_or("the signing secret is not whsec_ and a key in base64")?;
    let theirs = signatures.split(' ').filter_map(|one| from_base64(one.strip_prefix("v1,")?));
    match theirs.filter(|theirs| is_same(&ours, theirs)).count() {
        0 => Err("webhook-signature does not fit the signing secret".to_owned()),
        _ => Ok(()),
    }
}

/// Takes as long wherever the first difference is.
fn is_same(ours: &[u8], theirs: &[u8]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).fold(0, |different, (a, b)| different | (a ^ b)) == 0
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
    use cartwright_sdk::transport::Header;

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

    /// Signed by whoever knows the key: here the signature is the data itself.
    fn told(id: &str, seconds: &str, signature: &str) -> Result<(), String> {
        let headers = [("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", signature)];
        let header = |(name, value): (&str, &str)| Header { name: name.to_owned(), value: value.to_owned() };
        let headers = headers.map(header).to_vec();
        let webhook = Webhook { method: "POST".to_owned(), path: "/".to_owned(), headers, body: b"{}".to_vec() };
        standard(&webhook, 1_793_613_600_000, |data| Some(data.to_vec()))
    }

    #[test]
    fn a_standard_webhook_is_signed_over_its_id_its_moment_and_its_body() {
        let sign = |text: &str| format!("v1,{}", cartwright_sdk::encoding::to_base64(text.as_bytes()));
        let good = sign("msg_1.1793613600.{}");
        assert_eq!(told("msg_1", "1793613600", &good), Ok(()));
        assert_eq!(told("msg_1", "1793613600", &format!("{} v1a,x {good}", sign("other"))), Ok(()));
        assert!(told("msg_2", "1793613600", &good).is_err());
        assert!(told("msg_1", "1793613601", &good).is_err());
        assert!(told("msg_1", "1793613600", "v1,").is_err());
    }

    #[test]
    fn a_standard_webhook_of_another_time_is_refused() {
        let sign = |seconds: i64| {
            let text = format!("msg_1.{seconds}.{{}}");
            told("msg_1", &seconds.to_string(), &format!("v1,{}", cartwright_sdk::encoding::to_base64(text.as_bytes())))
        };
        assert_eq!((sign(1_793_613_300), sign(1_793_613_900)), (Ok(()), Ok(())));
        assert!(sign(1_793_613_299).is_err() && sign(1_793_613_901).is_err());
        assert!(told("msg_1", "soon", "v1,").is_err());
    }

    #[test]
    fn receipts_are_refused() {
        let mut receipt = order();
        receipt["type"] = json!("message.receipt");
        assert!(refused(&receipt).contains("only a channel"));
    }
}

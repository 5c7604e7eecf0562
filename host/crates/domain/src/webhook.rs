//! The webhook step: it asks a server of the shop's own, and what that answers is known to later steps as
//! `step.NAME.path`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::contact::{Address, AddressKind};
use crate::content::{Content, Variant};
use crate::fact::FactValue;
use crate::facts::Subject;
use crate::message::{Message, Purpose};
use crate::run::Run;

/// Short name of the channels that such a step asks over, and the name of what it says.
pub const CHANNEL: &str = "webhook";
/// Longest answer that is kept, in bytes.
pub const ANSWER_BYTES: usize = 64 * 1024;
/// The fields that later steps read answers by begin so.
pub(crate) const FIELD: &str = "step.";

/// A step that asks a server of the shop's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookStep {
    /// The channel, by the name of the shop's connection: it knows the address and the key that signs.
    pub channel: String,
    /// What the server is told beside the run, the shop and the customer's id.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub facts: BTreeSet<Told>,
    /// Where it goes on once the server has answered with a 2xx.
    pub answered: String,
    /// Where it goes on if the server refuses, or has not answered when it is too late.
    pub failed: String,
    /// What `simulate` and `backtest`, which ask nobody, take for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Value>,
}

/// What a server can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Who the customer is, without personal data.
    Customer,
    /// How they can be reached: personal data.
    Contact,
    /// Their newest open cart, as of now.
    Cart,
    /// Their orders, counted and added up.
    Orders,
    /// What began the run: the event, its order, and the cart as it had settled.
    Trigger,
}

/// A webhook goes to the shop, not to a customer, and what it says is made of facts.
static CONTENT: LazyLock<Content> = LazyLock::new(|| Content {
    name: CHANNEL.to_owned(),
    purpose: Purpose::Staff,
    topic: None,
    labels: Vec::new(),
    default_locale: "en".to_owned(),
    defaults: Default::default(),
    sms_parts: None,
    variants: vec![Variant { channel: CHANNEL.to_owned(), locale: None, body: Value::Object(Map::new()), made: None }],
});

impl WebhookStep {
    /// What it says, as the check of S17 looks at it.
    pub fn content() -> &'static Content {
        &CONTENT
    }

    /// To whom.
    pub(crate) fn recipient(&self) -> Address {
        Address { kind: AddressKind::Handle, value: self.channel.clone() }
    }

    /// The document that leaves. An attempt after the first says what the first did: it has the same id.
    pub fn document(&self, run: &Run, subject: &Subject, message: &Message) -> Value {
        if let Some(said) = message.rendered.as_ref().filter(|_| message.attempts > 0) {
            return said.clone();
        }
        let mut data = Map::new();
        let shop = &subject.shop;
        data.insert("shop".into(), json!({ "id": shop.id, "name": shop.name, "currency": shop.currency }));
        data.insert(
            "run".into(),
            json!({
                "id": run.id, "strategy": &*subject.strategy, "step": message.step, "started_at": run.started_at,
            }),
        );
        let mut customer = Map::from_iter([("id".to_owned(), json!(run.customer))]);
        for told in &self.facts {
            let (name, value) = match told {
                Told::Customer => ("customer", who(subject)),
                Told::Contact => ("customer", reach(subject)),
                Told::Cart => ("cart", cart(subject)),
                Told::Orders => ("orders", orders(subject)),
                Told::Trigger => ("trigger", trigger(run)),
            };
            match (name, value) {
                ("customer", Value::Object(more)) => customer.extend(more),
                (name, value) => {
                    data.insert(name.into(), value);
                }
            }
        }
        data.insert("customer".into(), Value::Object(customer));
        json!({ "type": "run.webhook", "timestamp": message.created_at, "data": data })
    }
}

fn who(subject: &Subject) -> Value {
    let customer = &subject.customer;
    json!({
        "registered_at": customer.registered_at, "country": customer.country, "province": customer.province,
        "language": customer.language, "tags": customer.tags, "lists": customer.lists,
        "attributes": customer.attributes,
    })
}

fn reach(subject: &Subject) -> Value {
    let customer = &subject.customer;
    json!({
        "first_name": customer.first_name, "last_name": customer.last_name, "email": customer.email,
        "phone": customer.phone, "marketing": customer.marketing(),
    })
}

fn cart(subject: &Subject) -> Value {
    subject.cart.as_ref().map_or(Value::Null, |cart| {
        json!({
            "cart_token": cart.cart_token, "checkout_token": cart.checkout_token, "updated_at": cart.updated_at(),
            "lines": cart.lines(), "total": cart.total(), "recovery_url": cart.recovery_url(),
        })
    })
}

fn orders(subject: &Subject) -> Value {
    json!({ "count": subject.orders().count(), "spent": subject.orders().spent(subject.shop.currency) })
}

fn trigger(run: &Run) -> Value {
    let trigger = &run.trigger;
    json!({
        "event": trigger.event, "event_id": trigger.event_id, "date": trigger.date, "order": trigger.order,
        "cart": trigger.snapshot,
    })
}

/// What a server answered, to be kept; none if it said nothing, else why it cannot be.
pub fn read_answer(body: &[u8]) -> Result<Option<Value>, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    if body.len() > ANSWER_BYTES {
        return Err(format!("it has {} bytes, and the limit is {ANSWER_BYTES}", body.len()));
    }
    serde_json::from_slice(body).map(Some).map_err(|error| format!("it is no JSON: {error}"))
}

/// The step and the path of a field such as `step.credit.score.value`.
pub(crate) fn field(name: &str) -> Option<(&str, &str)> {
    place(name.strip_prefix(FIELD)?)
}

/// The step and the path of `STEP.PATH`.
pub(crate) fn place(name: &str) -> Option<(&str, &str)> {
    name.split_once('.').filter(|(step, path)| !step.is_empty() && !path.is_empty())
}

/// What stands at a path of names and places, such as `offers.0.price`.
pub(crate) fn at<'a>(answer: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(answer, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => value.get(name),
    })
}

/// A part of an answer as a trace tells it.
pub(crate) fn shown(part: &Value) -> FactValue {
    match part {
        Value::Null => FactValue::None,
        Value::Bool(truth) => FactValue::Truth(*truth),
        Value::String(text) => FactValue::Text(text.clone()),
        Value::Number(number) => number.as_u64().map_or_else(|| FactValue::Text(number.to_string()), FactValue::Number),
        Value::Array(_) | Value::Object(_) => FactValue::Document(part.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_json_of_a_bounded_size() {
        assert_eq!(read_answer(br#"{"score": 7}"#), Ok(Some(json!({"score": 7}))));
        assert_eq!((read_answer(b""), read_answer(b" \n")), (Ok(None), Ok(None)));
        assert!(read_answer(b"<html>").unwrap_err().starts_with("it is no JSON"));
        let long = |length: usize| format!("\"{}\"", "a".repeat(length - 2)).into_bytes();
        assert!(read_answer(&long(ANSWER_BYTES)).unwrap().is_some());
        assert_eq!(read_answer(&long(ANSWER_BYTES + 1)).unwrap_err(), "it has 65537 bytes, and the limit is 65536");
    }

    #[test]
    fn a_path_goes_through_names_and_places() {
        let answer = json!({"offers": [{"price": 5}, {"price": 7}], "a": {"0": "named"}});
        assert_eq!(at(&answer, "offers.1.price"), Some(&json!(7)));
        assert_eq!(at(&answer, "a.0"), Some(&json!("named")));
        for path in ["offers.2.price", "offers.x", "offers..price", "b", "a.0.c", ""] {
            assert_eq!(at(&answer, path), None, "{path}");
        }
        assert_eq!(field("step.credit.score.value"), Some(("credit", "score.value")));
        assert_eq!((field("step.credit"), field("step..x"), field("step.credit.")), (None, None, None));
    }
}

//! Acme's records as events: the bodies are those of `events.schema.json` in the contract.
//!
//! The same fact has the same id however it is told: by a webhook, by a poll, or read again. So telling it twice
//! changes nothing.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cartwright::plugin::types::{FaultKind, Instant};
use crate::exports::cartwright::plugin::source::{BackfillKind, Event, Fault, Key, Parsed};
use crate::fault;

/// One change, as webhooks and `/api/changes` tell it.
#[derive(Deserialize)]
pub(crate) struct Change {
    id: String,
    topic: String,
    /// Milliseconds since 1970.
    at: Instant,
    record: Value,
}

#[derive(Deserialize)]
pub(crate) struct Order {
    id: String,
    number: String,
    customer: String,
    cart: Option<String>,
    total: Value,
    #[serde(default)]
    cancelled: bool,
    placed_at: Instant,
    updated_at: Instant,
}

#[derive(Deserialize)]
struct Cart {
    id: String,
    customer: Option<String>,
    total: Value,
    lines: Vec<Value>,
    updated_at: Instant,
    recovery_url: Option<String>,
}

#[derive(Deserialize)]
struct Customer {
    id: String,
    email: Option<String>,
    first_name: Option<String>,
    language: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    updated_at: Instant,
}

#[derive(Deserialize)]
struct Product {
    id: String,
    title: String,
    #[serde(default)]
    categories: Vec<String>,
    updated_at: Instant,
}

/// Who made an order, as far as Cartwright has to know.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Origin {
    Customer,
    /// Read from history: it must not trigger anything.
    Backfill,
}

pub(crate) fn told(body: &[u8]) -> Result<Parsed, Fault> {
    let change: Change = serde_json::from_slice(body).map_err(|error| fault(FaultKind::BadInput, error))?;
    let topic = change.topic.clone();
    Ok(match change.event()? {
        Some(event) => Parsed::Events(vec![event]),
        None => Parsed::UnknownTopic(topic),
    })
}

impl Change {
    /// None for a topic that this source does not know.
    pub(crate) fn event(self) -> Result<Option<Event>, Fault> {
        let read = match self.topic.as_str() {
            "cart.saved" => cart(self.record),
            "order.placed" | "order.cancelled" => read(self.record).map(|order: Order| order.event(Origin::Customer)),
            "customer.saved" => customer(self.record),
            "product.saved" => product(self.record),
            _ => return Ok(None),
        };
        // The change names itself, and when it happened.
        read.map(|event| Some(Event { id: self.id, occurred_at: self.at, ..event }))
    }
}

/// Records of a page of the past.
pub(crate) fn past(kind: BackfillKind, records: Vec<Value>) -> Result<Vec<Event>, Fault> {
    let event = |record| match kind {
        BackfillKind::Customers => customer(record),
        BackfillKind::Orders => read(record).map(|order: Order| order.event(Origin::Backfill)),
        BackfillKind::Products => product(record),
    };
    records.into_iter().map(event).collect()
}

impl Order {
    pub(crate) fn event(self, origin: Origin) -> Event {
        let kind = if self.cancelled { "order.cancelled" } else { "order.placed" };
        let mut subject = vec![key("order", &self.id), key("customer", &self.customer)];
        subject.extend(self.cart.as_deref().map(|cart| key("cart", cart)));
        let body = json!({
            "number": self.number,
            "total": self.total,
            "placed_at": self.placed_at,
            "updated_at": self.updated_at,
            "origin": if origin == Origin::Backfill { "backfill" } else { "customer" },
        });
        event(kind, &self.id, self.placed_at, self.updated_at, subject, &body)
    }
}

fn cart(record: Value) -> Result<Event, Fault> {
    let cart: Cart = read(record)?;
    let mut subject = vec![key("cart", &cart.id)];
    subject.extend(cart.customer.as_deref().map(|customer| key("customer", customer)));
    let body = json!({
        "lines": cart.lines,
        "total": cart.total,
        "updated_at": cart.updated_at,
        "recovery_url": cart.recovery_url,
    });
    Ok(event("cart.updated", &cart.id, cart.updated_at, cart.updated_at, subject, &body))
}

fn customer(record: Value) -> Result<Event, Fault> {
    let customer: Customer = read(record)?;
    let mut subject = vec![key("customer", &customer.id)];
    subject.extend(customer.email.as_deref().map(|email| key("email", email)));
    let body = json!({
        "email": customer.email,
        "first_name": customer.first_name,
        "language": customer.language,
        "tags": customer.tags,
    });
    Ok(event("customer.updated", &customer.id, customer.updated_at, customer.updated_at, subject, &body))
}

fn product(record: Value) -> Result<Event, Fault> {
    let product: Product = read(record)?;
    let body = json!({
        "product_id": product.id,
        "title": product.title,
        "categories": product.categories,
        "updated_at": product.updated_at,
    });
    Ok(event("product.updated", &product.id, product.updated_at, product.updated_at, vec![], &body))
}

fn event(kind: &str, id: &str, at: Instant, version: Instant, subject: Vec<Key>, body: &Value) -> Event {
    let id = format!("{kind}/{id}@{version}");
    Event { id, type_: kind.into(), occurred_at: at, subject, body: body.to_string() }
}

fn key(kind: &str, value: &str) -> Key {
    Key { kind: kind.into(), value: value.into() }
}

fn read<T: serde::de::DeserializeOwned>(record: Value) -> Result<T, Fault> {
    serde_json::from_value(record).map_err(|error| fault(FaultKind::BadInput, error))
}

//! Events: what happened in a shop, in one form for all sources.
//!
//! A source plugin, `POST /v1/events` and an event log for `simulate` all speak this form, so this module is also
//! the source of `wit/v0.2/events.schema.json`.

mod bodies;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contact::Address;
use crate::ids::{ConnectionId, MessageId};
use crate::message::Rejection;
use crate::price::Price;
use crate::time::Timestamp;

pub use bodies::{
    CartBody, ConsentBody, CustomEvent, CustomerBody, DeletedProductBody, Line, LinesAre, OrderBody, OrderOrigin,
    ProductBody, ShipmentBody, Variant,
};

/// One thing that happened, as its source tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EventText", into = "EventText")]
pub struct Event {
    /// The source's own id of the fact; told again, the fact has the same id.
    pub id: String,
    /// When it happened, by the source's clock.
    pub occurred_at: Timestamp,
    /// The names by which the source knows what it is about.
    pub subject: Subject,
    /// What happened.
    pub what: What,
}

/// The JSON form of an [`Event`], its body not yet looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventText {
    /// The source's own id of the fact.
    pub id: String,
    /// `cart.updated`, `order.placed`, … or a name of the shop's own with a dot in it.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened, by the source's clock.
    pub occurred_at: Timestamp,
    /// The names by which the source knows what it is about.
    #[serde(default)]
    pub subject: Subject,
    /// What the type says.
    #[serde(default)]
    pub body: Value,
}

/// The types of event that are Cartwright's own.
pub const TYPES: [&str; 13] = [
    "cart.updated",
    "checkout.updated",
    "order.placed",
    "order.paid",
    "order.cancelled",
    "order.fulfilled",
    "order.delivered",
    "customer.updated",
    "customer.identified",
    "customer.claimed",
    "product.updated",
    "product.deleted",
    "message.receipt",
];

/// A body that does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct EventError {
    /// Path of the field, such as `body.lines[0].price.amount`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Reads JSON and names the field that does not fit.
pub fn read_json<T: serde::de::DeserializeOwned>(root: &str, value: Value) -> Result<T, EventError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { root.to_owned() } else { format!("{root}.{path}") };
        EventError { field: field.trim_start_matches('.').to_owned(), message: error.into_inner().to_string() }
    })
}

pub(crate) const LONGEST_NAME: usize = 255;

/// Names become keys, and no database takes keys of any length: an event that cannot be applied would hold up all that
/// come after it.
fn check_names(subject: &Subject, what: &What) -> Result<(), EventError> {
    let product = match what {
        What::ProductUpdated(product) => Some(&product.product_id),
        What::ProductDeleted(product) => Some(&product.product_id),
        _ => None,
    };
    let names = [
        ("subject.customer", subject.customer.as_ref()),
        ("subject.email", subject.email.as_ref()),
        ("subject.phone", subject.phone.as_ref()),
        ("subject.cart", subject.cart.as_ref()),
        ("subject.checkout", subject.checkout.as_ref()),
        ("subject.order", subject.order.as_ref()),
        ("subject.anonymous", subject.anonymous.as_ref()),
        ("body.product_id", product),
    ];
    match names.into_iter().find(|(_, name)| name.is_some_and(|name| name.chars().count() > LONGEST_NAME)) {
        Some((field, _)) => {
            Err(EventError { field: field.into(), message: format!("must have at most {LONGEST_NAME} characters") })
        }
        None => Ok(()),
    }
}

impl TryFrom<EventText> for Event {
    type Error = EventError;

    fn try_from(text: EventText) -> Result<Self, EventError> {
        if text.id.is_empty() || text.id.len() > LONGEST_NAME {
            return Err(EventError { field: "id".into(), message: "must have 1 to 255 characters".into() });
        }
        let body = text.body;
        let what = match text.kind.as_str() {
            "cart.updated" => What::CartUpdated(read_json("body", body)?),
            "checkout.updated" => What::CheckoutUpdated(read_json("body", body)?),
            "order.placed" => What::OrderPlaced(read_json("body", body)?),
            "order.paid" => What::OrderPaid(read_json("body", body)?),
            "order.cancelled" => What::OrderCancelled(read_json("body", body)?),
            "order.fulfilled" => What::OrderFulfilled(read_json("body", body)?),
            "order.delivered" => What::OrderDelivered(read_json("body", body)?),
            "customer.updated" => What::CustomerUpdated(read_json("body", body)?),
            "customer.identified" => What::CustomerIdentified(read_json("body", body)?),
            "customer.claimed" => What::CustomerClaimed(read_json("body", body)?),
            "product.updated" => What::ProductUpdated(read_json("body", body)?),
            "product.deleted" => What::ProductDeleted(read_json("body", body)?),
            "message.receipt" => What::Receipt(read_json("body", body)?),
            name if name.contains('.') && name.len() <= 100 => {
                What::Custom(CustomEvent { name: name.to_owned(), body })
            }
            name => {
                return Err(EventError {
                    field: "type".into(),
                    message: format!("`{name}` is no event type; an event of your own needs a dot, like `shop.{name}`"),
                });
            }
        };
        check_names(&text.subject, &what)?;
        Ok(Self { id: text.id, occurred_at: text.occurred_at, subject: text.subject, what })
    }
}

impl From<Event> for EventText {
    fn from(event: Event) -> Self {
        let kind = event.what.name().to_owned();
        // Bodies hold only text keys and whole numbers, which JSON can always say.
        let body = match event.what {
            What::CartUpdated(body) | What::CheckoutUpdated(body) => serde_json::to_value(body),
            What::OrderPlaced(body) | What::OrderPaid(body) | What::OrderCancelled(body) => serde_json::to_value(body),
            What::OrderFulfilled(body) | What::OrderDelivered(body) => serde_json::to_value(body),
            What::CustomerUpdated(body) | What::CustomerIdentified(body) | What::CustomerClaimed(body) => {
                serde_json::to_value(body)
            }
            What::ProductUpdated(body) => serde_json::to_value(body),
            What::ProductDeleted(body) => serde_json::to_value(body),
            What::Receipt(body) => serde_json::to_value(body),
            What::Custom(custom) => Ok(custom.body),
        }
        .unwrap_or(Value::Null);
        Self { id: event.id, kind, occurred_at: event.occurred_at, subject: event.subject, body }
    }
}

/// Names of the subject in the other system. Carts and customers are joined over them (S10).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The platform's customer id, as text (ids may exceed 2^53).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// E-mail as written by the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone as written by the source; parsed with the country of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Cart token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<String>,
    /// Checkout token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<String>,
    /// Order id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Id of a browser that has not said who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<String>,
}

/// The kinds of event with their bodies.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The cart as it is now.
    CartUpdated(CartBody),
    /// The checkout as it is now.
    CheckoutUpdated(CartBody),
    /// An order was placed, whatever its payment waits for.
    OrderPlaced(OrderBody),
    /// The order was paid.
    OrderPaid(OrderBody),
    /// The order was cancelled, voided, failed or expired.
    OrderCancelled(OrderBody),
    /// The order left the shop.
    OrderFulfilled(ShipmentBody),
    /// The order reached the customer.
    OrderDelivered(ShipmentBody),
    /// The customer's record as the platform has it now.
    CustomerUpdated(CustomerBody),
    /// The customer said who they are: a form, a sign-in, a coupon claim.
    CustomerIdentified(CustomerBody),
    /// A browser says who its visitor is, and nobody has proved it: what is known of somebody stays as it is.
    CustomerClaimed(CustomerBody),
    /// The product as it is now.
    ProductUpdated(ProductBody),
    /// The product is sold no more.
    ProductDeleted(DeletedProductBody),
    /// A channel tells what became of a message. Made by channel plugins, refused from elsewhere.
    Receipt(Receipt),
    /// Anything else, its body kept as it is.
    Custom(CustomEvent),
}

/// What a channel tells about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// What happened.
    pub kind: ReceiptKind,
    /// The provider's id of our message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// Our message's id, where the provider echoes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Who acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Address>,
    /// Another address of theirs, where the provider tells both at once: whoever has the one has the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Address>,
    /// Text of a reply, payload of a button, name of a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The token of our own short link that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Rejection>,
    /// What the message cost, where the provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// What a receipt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// The provider has it.
    Accepted,
    /// The device has it.
    Delivered,
    /// The customer saw it.
    Read,
    /// The customer used a button or link.
    Clicked,
    /// The customer answered.
    Replied,
    /// It did not reach the customer.
    Failed,
    /// The customer wants no more.
    OptedOut,
}

impl ReceiptKind {
    /// How far a message has come by it: receipts come in any order, and a failure counts unless something later is known.
    pub(crate) fn rank(self) -> i8 {
        match self {
            Self::Accepted => 0,
            Self::Failed => 1,
            Self::Delivered => 2,
            Self::Read => 3,
            Self::Clicked => 4,
            Self::Replied => 5,
            Self::OptedOut => -1,
        }
    }
}

/// Where an event came from: a connection of the shop, or its own API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// `POST /v1/events`.
    Api,
    /// A webhook or poll of a connection.
    Connection(ConnectionId),
}

impl Receipt {
    /// Whether it is about everything that its sender was sent until then: it names no message.
    pub fn is_watermark(&self) -> bool {
        matches!(self.kind, ReceiptKind::Delivered | ReceiptKind::Read)
            && self.provider_id.is_none()
            && self.message_id.is_none()
            && self.sender.is_some()
    }
}

impl What {
    /// The `type` of the event.
    pub fn name(&self) -> &str {
        match self {
            What::CartUpdated(_) => "cart.updated",
            What::CheckoutUpdated(_) => "checkout.updated",
            What::OrderPlaced(_) => "order.placed",
            What::OrderPaid(_) => "order.paid",
            What::OrderCancelled(_) => "order.cancelled",
            What::OrderFulfilled(_) => "order.fulfilled",
            What::OrderDelivered(_) => "order.delivered",
            What::CustomerUpdated(_) => "customer.updated",
            What::CustomerIdentified(_) => "customer.identified",
            What::CustomerClaimed(_) => "customer.claimed",
            What::ProductUpdated(_) => "product.updated",
            What::ProductDeleted(_) => "product.deleted",
            What::Receipt(_) => "message.receipt",
            What::Custom(custom) => &custom.name,
        }
    }

    /// Whether the event may forbid a message that is about to leave: nothing that it may concern is handed over before
    /// it is applied (S08).
    pub fn is_urgent(&self) -> bool {
        match self {
            What::ProductUpdated(_) | What::ProductDeleted(_) | What::Custom(_) => false,
            What::OrderFulfilled(_) | What::OrderDelivered(_) => false,
            What::Receipt(receipt) => {
                use ReceiptKind::{Failed, OptedOut, Replied};
                matches!(receipt.kind, Failed | OptedOut | Replied)
            }
            _ => true,
        }
    }

    /// What the event tells of the person.
    pub fn person(&self) -> Option<&CustomerBody> {
        match self {
            What::CartUpdated(cart) | What::CheckoutUpdated(cart) => cart.customer.as_ref(),
            What::OrderPlaced(order) | What::OrderPaid(order) | What::OrderCancelled(order) => order.customer.as_ref(),
            What::CustomerUpdated(person) | What::CustomerIdentified(person) | What::CustomerClaimed(person) => {
                Some(person)
            }
            _ => None,
        }
    }
}

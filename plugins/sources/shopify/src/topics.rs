//! Which topic is read how.

use cartwright_sdk::events::{Fact, Subject};
use cartwright_sdk::serde_json::Value;
use cartwright_sdk::types::{Fault, Instant};

use crate::bindings::{Event, Key};
use crate::{goods, notices, orders, people};

/// What a webhook says, before it has an id.
pub(crate) struct News {
    pub(crate) occurred_at: Instant,
    pub(crate) subject: Subject,
    pub(crate) fact: Saying,
}

/// What is said: a fact that the host has a word for, or a notice of Shopify's own.
pub(crate) enum Saying {
    Fact(Box<Fact>),
    Notice(&'static str, Value),
}

impl From<Fact> for Saying {
    fn from(fact: Fact) -> Self {
        Self::Fact(Box::new(fact))
    }
}

impl News {
    pub(crate) fn event(self, id: String) -> Event {
        match self.fact {
            Saying::Fact(fact) => Event::new(id, self.occurred_at, self.subject, &fact),
            Saying::Notice(name, body) => {
                let key = |(kind, value): (&str, String)| Key { kind: kind.to_owned(), value };
                let subject = self.subject.keys().map(key).collect();
                let (type_, body) = (format!("shopify.{name}"), body.to_string());
                Event { id, type_, occurred_at: self.occurred_at, subject, body }
            }
        }
    }
}

/// What is known beside the body.
pub(crate) struct Circumstances {
    /// `example.myshopify.com`, for links into the shop.
    pub(crate) shop: Option<String>,
    /// When the webhook was triggered.
    pub(crate) told_at: Instant,
}

type Reading = fn(&[u8], &Circumstances) -> Result<Option<News>, Fault>;

/// How a topic is read; none where this source does not know it.
pub(crate) fn reading(topic: &str) -> Option<Reading> {
    Some(match topic {
        "carts/create" | "carts/update" => goods::cart,
        "checkouts/create" | "checkouts/update" => goods::checkout,
        "checkouts/delete" => goods::checkout_deleted,
        "products/create" | "products/update" => goods::product,
        "orders/create" => orders::placed,
        "orders/paid" => orders::paid,
        "orders/cancelled" | "orders/updated" => orders::updated,
        "orders/fulfilled" => orders::fulfilled,
        "fulfillments/create" => orders::parcel,
        "fulfillment_events/create" => orders::parcel_event,
        "customers/create" | "customers/update" => people::customer,
        "refunds/create" => notices::refunded,
        "app/uninstalled" => notices::uninstalled,
        "customers/data_request" => notices::data_requested,
        "customers/redact" => people::redacted,
        "shop/redact" => notices::shop_redacted,
        "customers_email_marketing_consent/update" | "customers_marketing_consent/update" => people::consent,
        _ => return None,
    })
}

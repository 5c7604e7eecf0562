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

/// Every topic that is read here, and how.
const TOPICS: [(&str, Reading); 24] = [
    ("carts/create", goods::cart),
    ("carts/update", goods::cart),
    ("checkouts/create", goods::checkout),
    ("checkouts/update", goods::checkout),
    ("checkouts/delete", goods::checkout_deleted),
    ("products/create", goods::product),
    ("products/update", goods::product),
    ("products/delete", goods::product_deleted),
    ("orders/create", orders::placed),
    ("orders/paid", orders::paid),
    ("orders/cancelled", orders::updated),
    ("orders/updated", orders::updated),
    ("orders/fulfilled", orders::fulfilled),
    ("fulfillments/create", orders::parcel),
    ("fulfillment_events/create", orders::parcel_event),
    ("customers/create", people::customer),
    ("customers/update", people::customer),
    ("customers_email_marketing_consent/update", people::consent),
    ("customers_marketing_consent/update", people::consent),
    ("refunds/create", notices::refunded),
    ("app/uninstalled", notices::uninstalled),
    ("customers/data_request", notices::data_requested),
    ("customers/redact", people::redacted),
    ("shop/redact", notices::shop_redacted),
];

/// Shopify tells these to every app, at an address in its settings.
const PRIVACY: [&str; 3] = ["customers/data_request", "customers/redact", "shop/redact"];

/// The topics that a shop is asked to tell.
pub(crate) fn subscribed() -> impl Iterator<Item = &'static str> {
    TOPICS.into_iter().map(|(topic, _)| topic).filter(|topic| !PRIVACY.contains(topic))
}

/// How a topic is read; none where this source does not know it.
pub(crate) fn reading(topic: &str) -> Option<Reading> {
    TOPICS.into_iter().find_map(|(known, reading)| (known == topic).then_some(reading))
}

//! Which topic is read how.

use cartwright_sdk::events::{Fact, Subject};
use cartwright_sdk::types::{Fault, Instant};

use crate::{goods, orders, people};

/// What a webhook says, before it has an id.
pub(crate) struct News {
    pub(crate) occurred_at: Instant,
    pub(crate) subject: Subject,
    pub(crate) fact: Fact,
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
        "products/create" | "products/update" => goods::product,
        "orders/create" => orders::placed,
        "orders/paid" => orders::paid,
        "orders/cancelled" => orders::cancelled,
        "orders/updated" => orders::updated,
        "orders/fulfilled" => orders::fulfilled,
        "fulfillments/create" => orders::parcel,
        "fulfillment_events/create" => orders::parcel_event,
        "customers/create" | "customers/update" => people::customer,
        "customers_email_marketing_consent/update" | "customers_marketing_consent/update" => people::consent,
        _ => return None,
    })
}

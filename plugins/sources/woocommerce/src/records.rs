//! WooCommerce's records as events. A fact has the same id by webhook and by poll: its record, and when that changed.

use cartwright_sdk::Amount;
use cartwright_sdk::events::{self, Fact, Origin, Shipment, Subject};
use cartwright_sdk::json::{self, Id};
use cartwright_sdk::serde_json::Number;
use cartwright_sdk::time::{self, Moment};
use cartwright_sdk::types::Money;
use serde::{Deserialize, Deserializer, de};

use crate::bindings::Event;

/// An order. A guest's has the customer 0.
#[derive(Deserialize)]
pub(crate) struct Order {
    id: Id,
    #[serde(default, deserialize_with = "json::text")]
    number: Option<String>,
    status: String,
    currency: String,
    #[serde(default, deserialize_with = "json::text")]
    total: Option<String>,
    #[serde(deserialize_with = "gmt")]
    date_created_gmt: Moment,
    #[serde(deserialize_with = "gmt")]
    date_modified_gmt: Moment,
    #[serde(default, deserialize_with = "json::text")]
    created_via: Option<String>,
    #[serde(default)]
    customer_id: u64,
    billing: Option<Address>,
    #[serde(default, deserialize_with = "json::list")]
    line_items: Vec<Line>,
}

#[derive(Default, Deserialize)]
struct Address {
    #[serde(default, deserialize_with = "json::text")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    country: Option<String>,
    /// A code, or a name where WooCommerce knows no codes.
    #[serde(default, deserialize_with = "json::text")]
    state: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    city: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    email: Option<String>,
    /// In local form, to be read with the country.
    #[serde(default, deserialize_with = "json::text")]
    phone: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    name: String,
    quantity: u32,
    product_id: Option<u64>,
    variation_id: Option<u64>,
    #[serde(default, deserialize_with = "json::text")]
    sku: Option<String>,
    price: Option<Number>,
}

/// A customer with an account.
#[derive(Deserialize)]
pub(crate) struct Customer {
    id: Id,
    #[serde(default, deserialize_with = "json::text")]
    email: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    last_name: Option<String>,
    #[serde(deserialize_with = "gmt")]
    date_created_gmt: Moment,
    #[serde(default, deserialize_with = "maybe_gmt")]
    date_modified_gmt: Option<Moment>,
    billing: Option<Address>,
}

/// A product.
#[derive(Deserialize)]
pub(crate) struct Product {
    id: Id,
    name: String,
    #[serde(default, deserialize_with = "json::text")]
    permalink: Option<String>,
    #[serde(deserialize_with = "gmt")]
    date_modified_gmt: Moment,
    #[serde(default, deserialize_with = "json::list")]
    images: Vec<Image>,
    #[serde(default, deserialize_with = "json::list")]
    categories: Vec<Named>,
    #[serde(default, deserialize_with = "json::list")]
    tags: Vec<Named>,
}

#[derive(Deserialize)]
struct Image {
    #[serde(default, deserialize_with = "json::text")]
    src: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Order {
    pub(crate) fn modified_at(&self) -> Moment {
        self.date_modified_gmt
    }

    /// What the state of the order says; a draft of a checkout is no order yet.
    pub(crate) fn events(&self) -> Vec<Event> {
        let order = self.body();
        let (placed, changed) = (self.date_created_gmt, self.date_modified_gmt);
        let told = match self.status.as_str() {
            "pending" | "on-hold" => vec![(placed, Fact::OrderPlaced(order))],
            "processing" | "refunded" => vec![(changed, Fact::OrderPaid(order))],
            "completed" => {
                vec![(changed, Fact::OrderPaid(order)), (changed, Fact::OrderFulfilled(Shipment::default()))]
            }
            "cancelled" | "failed" | "trash" => vec![(changed, Fact::OrderCancelled(order))],
            "checkout-draft" | "auto-draft" => vec![],
            // Shops have states of their own, between being placed and being done.
            _ => vec![(placed, Fact::OrderPlaced(order))],
        };
        told.into_iter().map(|(at, fact)| self.event(at, &fact)).collect()
    }

    /// As it is told from history: by its state, and nothing of parcels.
    pub(crate) fn past(&self) -> Option<Event> {
        self.events().into_iter().next()
    }

    fn event(&self, at: Moment, fact: &Fact) -> Event {
        let address = self.billing.as_ref();
        let subject = Subject {
            customer: (self.customer_id > 0).then(|| self.customer_id.to_string()),
            email: address.and_then(|address| address.email.clone()),
            phone: address.and_then(|address| address.phone.clone()),
            order: Some(self.id.0.clone()),
            ..Subject::default()
        };
        let id = format!("{}/{}@{}", fact.name(), self.id.0, self.date_modified_gmt.0);
        Event::new(id, at.0, subject, fact)
    }

    fn body(&self) -> events::Order {
        let address = self.billing.as_ref();
        let total = self.total.clone().map(|amount| Amount { amount, currency: self.currency.clone() });
        events::Order {
            number: self.number.clone(),
            total,
            placed_at: Some(self.date_created_gmt),
            updated_at: Some(self.date_modified_gmt),
            origin: match self.created_via.as_deref() {
                Some("admin") => Origin::Staff,
                Some("subscription") => Origin::Renewal,
                _ => Origin::Customer,
            },
            lines: self.line_items.iter().map(|line| line.read(&self.currency)).collect(),
            customer: address.map(Address::person),
        }
    }
}

impl Address {
    fn person(&self) -> events::Customer {
        events::Customer {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            country: self.country.clone(),
            province: self.state.clone(),
            city: self.city.clone(),
            ..events::Customer::default()
        }
    }
}

impl Line {
    fn read(&self, currency: &str) -> events::Line {
        // A price that was divided may have no end; then it is no amount of money, and is left out.
        let price =
            self.price.as_ref().map(|price| Amount { amount: price.to_string(), currency: currency.to_owned() });
        let id = |id: Option<u64>| id.filter(|id| *id > 0).map(|id| id.to_string());
        events::Line {
            title: plain(&self.name),
            quantity: self.quantity,
            price: price.filter(|price| Money::try_from(price).is_ok()),
            sku: self.sku.clone(),
            product_id: id(self.product_id),
            variant_id: id(self.variation_id),
        }
    }
}

impl Customer {
    pub(crate) fn event(&self) -> Event {
        let address = self.billing.as_ref();
        let lent = |field: fn(&Address) -> &Option<String>| address.and_then(|address| field(address).clone());
        let person = events::Customer {
            first_name: self.first_name.clone().or_else(|| lent(|address| &address.first_name)),
            last_name: self.last_name.clone().or_else(|| lent(|address| &address.last_name)),
            email: self.email.clone(),
            phone: lent(|address| &address.phone),
            country: lent(|address| &address.country),
            province: lent(|address| &address.state),
            city: lent(|address| &address.city),
            registered_at: Some(self.date_created_gmt),
            ..events::Customer::default()
        };
        let subject = Subject {
            customer: Some(self.id.0.clone()),
            email: person.email.clone(),
            phone: person.phone.clone(),
            ..Subject::default()
        };
        let at = self.date_modified_gmt.unwrap_or(self.date_created_gmt);
        Event::new(format!("customer/{}@{}", self.id.0, at.0), at.0, subject, &Fact::CustomerUpdated(person))
    }
}

impl Product {
    pub(crate) fn event(&self) -> Event {
        let at = self.date_modified_gmt;
        let fact = Fact::ProductUpdated(events::Product {
            product_id: self.id.0.clone(),
            title: plain(&self.name),
            image_url: self.images.iter().find_map(|image| image.src.clone()),
            product_url: self.permalink.clone(),
            categories: events::Categories {
                product_types: Vec::new(),
                tags: self.tags.iter().map(|named| plain(&named.name)).collect(),
                collections: self.categories.iter().map(|named| plain(&named.name)).collect(),
            },
            variants: Vec::new(),
            updated_at: Some(at),
        });
        Event::new(format!("product/{}@{}", self.id.0, at.0), at.0, Subject::default(), &fact)
    }
}

/// Instants without a zone, which the field's name says.
fn gmt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
    maybe_gmt(deserializer)?.ok_or_else(|| de::Error::custom("a date and time like 2026-11-02T10:00:00 is needed"))
}

fn maybe_gmt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Moment>, D::Error> {
    let Some(text) = json::text(deserializer)? else { return Ok(None) };
    let moment = time::parse(&text).or_else(|| time::parse(&format!("{text}Z")));
    moment
        .map(|moment| Some(Moment(moment)))
        .ok_or_else(|| de::Error::custom(format!("`{text}` is no date and time like 2026-11-02T10:00:00")))
}

/// Names are written for HTML, with entities.
fn plain(text: &str) -> String {
    const NAMED: [(&str, &str); 8] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&#8211;", "–"),
        ("&ndash;", "–"),
        ("&nbsp;", " "),
        // Last, so that what was escaped twice stays escaped once.
        ("&amp;", "&"),
    ];
    NAMED.into_iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

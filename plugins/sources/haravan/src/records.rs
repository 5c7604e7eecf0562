//! Haravan's records as events. A fact has the same id by webhook and when it is asked for: its record, and when that
//! changed.

use cartwright_sdk::Amount;
use cartwright_sdk::events::{self, Consent, ConsentState, Fact, Origin, Shipment, Subject};
use cartwright_sdk::json::{self, Id};
use cartwright_sdk::serde_json::Number;
use cartwright_sdk::time::Moment;
use cartwright_sdk::types::Instant;
use serde::{Deserialize, Deserializer};

use crate::bindings::Event;

/// The currency of a record that names none.
const USUAL: &str = "VND";

/// A checkout that was begun.
#[derive(Deserialize)]
pub(crate) struct Checkout {
    token: String,
    #[serde(default, deserialize_with = "json::text")]
    cart_token: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "amount")]
    total_price: Option<String>,
    #[serde(default, deserialize_with = "json::list")]
    line_items: Vec<Line>,
    pub(crate) updated_at: Moment,
    completed_at: Option<Moment>,
    #[serde(default, deserialize_with = "json::text")]
    abandoned_checkout_url: Option<String>,
    #[serde(flatten)]
    buyer: Buyer,
}

/// An order.
#[derive(Deserialize)]
pub(crate) struct Order {
    id: Id,
    #[serde(default, deserialize_with = "json::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "amount")]
    total_price: Option<String>,
    created_at: Moment,
    updated_at: Moment,
    cancelled_at: Option<Moment>,
    #[serde(default, deserialize_with = "json::text")]
    financial_status: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    fulfillment_status: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    cart_token: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    checkout_token: Option<String>,
    #[serde(default, deserialize_with = "json::list")]
    line_items: Vec<Line>,
    #[serde(flatten)]
    buyer: Buyer,
}

/// Whoever stands behind a checkout or an order.
#[derive(Deserialize)]
struct Buyer {
    #[serde(default, deserialize_with = "json::text")]
    email: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    phone: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    customer_locale: Option<String>,
    buyer_accepts_marketing: Option<bool>,
    customer: Option<Customer>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
}

#[derive(Deserialize)]
struct Address {
    #[serde(default, deserialize_with = "json::text")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    phone: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    country_code: Option<String>,
}

/// A customer.
#[derive(Deserialize)]
pub(crate) struct Customer {
    id: Option<Id>,
    #[serde(default, deserialize_with = "json::text")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    email: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    phone: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    tags: Option<String>,
    created_at: Option<Moment>,
    updated_at: Option<Moment>,
    default_address: Option<Address>,
}

/// A product.
#[derive(Deserialize)]
pub(crate) struct Product {
    id: Id,
    title: String,
    #[serde(default, deserialize_with = "json::text")]
    product_type: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    tags: Option<String>,
    updated_at: Moment,
    #[serde(default, deserialize_with = "json::list")]
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    #[serde(default, deserialize_with = "json::text")]
    src: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    title: String,
    quantity: u32,
    product_id: Option<Id>,
    variant_id: Option<Id>,
    #[serde(default, deserialize_with = "json::text")]
    sku: Option<String>,
    #[serde(default, deserialize_with = "amount")]
    price: Option<String>,
}

impl Checkout {
    pub(crate) fn event(&self) -> Event {
        let currency = self.currency.as_deref().unwrap_or(USUAL);
        let (subject, customer) = self.buyer.read(self.updated_at);
        let fact = Fact::CheckoutUpdated(events::Cart {
            lines: self.line_items.iter().map(|line| line.read(currency)).collect(),
            total: money(self.total_price.clone(), currency),
            updated_at: Some(self.updated_at),
            completed_at: self.completed_at,
            recovery_url: self.abandoned_checkout_url.clone(),
            customer: Some(customer),
            ..events::Cart::default()
        });
        let subject = Subject { cart: self.cart_token.clone(), checkout: Some(self.token.clone()), ..subject };
        Event::new(format!("checkout/{}@{}", self.token, self.updated_at.0), self.updated_at.0, subject, &fact)
    }
}

impl Order {
    /// What the order has become by its body, whatever the topic says: the topic is not signed.
    pub(crate) fn events(&self) -> Vec<Event> {
        let currency = self.currency.as_deref().unwrap_or(USUAL);
        let (subject, customer) = self.buyer.read(self.created_at);
        let order = events::Order {
            number: self.name.clone(),
            total: money(self.total_price.clone(), currency),
            placed_at: Some(self.created_at),
            updated_at: Some(self.updated_at),
            origin: Origin::Customer,
            lines: self.line_items.iter().map(|line| line.read(currency)).collect(),
            customer: Some(customer),
        };
        let subject = Subject {
            cart: self.cart_token.clone(),
            checkout: self.checkout_token.clone(),
            order: Some(self.id.0.clone()),
            ..subject
        };
        let told = match (self.cancelled_at, self.financial_status.as_deref()) {
            (Some(at), _) => (at, Fact::OrderCancelled(order)),
            (None, Some("voided")) => (self.updated_at, Fact::OrderCancelled(order)),
            (None, Some("paid" | "partially_refunded" | "refunded")) => (self.updated_at, Fact::OrderPaid(order)),
            _ => (self.created_at, Fact::OrderPlaced(order)),
        };
        let sent = self.fulfillment_status.as_deref() == Some("fulfilled");
        let sent = sent.then(|| (self.updated_at, Fact::OrderFulfilled(Shipment::default())));
        let event = |(at, fact): (Moment, Fact)| {
            let id = format!("{}/{}@{}", fact.name(), self.id.0, self.updated_at.0);
            Event::new(id, at.0, subject.clone(), &fact)
        };
        [Some(told), sent].into_iter().flatten().map(event).collect()
    }
}

impl Buyer {
    /// The person, and the names that the subject of the event gets from them. A ticked box is a yes of that moment.
    fn read(&self, at: Moment) -> (Subject, events::Customer) {
        let known = self.customer.as_ref();
        let addresses: Vec<&Address> = [&self.shipping_address, &self.billing_address].into_iter().flatten().collect();
        let first = addresses.first();
        let country = addresses.iter().find_map(|address| address.country_code.clone());
        let phones = [self.phone.as_ref(), known.and_then(|known| known.phone.as_ref())].into_iter().flatten();
        let phones = phones.chain(addresses.iter().filter_map(|address| address.phone.as_ref()));
        let consent = self.buyer_accepts_marketing.filter(|ticked| *ticked);
        let customer = events::Customer {
            first_name: known.and_then(|it| it.first_name.clone()).or_else(|| first?.first_name.clone()),
            last_name: known.and_then(|it| it.last_name.clone()).or_else(|| first?.last_name.clone()),
            email: self.email.clone().or_else(|| known?.email.clone()),
            phone: phones.map(|phone| in_full(phone)).next(),
            country: Some(country.unwrap_or_else(|| "VN".to_owned())),
            language: self.customer_locale.clone(),
            consent: consent.map(|_| Consent { state: ConsentState::Subscribed, at: Some(at) }),
            ..events::Customer::default()
        };
        let subject = Subject {
            customer: known.and_then(|known| known.id.clone()).map(|id| id.0),
            email: customer.email.clone(),
            phone: customer.phone.clone(),
            ..Subject::default()
        };
        (subject, customer)
    }
}

impl Customer {
    pub(crate) fn event(&self) -> Event {
        let at = self.updated_at.or(self.created_at).map_or(0, |moment| moment.0);
        let address = self.default_address.as_ref();
        let phone = self.phone.as_ref().or_else(|| address?.phone.as_ref());
        let person = events::Customer {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            phone: phone.map(|phone| in_full(phone)),
            country: Some(address.and_then(|it| it.country_code.clone()).unwrap_or_else(|| "VN".to_owned())),
            registered_at: self.created_at,
            tags: self.tags.as_deref().map(words),
            ..events::Customer::default()
        };
        let id = self.id.clone().map(|id| id.0);
        let subject = Subject {
            customer: id.clone(),
            email: person.email.clone(),
            phone: person.phone.clone(),
            ..Subject::default()
        };
        Event::new(format!("customer/{}@{at}", id.unwrap_or_default()), at, subject, &Fact::CustomerUpdated(person))
    }
}

impl Product {
    pub(crate) fn event(&self) -> Event {
        let at = self.updated_at;
        let categories = events::Categories {
            product_types: self.product_type.iter().cloned().collect(),
            tags: self.tags.as_deref().map(words).into_iter().flatten().collect(),
            collections: Vec::new(),
        };
        let fact = Fact::ProductUpdated(events::Product {
            product_id: self.id.0.clone(),
            title: self.title.clone(),
            image_url: self.images.iter().find_map(|image| image.src.clone()),
            product_url: None,
            categories,
            variants: Vec::new(),
            updated_at: Some(at),
        });
        Event::new(format!("product/{}@{}", self.id.0, at.0), at.0, Subject::default(), &fact)
    }
}

impl Line {
    fn read(&self, currency: &str) -> events::Line {
        events::Line {
            title: self.title.clone(),
            quantity: self.quantity,
            price: money(self.price.clone(), currency),
            sku: self.sku.clone(),
            product_id: self.product_id.clone().map(|id| id.0),
            variant_id: self.variant_id.clone().map(|id| id.0),
        }
    }
}

/// The app was removed. What is said of the owner is left out.
pub(crate) fn uninstalled(id: String, at: Instant) -> Event {
    let (type_, body) = ("haravan.app_uninstalled".to_owned(), "{}".to_owned());
    Event { id, type_, occurred_at: at, subject: Vec::new(), body }
}

fn money(amount: Option<String>, currency: &str) -> Option<Amount> {
    amount.map(|amount| Amount { amount, currency: currency.to_owned() })
}

/// Amounts come as numbers with a tail of zeros, which a currency without cents knows nothing of.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an amount is a number or a text")]
    enum Form {
        Number(Number),
        Text(String),
    }
    let text = Option::<Form>::deserialize(deserializer)?.map(|form| match form {
        Form::Number(number) => number.to_string(),
        Form::Text(text) => text,
    });
    Ok(text.map(|text| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }))
}

/// Vietnamese numbers come without the zero that they begin with.
fn in_full(phone: &str) -> String {
    let digits: String = phone.chars().filter(|c| !" .-()".contains(*c)).collect();
    let is_bare = digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if is_bare { format!("0{digits}") } else { phone.to_owned() }
}

/// Lists are written as one text with commas.
fn words(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

//! What a source says happened, in the host's words: the bodies that `events.schema.json` describes.
//!
//! These are the twins of the host's own types. What a source does not know it leaves out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::Amount;
use crate::time::Moment;

/// The names by which the other system knows whom or what an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Subject {
    /// The platform's customer id.
    pub customer: Option<String>,
    /// E-mail as written.
    pub email: Option<String>,
    /// Phone as written.
    pub phone: Option<String>,
    /// Cart token.
    pub cart: Option<String>,
    /// Checkout token.
    pub checkout: Option<String>,
    /// Order id.
    pub order: Option<String>,
    /// Id of a browser that has not said who it is.
    pub anonymous: Option<String>,
}

impl Subject {
    /// The names that are known, with their kinds.
    pub fn keys(self) -> impl Iterator<Item = (&'static str, String)> {
        let all = [
            ("customer", self.customer),
            ("email", self.email),
            ("phone", self.phone),
            ("cart", self.cart),
            ("checkout", self.checkout),
            ("order", self.order),
            ("anonymous", self.anonymous),
        ];
        all.into_iter().filter_map(|(kind, value)| Some((kind, value?)))
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The cart as it is now.
    CartUpdated(Cart),
    /// The checkout as it is now.
    CheckoutUpdated(Cart),
    /// An order was placed, whatever its payment waits for.
    OrderPlaced(Order),
    /// The order was paid.
    OrderPaid(Order),
    /// The order was cancelled, voided, failed or expired.
    OrderCancelled(Order),
    /// The order left the shop.
    OrderFulfilled(Shipment),
    /// The order reached the customer.
    OrderDelivered(Shipment),
    /// The customer's record as the platform has it now.
    CustomerUpdated(Customer),
    /// The customer said who they are.
    CustomerIdentified(Customer),
    /// A browser says who its visitor is, and nobody has proved it.
    CustomerClaimed(Customer),
    /// The product as it is now.
    ProductUpdated(Product),
    /// The product with this id of the platform's is sold no more.
    ProductDeleted(DeletedProduct),
}

impl Fact {
    /// The type of the event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CartUpdated(_) => "cart.updated",
            Self::CheckoutUpdated(_) => "checkout.updated",
            Self::OrderPlaced(_) => "order.placed",
            Self::OrderPaid(_) => "order.paid",
            Self::OrderCancelled(_) => "order.cancelled",
            Self::OrderFulfilled(_) => "order.fulfilled",
            Self::OrderDelivered(_) => "order.delivered",
            Self::CustomerUpdated(_) => "customer.updated",
            Self::CustomerIdentified(_) => "customer.identified",
            Self::CustomerClaimed(_) => "customer.claimed",
            Self::ProductUpdated(_) => "product.updated",
            Self::ProductDeleted(_) => "product.deleted",
        }
    }

    /// The body of the event.
    pub fn body(&self) -> Value {
        match self {
            Self::CartUpdated(body) | Self::CheckoutUpdated(body) => serde_json::to_value(body),
            Self::OrderPlaced(body) | Self::OrderPaid(body) | Self::OrderCancelled(body) => serde_json::to_value(body),
            Self::OrderFulfilled(body) | Self::OrderDelivered(body) => serde_json::to_value(body),
            Self::CustomerUpdated(body) | Self::CustomerIdentified(body) | Self::CustomerClaimed(body) => {
                serde_json::to_value(body)
            }
            Self::ProductUpdated(body) => serde_json::to_value(body),
            Self::ProductDeleted(body) => serde_json::to_value(body),
        }
        // Bodies hold only texts and whole numbers, which JSON can always say.
        .unwrap_or(Value::Null)
    }
}

/// A cart or checkout.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cart {
    /// All lines; none means the cart was emptied. Or what `lines_are` says.
    pub lines: Vec<Line>,
    /// What the lines are, where the source tells a cart piece by piece.
    #[serde(skip_serializing_if = "LinesAre::is_all")]
    pub lines_are: LinesAre,
    /// Total as the customer sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Amount>,
    /// When the platform last changed it: the newer record wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Moment>,
    /// Set once the checkout became an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Moment>,
    /// Where the customer can go on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_url: Option<String>,
    /// What the platform tells of the person along with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
}

/// What the lines of a cart are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinesAre {
    /// The cart as it is now.
    #[default]
    All,
    /// What was put into it; the rest is as before.
    Added,
    /// What was taken out of it, by so many pieces; the rest is as before.
    Removed,
}

impl LinesAre {
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// One line of a cart or order.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Line {
    /// What the customer sees.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// Price of one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
    /// Stock keeping unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// The platform's product id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The platform's variant id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<String>,
}

/// An order.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Order {
    /// What people call it, such as `#1001`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Total in the shop's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Amount>,
    /// When it was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Moment>,
    /// When the platform last changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Moment>,
    /// Who made it.
    pub origin: Origin,
    /// What was bought.
    pub lines: Vec<Line>,
    /// What the platform tells of the person along with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
}

/// Who made an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The customer, in any shop channel.
    #[default]
    Customer,
    /// A draft that staff wrote.
    Draft,
    /// A subscription renewed itself.
    Renewal,
    /// Staff, for the customer.
    Staff,
    /// Read from history.
    Backfill,
    /// A test of the platform.
    Test,
}

/// Something happened to an order on its way.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Shipment {
    /// Where the parcel can be followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Customer {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone as written; the host reads it with the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// ISO 3166-2, with its country or without: `US-FL` or `FL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// When the platform first knew the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<Moment>,
    /// All tags, where the platform tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Consent to marketing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
}

/// Consent to marketing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consent {
    /// Yes, no or never said.
    pub state: ConsentState,
    /// When the customer said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

/// Whether the customer wants marketing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Never said.
    Unknown,
    /// Said yes.
    Subscribed,
    /// Said no.
    Unsubscribed,
}

/// What goods are sorted under.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Categories {
    /// Product types.
    pub product_types: Vec<String>,
    /// Tags of products.
    pub tags: Vec<String>,
    /// Collections.
    pub collections: Vec<String>,
}

/// A product of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Product {
    /// The platform's id.
    pub product_id: String,
    /// What the customer sees.
    pub title: String,
    /// Picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Product page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_url: Option<String>,
    /// What it is sorted under.
    pub categories: Categories,
    /// All forms that it is sold in; none where the platform does not tell them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// When the platform last changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Moment>,
}

/// A form in which a product is sold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// The platform's id.
    pub variant_id: String,
    /// Stock keeping unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Picture, where it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Whether it can be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<bool>,
    /// Pieces that are left, in all places together, where the shop counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
}

/// A product that is in the catalogue no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeletedProduct {
    /// The platform's id.
    pub product_id: String,
}

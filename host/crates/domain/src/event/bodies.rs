//! What events carry, by type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::categories::Categories;
use crate::contact::ConsentState;
use crate::money::Money;
use crate::time::Timestamp;

/// An event of the shop's own.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomEvent {
    /// Its name, with a dot.
    pub name: String,
    /// Whatever it carries.
    pub body: Value,
}

/// A cart or checkout as the source has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CartBody {
    /// All lines; none means the cart was emptied. Or what `lines_are` says.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// What the lines are of a source that tells a cart piece by piece.
    #[serde(default, skip_serializing_if = "LinesAre::is_all")]
    pub lines_are: LinesAre,
    /// Total as the customer sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// When the source last changed it: the newer record wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Set once the checkout became an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// Where the customer can go on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_url: Option<String>,
    /// What the source tells of the person along with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerBody>,
}

/// What the lines of a cart's event are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What the customer sees.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// Price of one piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Stock keeping unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// The platform's product id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The platform's variant id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<String>,
    /// Product type, tags and collections.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    pub categories: Categories,
    /// Picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Product page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_url: Option<String>,
    /// Whether it can be bought now; the catalogue's word goes before the cart's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<bool>,
    /// Pieces that are left, where the shop counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
}

impl Line {
    /// Whether it is known that it cannot be bought.
    pub fn is_sold_out(&self) -> bool {
        self.available == Some(false)
    }

    /// What makes two lines the same goods.
    pub fn goods(&self) -> &str {
        [&self.variant_id, &self.sku, &self.product_id].into_iter().find_map(|id| id.as_deref()).unwrap_or(&self.title)
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBody {
    /// What people call it, such as `#1001`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Total in the shop's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// When it was placed; without, the event's own time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// When the source last changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Who made it.
    #[serde(default)]
    pub origin: OrderOrigin,
    /// What was bought.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// What the source tells of the person along with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerBody>,
}

/// Who made an order: only the customer's own end a run (S08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderOrigin {
    /// The customer, in any shop channel.
    #[default]
    Customer,
    /// A draft that staff wrote.
    Draft,
    /// A subscription renewed itself.
    Renewal,
    /// Staff, for the customer.
    Staff,
    /// Read from history; enrols nobody and ends nothing.
    Backfill,
    /// A test of the platform.
    Test,
}

/// Something happened to an order on its way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentBody {
    /// Where the parcel can be followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
}

/// What a source tells about a person. What it leaves out stays as it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerBody {
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone, free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// ISO 3166-2, with its country or without: `US-FL` or `FL`; a name instead of a code is passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// IANA time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// When the platform first knew the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<Timestamp>,
    /// All tags, where the source knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Attributes to set; `null` removes one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// Consent to marketing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentBody>,
}

/// Consent as a source tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    /// Yes, no or never said.
    pub state: ConsentState,
    /// When the customer said so; without, the event's own time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// To what; without, to marketing in general.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Where the customer said so, such as `newsletter form`; without, whatever told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A product of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductBody {
    /// The platform's id.
    pub product_id: String,
    /// What the customer sees.
    pub title: String,
    /// Picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Product page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_url: Option<String>,
    /// Product type, tags and collections.
    #[serde(default)]
    pub categories: Categories,
    /// All forms that it is sold in, such as sizes; none where the source does not tell them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// When the source last changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// A form in which a product is sold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The platform's id.
    pub variant_id: String,
    /// Stock keeping unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Picture, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Whether it can be bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<bool>,
    /// Pieces that are left, in all places together, where the shop counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
}

/// A product that is in the catalogue no more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeletedProductBody {
    /// The platform's id.
    pub product_id: String,
}

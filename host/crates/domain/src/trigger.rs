//! Triggers: what begins a run of a strategy, and what there is never more than one run for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delay::{is_false, is_zero};
use crate::local::{TimeOfDay, ZoneChoice};
use crate::time::Span;
use crate::written::Written;

/// What begins a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerRule {
    /// Which events.
    pub on: TriggerKind,
    /// How long it must have been quiet (S01). 4 h for carts, 1 h for checkouts, nothing for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle: Option<Span>,
    /// Settling never lasts longer than this from the first event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<Span>,
    /// What there is never more than one active run for.
    #[serde(default)]
    pub key: KeyKind,
    /// For `custom`: the event's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// For `click`: this button or link, by what the channel says of it; any without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// For `date`: the attribute of the customer, a date such as `2026-12-24`, or a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// For `date`: the time of day; 09:00 without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Written<TimeOfDay>>,
    /// For `date`: so many days later, or earlier where negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub days: i16,
    /// For `date`: every year, for birthdays.
    #[serde(default, skip_serializing_if = "is_false")]
    pub yearly: bool,
    /// For `date`: whose clock is meant.
    #[serde(default, skip_serializing_if = "ZoneChoice::is_default")]
    pub zone: ZoneChoice,
    /// The first step.
    pub next: String,
}

/// Which events begin a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// Something was added to a cart.
    Cart,
    /// A checkout was begun or changed.
    Checkout,
    /// An order was placed.
    OrderPlaced,
    /// An order was paid.
    OrderPaid,
    /// An order left the shop.
    OrderFulfilled,
    /// An order arrived.
    OrderDelivered,
    /// The customer wrote to the shop.
    Reply,
    /// The customer used a button or link of a message.
    Click,
    /// A date in an attribute of the customer comes.
    Date,
    /// An event of the shop's own.
    Custom,
}

impl TriggerKind {
    /// Whether an order begins the run.
    pub fn is_of_an_order(self) -> bool {
        matches!(self, Self::OrderPlaced | Self::OrderPaid | Self::OrderFulfilled | Self::OrderDelivered)
    }
}

/// What there is never more than one active run for (S07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// The customer; a cart not yet joined stands for its own.
    #[default]
    Customer,
    /// The cart or checkout.
    Cart,
    /// The order.
    Order,
}

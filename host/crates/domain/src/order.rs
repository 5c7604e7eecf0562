//! Orders, as far as they count here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::categories::Categories;
use crate::event::{Line, OrderBody, OrderOrigin};
use crate::ids::CustomerId;
use crate::money::{Currency, Money};
use crate::time::Timestamp;

/// An order of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// The platform's id, the key.
    pub order_id: String,
    /// Whose it is.
    pub customer: CustomerId,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// By the source's clock: the newer record wins.
    pub updated_at: Timestamp,
    /// Total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// Who made it.
    pub origin: OrderOrigin,
    /// Where it stands.
    pub state: OrderState,
    /// What was bought, by SKU, variant or product id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goods: Vec<String>,
    /// Every SKU, variant and product id that these goods go by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Product types, tags and collections of what was bought.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    pub categories: Categories,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Placed, whatever its payment waits for.
    Placed,
    /// Paid.
    Paid,
    /// Cancelled, voided, failed or expired.
    Cancelled,
}

impl Order {
    /// From the first event that tells of it.
    pub fn new(
        order_id: String,
        customer: CustomerId,
        state: OrderState,
        body: &OrderBody,
        occurred_at: Timestamp,
    ) -> Self {
        Self {
            order_id,
            customer,
            placed_at: body.placed_at.unwrap_or(occurred_at),
            updated_at: body.updated_at.unwrap_or(occurred_at),
            total: body.total,
            origin: body.origin,
            state,
            goods: goods_of(&body.lines),
            names: names_of(&body.lines),
            categories: categories_of(&body.lines),
        }
    }

    /// Takes a later event; states only move forward, the record is that of the newest. Returns whether the state
    /// is new: only then may it start, end or credit anything (S02).
    pub fn take(&mut self, state: OrderState, body: &OrderBody, occurred_at: Timestamp) -> bool {
        let updated_at = body.updated_at.unwrap_or(occurred_at);
        if updated_at >= self.updated_at {
            self.updated_at = updated_at;
            self.total = body.total.or(self.total);
            if !body.lines.is_empty() {
                self.goods = goods_of(&body.lines);
                self.names = names_of(&body.lines);
                self.categories = categories_of(&body.lines);
            }
        }
        let forward = state > self.state;
        if forward {
            self.state = state;
        }
        // It was read from history first, and is told of by itself now.
        if self.origin == OrderOrigin::Backfill {
            self.origin = body.origin;
        }
        forward
    }

    /// Whether it counts as an order of the customer's: not cancelled and no test or draft.
    pub fn counts(&self) -> bool {
        self.state != OrderState::Cancelled && !matches!(self.origin, OrderOrigin::Draft | OrderOrigin::Test)
    }

    /// Whether it may end a run (S08): the customer's own, not cancelled.
    pub fn ends_runs(&self) -> bool {
        self.state != OrderState::Cancelled && matches!(self.origin, OrderOrigin::Customer | OrderOrigin::Test)
    }
}

fn goods_of(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.goods().to_owned()).collect()
}

fn categories_of(lines: &[Line]) -> Categories {
    let mut all = Categories::default();
    lines.iter().for_each(|line| all.add(&line.categories));
    all
}

fn names_of(lines: &[Line]) -> Vec<String> {
    let names = lines.iter().flat_map(|line| [&line.sku, &line.variant_id, &line.product_id]).flatten();
    names.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// What a customer's orders come to.
#[derive(Debug, Clone, Copy)]
pub struct Orders<'a>(pub &'a [Order]);

impl<'a> Orders<'a> {
    /// Those that count.
    pub fn counted(self) -> impl Iterator<Item = &'a Order> {
        self.0.iter().filter(|order| order.counts())
    }
    /// How many.
    pub fn count(self) -> u32 {
        self.counted().count() as u32
    }
    /// How many from a moment on.
    pub fn count_since(self, since: Timestamp) -> u32 {
        self.between(since, Timestamp::from_millis(i64::MAX)).count() as u32
    }
    /// Those that count and were placed in a range; its end does not belong to it.
    pub fn between(self, since: Timestamp, until: Timestamp) -> impl Iterator<Item = &'a Order> {
        self.counted().filter(move |order| (since..until).contains(&order.placed_at))
    }
    /// What they cost in one currency.
    pub fn spent(self, currency: Currency) -> Option<Money> {
        sum(self.counted(), currency)
    }
    /// What those of a range cost in one currency.
    pub fn spent_between(self, currency: Currency, since: Timestamp, until: Timestamp) -> Option<Money> {
        sum(self.between(since, until), currency)
    }
    /// Whether any holds this SKU, variant or product id.
    pub fn have(self, goods: &str) -> bool {
        self.counted().any(|order| order.names.iter().chain(&order.goods).any(|known| known == goods))
    }
    /// The first.
    pub fn first_at(self) -> Option<Timestamp> {
        self.counted().map(|order| order.placed_at).min()
    }
    /// The last.
    pub fn last_at(self) -> Option<Timestamp> {
        self.counted().map(|order| order.placed_at).max()
    }
}

fn sum<'a>(orders: impl Iterator<Item = &'a Order>, currency: Currency) -> Option<Money> {
    let mut amounts = orders.filter_map(|order| order.total).filter(|total| total.currency == currency);
    let first = amounts.next()?;
    amounts.try_fold(first, Money::checked_add)
}

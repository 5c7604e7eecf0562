//! The frozen moment that a decision is made on: one subject and what is known of it. Rule trees and plugins read
//! the same facts from the same place.

use serde_json::Value;
use std::sync::Arc;

use crate::cart::Cart;
use crate::customer::Customer;
use crate::fact::{FactRead, FactValue};
use crate::ids::RunId;
use crate::money::{Currency, Money};
use crate::order::{Order, Orders};
use crate::shop::Shop;
use crate::time::Timestamp;

/// One run's customer, as of now.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The shop.
    pub shop: Arc<Shop>,
    /// The person.
    pub customer: Arc<Customer>,
    /// The newest open cart or checkout.
    pub cart: Option<Arc<Cart>>,
    /// All orders that are known.
    pub orders: Arc<[Order]>,
    /// The run that asks.
    pub run: RunId,
    /// The first trigger event of the run.
    pub started_at: Timestamp,
    /// The step that asks.
    pub step: String,
    /// Messages of this run that were handed over.
    pub messages_sent: u32,
    /// The moment.
    pub now: Timestamp,
}

impl Subject {
    /// The orders with their sums.
    pub fn orders(&self) -> Orders<'_> {
        Orders(&self.orders)
    }

    pub(crate) fn text(&self, field: &str, reads: &mut Vec<FactRead>) -> Option<String> {
        let text = match field {
            "customer.country" => self.customer.country.clone(),
            "customer.language" => self.customer.language.clone(),
            _ => None,
        };
        note(reads, field, text.as_deref());
        text
    }

    pub(crate) fn count(&self, field: &str, reads: &mut Vec<FactRead>) -> u32 {
        let lines = self.cart.as_ref().map_or(&[][..], |cart| cart.lines());
        let count = match field {
            "orders.count" => self.orders().count(),
            "orders.count_since_start" => self.orders().count_since(self.started_at),
            "cart.pieces" => lines.iter().fold(0u32, |sum, line| sum.saturating_add(line.quantity)),
            "cart.lines" => lines.len() as u32,
            "run.messages_sent" => self.messages_sent,
            _ => 0,
        };
        note(reads, field, Some(count));
        count
    }

    pub(crate) fn amount(&self, field: &str, currency: Option<Currency>, reads: &mut Vec<FactRead>) -> Option<Money> {
        let amount = match field {
            "orders.spent" => self.orders().spent(currency.unwrap_or(self.shop.currency)),
            "cart.total" => self.cart.as_ref().and_then(|cart| cart.total()),
            _ => None,
        };
        note(reads, field, amount);
        amount
    }

    pub(crate) fn many(&self, field: &str, reads: &mut Vec<FactRead>) -> Vec<String> {
        let lines = self.cart.as_ref().map_or(&[][..], |cart| cart.lines());
        let values: Vec<String> = match field {
            "customer.tags" => self.customer.tags.iter().cloned().collect(),
            "cart.skus" => lines.iter().filter_map(|line| line.sku.clone()).collect(),
            "cart.categories" => lines.iter().flat_map(|line| line.categories.iter().cloned()).collect(),
            _ => Vec::new(),
        };
        note(reads, field, (!values.is_empty()).then(|| values.join(", ")));
        values
    }

    pub(crate) fn attribute<'a>(&'a self, name: &str, reads: &mut Vec<FactRead>) -> Option<&'a Value> {
        let value = self.customer.attributes.get(name);
        let shown = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        note(reads, &format!("customer.attributes.{name}"), shown);
        value
    }
}

fn note(reads: &mut Vec<FactRead>, field: &str, value: Option<impl Into<FactValue>>) {
    let read = FactRead::new(field.to_owned(), value);
    if !reads.contains(&read) {
        reads.push(read);
    }
}

//! The frozen moment that a decision is made on: one subject and what is known of it. Rule trees and plugins read
//! the same facts from the same place.

use serde_json::Value;
use std::sync::Arc;

use crate::cart::Cart;
use crate::customer::Customer;
use crate::event::ReceiptKind;
use crate::fact::{FactRead, FactValue};
use crate::ids::RunId;
use crate::message::Message;
use crate::money::{Currency, Money};
use crate::order::{Order, Orders};
use crate::shop::Shop;
use crate::time::Timestamp;
use crate::zone;

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
    /// Messages to the customer that were handed over, in any run, as far as somebody asks for them.
    pub contacts: Arc<[Contact]>,
    /// The run that asks.
    pub run: RunId,
    /// The name of its strategy.
    pub strategy: Arc<str>,
    /// The first trigger event of the run.
    pub started_at: Timestamp,
    /// The step that asks.
    pub step: Arc<str>,
    /// Messages of this run that were handed over.
    pub messages_sent: u32,
    /// The moment.
    pub now: Timestamp,
}

/// A message that was handed over: when, and what is known to have come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// When it was last handed over.
    pub at: Timestamp,
    /// The furthest thing that happened to it, as far as the channel can report it.
    pub reaction: Option<Reaction>,
}

/// What happened to a message; a later one implies those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reaction {
    /// The device has it.
    Delivered,
    /// The customer saw it.
    Read,
    /// The customer used a button or link.
    Clicked,
    /// The customer answered.
    Replied,
}

impl Reaction {
    /// The word of the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Clicked => "clicked",
            Self::Replied => "replied",
        }
    }

    /// What a receipt says of the customer, if anything.
    pub fn of(receipt: ReceiptKind) -> Option<Self> {
        match receipt {
            ReceiptKind::Accepted | ReceiptKind::Failed => None,
            ReceiptKind::Delivered => Some(Self::Delivered),
            ReceiptKind::Read => Some(Self::Read),
            ReceiptKind::Clicked => Some(Self::Clicked),
            // Who wants no more has answered.
            ReceiptKind::Replied | ReceiptKind::OptedOut => Some(Self::Replied),
        }
    }
}

impl Contact {
    /// A message as a contact, if it was handed over and may have reached the customer.
    pub fn of(message: &Message) -> Option<Self> {
        let at = message.handed_over_at.filter(|_| message.may_have_been_sent())?;
        Some(Self { at, reaction: message.receipt.and_then(Reaction::of) })
    }
}

/// What the clock on the wall shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// IANA name of the zone.
    pub zone: String,
    /// 0 is Monday.
    pub weekday: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// `YYYY-MM-DD`.
    pub date: String,
}

impl Subject {
    /// The clock where the customer is: in their zone as far as it is known, else in the shop's (S04).
    pub fn local_time(&self) -> LocalTime {
        let place = zone::sole(zone::of_customer(&self.customer, &self.shop), &self.shop, self.now);
        let zone = &place.zones[0];
        let wall = zone.wall(self.now);
        let minutes = wall.time().minutes();
        LocalTime {
            zone: zone.name().to_owned(),
            weekday: wall.day().weekday() as u8,
            hour: (minutes / 60) as u8,
            minute: (minutes % 60) as u8,
            date: wall.day().to_string(),
        }
    }

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

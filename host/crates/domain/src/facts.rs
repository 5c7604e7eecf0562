//! The frozen moment that a decision is made on: one subject and what is known of it. Rule trees and plugins read
//! the same facts from the same place.

pub(crate) mod read;

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cart::Cart;
use crate::customer::Customer;
use crate::event::ReceiptKind;
use crate::ids::RunId;
use crate::message::{Message, Purpose};
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
    /// Whether orders are told of at all: without a source of them, none being known says nothing (S11).
    pub orders_known: bool,
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
    /// What the run itself has sent.
    pub own: Own,
    /// The moment.
    pub now: Timestamp,
}

/// What a run has sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Own {
    /// Messages that were handed over.
    pub messages: Vec<OwnMessage>,
    /// When the last one left, or was held out (S16).
    pub last_message_at: Option<Timestamp>,
    /// What servers of the shop's own answered when they were asked last, by step.
    pub answers: BTreeMap<String, Value>,
}

/// A message of the run that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMessage {
    /// Of which step.
    pub step: String,
    /// When, and what is known to have come of it.
    pub contact: Contact,
}

impl Own {
    /// From the messages of a run; notices to the shop's own people are none.
    pub fn of<'a>(messages: impl Iterator<Item = &'a Message>) -> Self {
        let mut own = Self::default();
        let mut asked: BTreeMap<&str, &Message> = BTreeMap::new();
        for message in messages {
            if message.purpose == Purpose::Staff {
                let newest = asked.entry(&message.step).or_insert(message);
                if newest.iteration < message.iteration {
                    *newest = message;
                }
                continue;
            }
            if !message.counts_as_sent() {
                continue;
            }
            let at = message.handed_over_at.unwrap_or(message.changed_at);
            own.last_message_at = own.last_message_at.max(Some(at));
            let contact = Contact::of(message);
            own.messages.extend(contact.map(|contact| OwnMessage { step: message.step.clone(), contact }));
        }
        let answers = asked.into_iter().filter_map(|(step, message)| Some((step.to_owned(), message.answer.clone()?)));
        own.answers = answers.collect();
        own
    }
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
        let is_to_customer = message.purpose != Purpose::Staff;
        let at = message.handed_over_at.filter(|_| is_to_customer && message.may_have_been_sent())?;
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
}

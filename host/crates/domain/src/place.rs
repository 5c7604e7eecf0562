//! Places under caps (S20): which contacts a customer had lately, as far as they are counted.
//!
//! They stand with the customer, so that two nodes that would both take the last one collide, and so that those of
//! two customers who turn out to be one add up. A contact on several channels takes one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contact::Address;
use crate::customer::Customer;
use crate::ids::{MessageId, RunId, StrategyId};
use crate::message::Message;
use crate::time::Timestamp;

/// A place that a contact has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Of which run.
    pub run: RunId,
    /// At which step.
    pub step: String,
    /// How often the run had been there before.
    pub iteration: u32,
    /// Of which strategy.
    pub strategy: StrategyId,
    /// When it was taken.
    pub at: Timestamp,
    /// The messages that share it.
    pub slots: Vec<Slot>,
}

/// A message of a contact that has a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Slot {
    /// Which.
    pub message: MessageId,
    /// On which channel.
    pub channel: String,
    /// Where to: a place is of the person and of the address.
    pub address: Address,
}

impl Place {
    /// Whether a message belongs to the contact.
    pub fn is_contact_of(&self, message: &Message) -> bool {
        self.run == message.run && self.step == message.step && self.iteration == message.iteration
    }

    /// Whether one of its messages went to an address.
    pub fn went_to(&self, address: &str) -> bool {
        self.slots.iter().any(|slot| slot.address.value == address)
    }
}

impl Customer {
    /// Takes the place of a message's contact, or joins it. What is older than `kept_from` is forgotten.
    pub fn take_place(
        &mut self,
        message: &Message,
        strategy: StrategyId,
        address: Address,
        now: Timestamp,
        kept_from: Timestamp,
    ) {
        self.places.retain(|place| place.at >= kept_from);
        let slot = Slot { message: message.id, channel: message.channel.clone(), address };
        match self.places.iter_mut().find(|place| place.is_contact_of(message)) {
            Some(place) => {
                place.slots.retain(|known| known.message != message.id);
                place.slots.push(slot);
                place.at = now;
            }
            None => self.places.push(Place {
                run: message.run,
                step: message.step.clone(),
                iteration: message.iteration,
                strategy,
                at: now,
                slots: vec![slot],
            }),
        }
    }

    /// Whether a message has a place.
    pub fn has_place(&self, message: MessageId) -> bool {
        self.places.iter().flat_map(|place| &place.slots).any(|slot| slot.message == message)
    }

    /// Gives back what a message has of a place; the contact's goes with its last message.
    pub fn give_back_place(&mut self, message: MessageId) {
        for place in &mut self.places {
            place.slots.retain(|slot| slot.message != message);
        }
        self.places.retain(|place| !place.slots.is_empty());
    }

    /// Takes over places of somebody else; one that both know is one.
    pub fn add_places(&mut self, others: impl IntoIterator<Item = Place>) {
        for other in others {
            let same = |known: &&mut Place| {
                (known.run, &known.step, known.iteration) == (other.run, &other.step, other.iteration)
            };
            match self.places.iter_mut().find(same) {
                Some(known) => {
                    known.at = known.at.max(other.at);
                    let is_new = |slot: &Slot| known.slots.iter().all(|own| own.message != slot.message);
                    let new: Vec<Slot> = other.slots.into_iter().filter(is_new).collect();
                    known.slots.extend(new);
                }
                None => self.places.push(other),
            }
        }
        self.places.sort_by_key(|place| (place.at, place.run));
    }
}

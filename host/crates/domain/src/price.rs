//! What messages cost, as their providers say: told with an answer or a receipt, or asked for later.
//!
//! A provider that is asked too early does not know it yet, so it is asked a few times, with longer and longer pauses,
//! and then no more. What it said last stands; sums move by the difference (`funnel`), so that the same price told
//! twice counts once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::MessageId;
use crate::message::MessageState;
use crate::money::Currency;
use crate::shop::ChannelTaskKind;
use crate::time::{Span, Timestamp};
use crate::world::World;

/// How long after it was sent, and after each vain question, a provider is asked.
const PAUSES: [Span; 3] = [Span::minutes(10), Span::hours(1), Span::hours(6)];
/// How long a question may be under way; whoever asked is taken for dead then, and it is asked again.
const LEASE: Span = Span::minutes(5);
/// No message costs ten million of anything; what is above cannot break a sum.
const MOST: i64 = 10_000_000_000_000;

/// What something cost: millionths of the unit of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// Millionths of the currency's unit: 7900 are 0.0079 USD.
    pub micros: i64,
    /// ISO 4217.
    pub currency: Currency,
}

impl Price {
    /// From what a plugin tells; none for what is no price.
    pub fn read(micros: i64, currency: &str) -> Option<Self> {
        let currency = currency.parse().ok()?;
        (0..=MOST).contains(&micros).then_some(Self { micros, currency })
    }
}

/// What is known of a message's price, and when its provider is asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Pricing {
    /// What the provider said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// When it is asked; none where there is nothing to ask, or nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// How often it did not know.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tries: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(tries: &u32) -> bool {
    *tries == 0
}

impl Pricing {
    /// Whether nothing is known and nothing planned.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Takes what the provider says; whether that changed anything.
    pub(crate) fn tell(&mut self, price: Price) -> bool {
        let told = Self { price: Some(price), due_at: None, tries: self.tries };
        let is_new = *self != told;
        *self = told;
        is_new
    }

    /// It was asked in vain: again after a longer pause, and in the end no more.
    fn miss(&mut self, now: Timestamp) {
        if self.price.is_none() {
            self.tries += 1;
            self.due_at = PAUSES.get(self.tries as usize).map(|pause| now + *pause);
        }
    }
}

/// A message whose provider has it and did not say what it costs is asked about later, where the channel can be asked.
pub(crate) fn expect(world: &mut World, id: MessageId, now: Timestamp) {
    let can_tell = |channel: &str| tells(world, channel);
    let is_open = world.messages.get(&id).is_some_and(|entry| {
        let message = &entry.value;
        message.state == MessageState::Accepted
            && message.provider_id.is_some()
            && message.pricing.is_nothing()
            && can_tell(&message.channel)
    });
    if let Some(entry) = world.messages.get_mut(&id).filter(|_| is_open) {
        entry.edit().pricing.due_at = Some(now + PAUSES[0]);
    }
}

/// Claims questions that are due, so that nobody else asks them; those that can be asked. The others are given up: their
/// channel is gone or tells no prices any more, or nobody knows them by their provider's id.
pub fn begin(world: &mut World, ids: &[MessageId], now: Timestamp) -> Vec<MessageId> {
    let mut begun = Vec::new();
    for id in ids {
        let Some(message) = world.messages.get(id).map(|entry| &entry.value) else { continue };
        if message.pricing.due_at.is_none_or(|due| due > now) {
            continue;
        }
        let can_be_asked = message.provider_id.is_some() && tells(world, &message.channel);
        if can_be_asked {
            begun.push(*id);
        }
        if let Some(entry) = world.messages.get_mut(id) {
            entry.edit().pricing.due_at = can_be_asked.then_some(now + LEASE);
        }
    }
    begun
}

/// Takes what a provider answered; none where it does not know, or did not answer.
pub fn take(world: &mut World, id: MessageId, price: Option<Price>, now: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let mut pricing = entry.value.pricing.clone();
    match price {
        Some(price) => _ = pricing.tell(price),
        None => pricing.miss(now),
    }
    if pricing != entry.value.pricing {
        entry.edit().pricing = pricing;
    }
}

fn tells(world: &World, channel: &str) -> bool {
    let ability = world.connections.get(channel).and_then(|entry| entry.value.ability.as_ref());
    ability.is_some_and(|ability| ability.tasks.contains(&ChannelTaskKind::Price))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_a_sum_in_a_currency() {
        let price = Price { micros: 7_900, currency: "USD".parse().unwrap() };
        assert_eq!(Price::read(7_900, "USD"), Some(price));
        assert_eq!(Price::read(0, "EUR").map(|price| price.micros), Some(0));
        for (micros, currency) in [(-1, "USD"), (MOST + 1, "USD"), (1, "usd"), (1, "US"), (1, "")] {
            assert_eq!(Price::read(micros, currency), None, "{micros} {currency}");
        }
    }

    #[test]
    fn who_does_not_know_is_asked_later_and_later_and_then_no_more() {
        let now = Timestamp::from_millis(0);
        let mut pricing = Pricing { due_at: Some(now), ..Pricing::default() };
        let mut pauses = Vec::new();
        while pricing.due_at.is_some() {
            pricing.miss(now);
            pauses.extend(pricing.due_at.map(|due| due.since(now)));
        }
        assert_eq!(pauses, [Span::hours(1), Span::hours(6)]);
    }

    #[test]
    fn who_was_told_meanwhile_is_not_asked_again() {
        let price = Price { micros: 1, currency: "EUR".parse().unwrap() };
        let mut pricing = Pricing { due_at: Some(Timestamp::from_millis(9)), ..Pricing::default() };
        assert!(pricing.tell(price));
        assert!(!pricing.tell(price), "the same again");
        pricing.miss(Timestamp::from_millis(9));
        assert_eq!(pricing, Pricing { price: Some(price), due_at: None, tries: 0 });
    }
}

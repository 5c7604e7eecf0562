//! Coming back (S07): whether a customer who has been through a strategy may begin another run of it.
//!
//! What has to be remembered for it stands with the customer, so that nobody has to look through old runs, and so that
//! two customers who turn out to be one remember together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::customer::Customer;
use crate::identity::customer_key;
use crate::ids::StrategyId;
use crate::run::{Position, Run};
use crate::time::{Span, Timestamp};
use crate::world::World;

/// When somebody may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reentry {
    /// As soon as the run before is over; frequency caps guard.
    #[default]
    Always,
    /// Never.
    OnceEver,
    /// So long after the run before ended.
    Cooldown(Span),
    /// For another cart or order; with the customer as the key, never.
    OncePerKey,
}

/// What a trigger does to a run of its key that has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRetrigger {
    /// Nothing.
    #[default]
    Ignore,
    /// It ends, and another one begins.
    Restart,
}

/// What is remembered of a customer's runs of one strategy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Past {
    /// How many there have been.
    pub runs: u32,
    /// When the newest began.
    pub entered_at: Timestamp,
    /// When the last one ended that is known to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Carts and orders that had one, newest last, where the strategy asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// More keys than this are not remembered of one customer.
const MOST_KEYS: usize = 500;

impl Past {
    /// Takes over what is remembered of somebody who turned out to be the same.
    pub fn add(&mut self, other: Past) {
        self.runs = self.runs.saturating_add(other.runs);
        self.entered_at = self.entered_at.max(other.entered_at);
        self.ended_at = self.ended_at.max(other.ended_at);
        let known: BTreeSet<String> = self.keys.iter().cloned().collect();
        self.keys.extend(other.keys.into_iter().filter(|key| !known.contains(key)));
    }
}

impl Reentry {
    /// Whether a customer may begin a run for a key by an event of this moment.
    pub fn lets_in(self, customer: &Customer, strategy: StrategyId, key: &str, at: Timestamp) -> bool {
        let Some(past) = customer.past.get(&strategy) else { return true };
        match self {
            Self::Always => true,
            Self::OnceEver => false,
            // Of one that ended before anybody asked, at least its beginning is known.
            Self::Cooldown(span) => at >= past.ended_at.unwrap_or(past.entered_at) + span,
            Self::OncePerKey => key != customer_key(customer.id) && past.keys.iter().all(|known| known != key),
        }
    }
}

/// Remembers that a run began.
pub(crate) fn note_entry(world: &mut World, run: &Run) {
    let keeps_keys = reentry_of(world, run) == Reentry::OncePerKey && run.key != customer_key(run.customer);
    let Some(entry) = world.customers.get_mut(&run.customer) else { return };
    let past = entry.edit().past.entry(run.strategy).or_default();
    past.runs = past.runs.saturating_add(1);
    past.entered_at = past.entered_at.max(run.started_at);
    if keeps_keys {
        past.keys.push(run.key.clone());
        let forgotten = past.keys.len().saturating_sub(MOST_KEYS);
        past.keys.drain(..forgotten);
    }
}

/// Remembers that a run ended, where somebody asks for it.
pub(crate) fn note_end(world: &mut World, run: &Run) {
    let Position::Ended { ended_at, .. } = run.position else { return };
    if !matches!(reentry_of(world, run), Reentry::Cooldown(_)) {
        return;
    }
    if let Some(entry) = world.customers.get_mut(&run.customer) {
        let past = entry.edit().past.entry(run.strategy).or_default();
        past.ended_at = past.ended_at.max(Some(ended_at));
    }
}

fn reentry_of(world: &World, run: &Run) -> Reentry {
    world.policies(run).map(|policies| policies.reentry).unwrap_or_default()
}

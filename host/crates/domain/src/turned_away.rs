//! Who was turned away at the door of a strategy: the newest event that would have begun a run and did not, kept with
//! the customer so that somebody who asks gets the reason and not a guess.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{CustomerId, StrategyId};
use crate::time::Timestamp;
use crate::world::World;

/// Why an event began no run. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoEntry {
    /// The strategy was paused, closed or stopped (S27).
    StrategyNotLive,
    /// The event arrived when its time was long past (S03).
    LateEvent,
    /// The customer has been through it, and may not come back, or not yet (S07).
    NotAgain,
    /// A checkout's run was under way, and the cart belonged to it (S09).
    AtCheckout,
}

/// An event that began no run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnedAway {
    /// When that was decided.
    pub at: Timestamp,
    /// The type of the event.
    pub event: String,
    /// The source's id of it.
    pub event_id: String,
    /// When it occurred.
    pub occurred_at: Timestamp,
    /// Why.
    pub reason: NoEntry,
}

/// Keeps it with the customer; the newest for each strategy.
pub(crate) fn note(world: &mut World, customer: CustomerId, strategy: StrategyId, turned_away: TurnedAway) {
    let Some(entry) = world.customers.get_mut(&customer) else { return };
    let known = entry.value.turned_away.get(&strategy);
    // A shop's stopped strategies turn away every event: told once, it is told.
    let is_told = known.is_some_and(|known| {
        known.reason == turned_away.reason && turned_away.reason == NoEntry::StrategyNotLive
            || known.occurred_at > turned_away.occurred_at
    });
    if !is_told {
        entry.edit().turned_away.insert(strategy, turned_away);
    }
}

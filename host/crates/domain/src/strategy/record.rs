//! A strategy over all its versions: whether it is at work, by whose word, and when it may go (S27).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{StrategyId, VersionId};
use crate::time::Timestamp;

/// A strategy of a shop over all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StrategyRecord {
    /// Ours.
    pub id: StrategyId,
    /// Unique in the shop.
    pub name: String,
    /// Whether it enters and sends (S27).
    pub state: StrategyState,
    /// The version that new runs take.
    pub current: VersionId,
    /// Its number.
    pub current_number: u32,
    /// When it was made.
    #[serde(default)]
    pub created_at: Timestamp,
    /// When its version or its state changed last.
    #[serde(default)]
    pub changed_at: Timestamp,
    /// Who gave it its state; none since it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_change: Option<StateChange>,
}

/// Who gave a strategy its state, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateChange {
    /// When.
    pub at: Timestamp,
    /// A person, or the label of a key.
    pub by: String,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether customers ever went a strategy's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ways {
    /// Nobody.
    None,
    /// Some did, and none does now.
    Past,
    /// Some do.
    UnderWay,
}

/// Why a strategy stays, with what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stays {
    /// Customers enter.
    #[error("it is live; stop it first")]
    Live,
    /// Runs could go on.
    #[error("it was at work and is not stopped; stop it first")]
    NotStopped,
    /// Runs are not over.
    #[error("runs of it are not over; stop it once more, which ends them, then delete it")]
    UnderWay,
}

impl StrategyRecord {
    /// As it is once somebody gave it a state.
    pub fn with_state(self, state: StrategyState, change: &StateChange) -> Self {
        Self { state, changed_at: change.at, state_change: Some(change.clone()), ..self }
    }

    /// Whether it may be deleted: once it is stopped and its runs are over, or where nobody ever went its way.
    pub fn may_go(&self, ways: Ways) -> Result<(), Stays> {
        match (self.state, ways) {
            (StrategyState::Live, _) => Err(Stays::Live),
            (StrategyState::Stopped, Ways::UnderWay) => Err(Stays::UnderWay),
            (StrategyState::Stopped, _) | (_, Ways::None) => Ok(()),
            _ => Err(Stays::NotStopped),
        }
    }
}

/// Whether a strategy enters customers and sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StrategyState {
    /// Both.
    Live,
    /// Neither; waiting runs stay.
    Paused,
    /// Runs finish, none enter.
    Closed,
    /// Runs have ended.
    Stopped,
}

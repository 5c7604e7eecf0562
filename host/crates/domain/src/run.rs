//! Runs: one customer's way through one version of a strategy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::cart::Side;
use crate::identity::customer_key;
use crate::ids::{CartId, CustomerId, MessageId, RunId, StrategyId, VersionId};
use crate::message::Message;
use crate::time::Timestamp;

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Ours.
    pub id: RunId,
    /// Of which strategy.
    pub strategy: StrategyId,
    /// In which version; pinned.
    pub version: VersionId,
    /// Whose.
    pub customer: CustomerId,
    /// Never two active runs of a strategy for one key (S07).
    pub key: String,
    /// When the first trigger event occurred.
    pub started_at: Timestamp,
    /// When the newest trigger event occurred.
    pub newest_trigger_at: Timestamp,
    /// What triggered it.
    pub trigger: Trigger,
    /// Where it stands.
    pub position: Position,
    /// When it is looked at next; none while it waits for a message, or is over.
    pub due_at: Option<Timestamp>,
    /// The order whose exit it took to another step: exits are taken once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_taken: Option<String>,
    /// How often its `repeat` steps have led back so far.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub repeats: BTreeMap<String, u32>,
    /// The last events that its waits were over by: none of them ends another wait (S06).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waited_for: Vec<String>,
}

/// What triggered a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// Type of the first event.
    pub event: String,
    /// The source's id of the newest: a run does not wait for what began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The day that a `date` trigger waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The cart, for cart and checkout triggers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<CartId>,
    /// The order, for order triggers; it never ends the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The cart at the end of settling (`trigger.cart`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Side>,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Position {
    /// Waits for the trigger to settle.
    Settling,
    /// At a step, about to take it or waiting in it.
    Step {
        /// Which.
        step: String,
        /// When the step before completed: delays count from here.
        since: Timestamp,
        /// Failed tries of the step's plugin so far (S12).
        #[serde(default)]
        tries: u32,
    },
    /// Waits for its message to be handed over, skipped or given up.
    Message {
        /// The step.
        step: String,
        /// The message.
        message: MessageId,
    },
    /// Over.
    Ended {
        /// When.
        ended_at: Timestamp,
        /// Why.
        reason: EndReason,
    },
}

/// Why a run is over. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// It went to the end of its way.
    Completed,
    /// The customer ordered.
    Converted,
    /// The cart was emptied.
    CartEmptied,
    /// Two customers turned out to be one, and the other's run went on.
    Merged,
    /// The customer went on to the checkout, and its strategy took over (S09).
    Advanced,
    /// Another trigger began it anew (S07).
    Restarted,
    /// The strategy was stopped.
    Stopped,
    /// Another strategy took over.
    Transferred,
    /// The date that it waited for is no longer known, or is past.
    DateGone,
    /// Its step is not in the version that it was to go on in (S28).
    StepGone,
    /// A plugin failed at a step that holds no answer for it.
    PluginFailed,
    /// The customer was erased (S45).
    Erased,
}

impl EndReason {
    /// The word in JSON and in lists.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl Run {
    /// One that begins now, and waits for its trigger to settle.
    pub fn settling(
        id: RunId,
        (strategy, version): (StrategyId, VersionId),
        customer: CustomerId,
        trigger: Trigger,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            strategy,
            version,
            customer,
            key: customer_key(customer),
            started_at: now,
            newest_trigger_at: now,
            trigger,
            position: Position::Settling,
            due_at: None,
            exit_taken: None,
            repeats: BTreeMap::new(),
            waited_for: Vec::new(),
        }
    }

    /// Not over yet.
    pub fn is_active(&self) -> bool {
        !matches!(self.position, Position::Ended { .. })
    }

    /// The step it is at.
    pub fn step(&self) -> Option<&str> {
        match &self.position {
            Position::Step { step, .. } | Position::Message { step, .. } => Some(step),
            Position::Settling | Position::Ended { .. } => None,
        }
    }

    /// The word of the reason for which it is over.
    pub fn end_reason(&self) -> Option<String> {
        match self.position {
            Position::Ended { reason, .. } => Some(reason.name()),
            _ => None,
        }
    }

    /// Whether it waits for the contact that a message belongs to.
    pub fn waits_for(&self, message: &Message) -> bool {
        matches!(&self.position, Position::Message { step, .. } if *step == message.step && self.id == message.run)
    }

    /// Ends it.
    pub fn end(&mut self, at: Timestamp, reason: EndReason) {
        self.position = Position::Ended { ended_at: at, reason };
        self.due_at = None;
    }
}

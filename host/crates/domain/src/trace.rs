//! What a run can say about itself: every decision with the facts it was made on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::effect::Effect;
use crate::fact::FactRead;
use crate::ids::{CustomerId, MessageId, RunId};
use crate::message::{Details, HoldReason, MessageState, SkipReason};
use crate::run::EndReason;
use crate::time::Timestamp;

/// One line of a run's trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceEntry {
    /// When it was decided.
    pub at: Timestamp,
    /// At which step, if at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What was decided or what happened.
    #[serde(flatten)]
    pub what: Happening,
    /// The facts that were read, in order, with their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactRead>,
}

/// What a trace tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happening {
    /// The run began.
    Entered {
        /// Type of the event that triggered it.
        event: String,
        /// The source's id of that event.
        event_id: String,
        /// When it goes on if nothing happens.
        due_at: Timestamp,
    },
    /// An added line moved the due time.
    Restarted {
        /// Why.
        event_id: String,
        /// When it goes on now.
        due_at: Timestamp,
    },
    /// The settling delay is over.
    Settled,
    /// The cart turned out to belong to a known customer.
    Joined {
        /// The name that joined them: `cart token`, `checkout token`, `customer id`, `identify`.
        by: String,
    },
    /// The customer's phone is somebody else's from now on, or somebody else's is theirs (S10).
    PhoneMoved {
        /// From whom.
        from: CustomerId,
        /// To whom.
        to: CustomerId,
    },
    /// A form gave the customer a phone that is known to be somebody else's; it stays there (S10).
    PhoneClaimed {
        /// Whose it is.
        of: CustomerId,
    },
    /// A condition took a branch.
    Branched {
        /// Which.
        branch: String,
        /// Plugin with version, or `rule`.
        by: String,
        /// SHA-256 of the component, hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// The plugin's own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A plugin failed; what follows is what the step says.
    PluginFailed {
        /// Plugin with version.
        by: String,
        /// SHA-256 of the component, hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// What it was, with the limit that was crossed if one was.
        problem: String,
        /// What was done about it.
        then: String,
    },
    /// A selector chose a content.
    Selected {
        /// Which.
        content: String,
        /// Plugin with version.
        by: String,
        /// SHA-256 of the component, hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// The plugin's own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Extra variables that it gave.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        variables: Vec<(String, String)>,
    },
    /// It waits.
    Waiting {
        /// Until.
        until: Timestamp,
    },
    /// A message was decided.
    MessageQueued {
        /// Which.
        message: MessageId,
        /// Channel, by name.
        channel: String,
        /// Content, by name.
        content: String,
    },
    /// A message changed its state.
    Message {
        /// Which.
        message: MessageId,
        /// To what.
        #[serde(flatten)]
        state: MessageTrace,
    },
    /// No message was made.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
    /// The message that could have been sent was held out, to see what it is worth.
    HeldOut {
        /// Whose figures it belongs to.
        message: MessageId,
    },
    /// An exit took the run out of its way.
    ExitTaken {
        /// The order that did.
        order: String,
        /// `end` or the step it goes on at.
        then: String,
    },
    /// A step changed something about the customer.
    Changed {
        /// What.
        #[serde(flatten)]
        effect: Effect,
    },
    /// The customer was passed on to another strategy.
    Transferred {
        /// Its name.
        strategy: String,
        /// The run that it began …
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<RunId>,
        /// … or why it began none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
    /// The run goes on in another version of its strategy (S28).
    Moved {
        /// Number of the version it was in.
        from: u32,
        /// Number of the version it is in now.
        to: u32,
        /// When it is looked at next; none while it waits for its message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
    /// The run is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

impl Happening {
    /// The component that decided, if one did.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Branched { digest, .. } | Self::PluginFailed { digest, .. } | Self::Selected { digest, .. } => {
                digest.as_deref()
            }
            _ => None,
        }
    }
}

/// How a message's state stands in a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MessageTrace {
    /// Given to the provider.
    HandedOver {
        /// Which attempt this is, from 1.
        attempt: u32,
    },
    /// The provider has it.
    Accepted,
    /// What the server answered cannot be read by later steps.
    AnswerNotKept {
        /// Why.
        why: String,
    },
    /// Refused for certain.
    Rejected {
        /// Class, with the provider's words.
        class: String,
        /// The provider's words.
        details: Details,
    },
    /// Tried again later.
    Again {
        /// When.
        at: Timestamp,
        /// Why.
        class: String,
        /// The provider's words.
        details: Details,
    },
    /// Waits for something to be put right.
    Held {
        /// What.
        reason: HoldReason,
    },
    /// Waits for its sending window.
    WaitsForWindow {
        /// Until.
        until: Timestamp,
    },
    /// Waits until the provider takes from its sender again (S23).
    WaitsForSender {
        /// Until.
        until: Timestamp,
    },
    /// Waits until a frequency cap has room (S20).
    WaitsForCap {
        /// Until.
        until: Timestamp,
    },
    /// The platform was asked for the customer's orders once more, and answered (S08).
    OrdersRead,
    /// Waits for others of the same customer that are due soon and come first (S20).
    WaitsForOthers {
        /// Until.
        until: Timestamp,
    },
    /// Nobody knows.
    Uncertain {
        /// What is known.
        details: Details,
    },
    /// Not sent on purpose.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// More about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        details: Option<String>,
    },
    /// A receipt came.
    Receipt {
        /// Which.
        kind: crate::event::ReceiptKind,
    },
}

impl MessageTrace {
    /// For states that need no more words.
    pub fn of(state: &MessageState) -> Option<Self> {
        match state {
            MessageState::Accepted => Some(Self::Accepted),
            MessageState::Held { reason } => Some(Self::Held { reason: *reason }),
            MessageState::Skipped { reason } => Some(Self::Skipped { reason: *reason, details: None }),
            _ => None,
        }
    }
}

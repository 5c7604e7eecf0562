//! What leaves because somebody wrote: the answer to them, and the notice to the shop's own people.
//!
//! Both leave as messages do (S22): handed over in a commit before the channel is asked, and never sent again where
//! nobody knows whether they arrived. They wait for no window and count for no cap.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contact::Address;
use crate::event::{Receipt, ReceiptKind};
use crate::ids::{CustomerId, MessageId, ReplyId};
use crate::message::{After, Details, Outcome, RejectionClass};
use crate::plan::LOOK_AGAIN;
use crate::time::{Span, Timestamp};

/// An answer or a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplySend {
    /// Ours, as the channel knows it.
    pub id: MessageId,
    /// Which of the two it is.
    pub kind: SendKind,
    /// The reply that it is about.
    pub reply: ReplyId,
    /// Whose that is.
    pub customer: CustomerId,
    /// The shop's channel connection that it goes over, by name.
    pub channel: String,
    /// Where it goes.
    pub to: Address,
    /// The sender of the channel that it goes by; its default where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// Who wrote it: a person, or the label of a key; nobody wrote a notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Of a notice: who wrote, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What it says.
    pub text: String,
    /// When it was decided.
    pub at: Timestamp,
    /// Where it stands.
    #[serde(flatten)]
    pub state: SendState,
    /// How often it was handed over.
    #[serde(default)]
    pub attempts: u32,
    /// Past this it is not sent any more.
    pub late_after: Timestamp,
    /// The provider's last words on it, or ours where it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<Details>,
    /// The provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The furthest receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptKind>,
}

/// What is sent because of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendKind {
    /// To whoever wrote.
    Answer,
    /// To the shop's own people.
    Notice,
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SendState {
    /// To be sent then.
    Queued {
        /// When.
        due_at: Timestamp,
    },
    /// Committed before the provider is called.
    HandedOver {
        /// Afterwards nobody will come back with the answer.
        lease_until: Timestamp,
    },
    /// The provider has it.
    Accepted,
    /// The provider refused it for certain.
    Rejected {
        /// The class of the refusal (S23).
        #[serde(flatten)]
        class: RejectionClass,
    },
    /// The provider may or may not have it; not sent again (S22).
    Uncertain,
    /// Not sent: it was too late, or nothing could take it.
    Dropped,
}

impl SendKind {
    /// The word in JSON and SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Notice => "notice",
        }
    }
}

impl ReplySend {
    /// When it is looked at next; none once nothing is to be done.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            SendState::Queued { due_at } => Some(due_at),
            SendState::HandedOver { lease_until } => Some(lease_until),
            _ => None,
        }
    }

    /// Whether it is to be sent now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        matches!(self.state, SendState::Queued { due_at } if due_at <= now)
    }

    /// Whether it certainly reached nobody, and never will.
    pub fn came_to_nothing(&self) -> bool {
        matches!(self.state, SendState::Rejected { .. } | SendState::Dropped)
    }

    /// The channel cannot take it now.
    pub fn wait(&mut self, now: Timestamp, words: String) {
        self.last_answer = Some(Details { code: None, text: words });
        self.again(now + LOOK_AGAIN);
    }

    /// It is handed over, and nobody else touches it for so long.
    pub fn hand_over(&mut self, lease: Span, now: Timestamp) {
        self.attempts += 1;
        self.state = SendState::HandedOver { lease_until: now + lease };
        self.last_answer = None;
    }

    /// Whoever handed it over did not come back. Sent again only where that is harmless (S22).
    pub fn recover(&mut self, is_idempotent: bool, now: Timestamp) {
        let SendState::HandedOver { lease_until } = self.state else { return };
        if lease_until <= now {
            self.state = match is_idempotent {
                true => SendState::Queued { due_at: now },
                false => SendState::Uncertain,
            };
        }
    }

    /// What the provider said of an attempt.
    pub fn settle(&mut self, attempt: u32, outcome: &Outcome, now: Timestamp) {
        if self.attempts != attempt || !matches!(self.state, SendState::HandedOver { .. } | SendState::Uncertain) {
            return;
        }
        match outcome {
            Outcome::Accepted { provider_id, .. } => {
                self.provider_id = Some(provider_id.clone());
                self.state = SendState::Accepted;
            }
            Outcome::Uncertain(details) => {
                self.state = SendState::Uncertain;
                self.last_answer = Some(details.clone());
            }
            Outcome::Rejected(rejection) => {
                self.last_answer = Some(rejection.details.clone());
                match rejection.class.after(self.attempts, now, 0) {
                    After::Done => self.state = SendState::Rejected { class: rejection.class },
                    After::Again(at) => self.again(at),
                    After::Held(_) => self.again(now + LOOK_AGAIN),
                }
            }
        }
    }

    /// It is not sent at all.
    pub fn drop(&mut self, words: String) {
        self.state = SendState::Dropped;
        self.last_answer = Some(Details { code: None, text: words });
    }

    /// Takes a receipt; they only ever move it forward, in whatever order they come.
    pub fn receive(&mut self, receipt: &Receipt) {
        let has_left = !matches!(self.state, SendState::Queued { .. } | SendState::Dropped);
        let is_further = self.receipt.is_none_or(|known| known.rank() < receipt.kind.rank());
        if !has_left || !is_further || receipt.kind == ReceiptKind::OptedOut {
            return;
        }
        self.receipt = Some(receipt.kind);
        match (receipt.kind, &receipt.failure) {
            (ReceiptKind::Failed, failure) => {
                let class = failure.as_ref().map_or(RejectionClass::Unknown, |failure| failure.class);
                self.state = SendState::Rejected { class };
                self.last_answer = failure.as_ref().map(|failure| failure.details.clone());
            }
            _ => {
                self.provider_id = self.provider_id.take().or(receipt.provider_id.clone());
                self.state = SendState::Accepted;
                self.last_answer = None;
            }
        }
    }

    fn again(&mut self, at: Timestamp) {
        self.state = match at > self.late_after {
            true => SendState::Dropped,
            false => SendState::Queued { due_at: at },
        };
    }
}

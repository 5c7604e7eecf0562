//! Messages: one contact on one channel slot, from intent to receipt, and what each outcome means (S22, S23).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contact::Address;
use crate::event::ReceiptKind;
use crate::funnel::Counted;
use crate::ids::{CustomerId, MessageId, RunId, VersionId};
use crate::price::Pricing;
use crate::run::Run;
use crate::short_link::ShortLink;
use crate::time::Timestamp;

pub use crate::rejection::{After, Details, Effect, Outcome, Rejection, RejectionClass, back_off};

/// Why a content is sent. Consent, windows and caps concern marketing only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Advertising: only to customers who want it.
    #[default]
    Marketing,
    /// About an order the customer made.
    Transactional,
    /// To the shop's own people.
    Staff,
}

/// A message with everything that was decided about it. What it says is rendered when it leaves, never before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// A function of (shop, run, step, iteration, slot).
    pub id: MessageId,
    /// Whose it is.
    pub run: RunId,
    /// To whom.
    pub customer: CustomerId,
    /// The step that makes it.
    pub step: String,
    /// How often the run had been at the step before.
    pub iteration: u32,
    /// Position in the step's list of channels.
    pub slot: u32,
    /// The shop's channel connection, by name.
    pub channel: String,
    /// The content, by name.
    pub content: String,
    /// Variables that the selector added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<(String, String)>,
    /// Why it is sent.
    pub purpose: Purpose,
    /// Where it goes instead of to the customer: to the shop's own people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Address>,
    /// When it was decided.
    pub created_at: Timestamp,
    /// The first instant that its delay allows; lateness counts from the first one after it that its window allows
    /// too (S27).
    pub allowed_at: Timestamp,
    /// Past this it is not handed over any more.
    pub late_after: Timestamp,
    /// Where it stands.
    pub state: MessageState,
    /// When it is looked at again; none while nothing is to be done.
    pub due_at: Option<Timestamp>,
    /// Set while it waits for its sending window, to the instant it was told (S04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_opens_at: Option<Timestamp>,
    /// Set once it has waited for a cap, to the instant that this opens; it waits no second time (S20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_opens_at: Option<Timestamp>,
    /// Set while it waits for others that are due soon, to the instant until which it does at most (S20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Timestamp>,
    /// When the platform was last asked for the customer's orders before it (S08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders_read_at: Option<Timestamp>,
    /// How often it was handed over.
    pub attempts: u32,
    /// The sender of its channel that it goes by, once chosen; none where the channel has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// Where it went, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Address>,
    /// The variant's locale, once chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// What it says, as handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendered: Option<serde_json::Value>,
    /// When it was last handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_at: Option<Timestamp>,
    /// The provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The provider's last words on it; none while there is an attempt without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<Details>,
    /// What the server that a webhook step asked has answered, where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<serde_json::Value>,
    /// What the provider says it cost.
    #[serde(default, skip_serializing_if = "Pricing::is_nothing")]
    pub pricing: Pricing,
    /// The furthest receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptKind>,
    /// Whether the customer used a button or link, whatever else they did: a reply says nothing of it (S30).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clicked: bool,
    /// Its short links, as they were sent, and who used them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<ShortLink>,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// What reports have counted it as (S30).
    #[serde(default, skip_serializing_if = "Counted::is_nothing")]
    pub counted: Counted,
    /// The revision of its content that it said, where that stands in another's place (S28).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_revision: Option<u32>,
    /// The version that it was made in, where its run has been moved to another since (S28).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
}

/// Where a message stands. The order is the way it goes; `accepted`, `rejected`, `uncertain`, `skipped` and
/// `held_out` end the step, so that the run goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MessageState {
    /// Decided; free to be claimed.
    Queued,
    /// Claimed by a node until its lease ends; nothing has left the process, so it may be claimed again then.
    Prepared {
        /// End of the claim.
        lease_until: Timestamp,
    },
    /// Committed before the provider is called. After a crash here only the provider knows.
    HandedOver {
        /// End of the claim: afterwards it is looked up, sent again where that is harmless, or closed as uncertain.
        lease_until: Timestamp,
        /// The adapter's state before the call, base64.
        adapter_state: String,
    },
    /// Waits until something is put right.
    Held {
        /// What.
        reason: HoldReason,
    },
    /// The provider has it.
    Accepted,
    /// The provider refused it for certain.
    Rejected {
        /// The class of the refusal.
        class: RejectionClass,
    },
    /// The provider may or may not have it; never sent again (S22).
    Uncertain,
    /// Not sent on purpose.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
    /// It could have been sent, and was held out to see what it is worth (S16). The run goes on as if it had been.
    HeldOut,
}

/// Why a message was not sent on purpose. A closed list (S31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The strategy or the shop is not live.
    StrategyNotLive,
    /// The run ended before the message left.
    RunEnded,
    /// Nobody is known behind the cart yet.
    NotIdentified,
    /// The customer has not subscribed to marketing.
    NoConsent,
    /// The customer has unsubscribed from marketing.
    Unsubscribed,
    /// The address is suppressed on this channel.
    Suppressed,
    /// The customer's tags do not pass the filter of the shop or the strategy.
    PushFilter,
    /// No address that the channel can use.
    NoAddress,
    /// The address is marked invalid.
    InvalidAddress,
    /// The person is not on this channel.
    NotOnChannel,
    /// The cart is empty.
    CartEmptied,
    /// No variant of the content for the channel.
    NoVariant,
    /// A variable has neither value nor default.
    MissingVariable,
    /// The template failed, or the adapter could not make a request of it.
    ContentFailed,
    /// The selector failed and the step has no default.
    NoContent,
    /// Past its lateness.
    TooLate,
    /// The windows of shop, channel and strategy have nothing in common.
    WindowNeverOpen,
    /// The shop's frequency cap leaves no room (S20), or that of a preset which it has switched on.
    CappedByShop,
    /// The channel's does not.
    CappedByChannel,
    /// The strategy's does not.
    CappedByStrategy,
    /// The customer ordered lately (S21).
    OrderedLately,
    /// It would go out in more parts than its content allows (S25).
    TooLong,
    /// Another channel of the chain is tried, because this one waits for something to be put right (S19).
    ChannelHeld,
    /// The channel takes such a content only for a while after the customer's last word, and that is over.
    WindowClosed,
}

impl SkipReason {
    /// The word in JSON and in figures.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether a frequency cap left no room.
    pub fn is_capped(self) -> bool {
        matches!(self, Self::CappedByShop | Self::CappedByChannel | Self::CappedByStrategy)
    }

    /// Whether another channel of a chain may do better (S19).
    pub fn falls_back(self) -> bool {
        matches!(
            self,
            Self::NotIdentified
                | Self::NoConsent
                | Self::Suppressed
                | Self::NoAddress
                | Self::InvalidAddress
                | Self::NotOnChannel
                | Self::NoVariant
                | Self::MissingVariable
                | Self::ContentFailed
                | Self::TooLong
                | Self::ChannelHeld
                | Self::WindowClosed
        )
    }
}

/// Why a message waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The provider refuses the sender.
    SenderPolicy,
    /// The credentials do not work.
    Auth,
    /// The account is out of credit.
    Billing,
    /// The provider refuses the template.
    Template,
    /// The provider refuses what it says.
    ContentPolicy,
    /// The channel does not exist, is switched off, or its plugin cannot run.
    ChannelNotReady,
    /// Nothing was heard of a source for longer than its bound: an order may be known there and not here (S08).
    SourceStale,
    /// The provider has not approved its template yet, or does not any more (S17).
    TemplateNotApproved,
}

impl HoldReason {
    /// Whether another channel is not held by it (S19).
    pub fn is_of_channel(self) -> bool {
        self != Self::SourceStale
    }

    /// The word in JSON and in figures.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl MessageState {
    /// The word by which it is listed: a message that is claimed waits like any other.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued | Self::Prepared { .. } => "queued",
            Self::HandedOver { .. } => "handed_over",
            Self::Held { .. } => "held",
            Self::Accepted => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::Uncertain => "uncertain",
            Self::Skipped { .. } => "skipped",
            Self::HeldOut => "held_out",
        }
    }

    /// The word of its reason, where it has one.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Held { reason } => Some(reason.name()),
            Self::Skipped { reason } => Some(reason.name()),
            Self::Rejected { class } => Some(class.name().to_owned()),
            _ => None,
        }
    }
}

impl Message {
    /// Whether the step that made it is complete, and since when.
    pub fn completed_at(&self) -> Option<Timestamp> {
        match self.state {
            MessageState::Accepted | MessageState::Uncertain | MessageState::Rejected { .. } => {
                Some(self.handed_over_at.unwrap_or(self.changed_at))
            }
            MessageState::Skipped { .. } | MessageState::HeldOut => Some(self.changed_at),
            _ => None,
        }
    }

    /// The message of the same contact on the next channel of its chain (S19).
    pub(crate) fn on_next_channel(&self, id: MessageId, channel: String, now: Timestamp) -> Self {
        Self {
            id,
            run: self.run,
            customer: self.customer,
            step: self.step.clone(),
            iteration: self.iteration,
            slot: self.slot + 1,
            channel,
            content: self.content.clone(),
            variables: self.variables.clone(),
            purpose: self.purpose,
            recipient: self.recipient.clone(),
            created_at: now,
            allowed_at: self.allowed_at,
            late_after: self.late_after,
            state: MessageState::Queued,
            due_at: Some(now),
            window_opens_at: None,
            // A contact waits for a cap once, on whatever channel.
            cap_opens_at: self.cap_opens_at,
            orders_read_at: self.orders_read_at,
            decided_by: None,
            attempts: 0,
            sender: None,
            to: None,
            locale: None,
            rendered: None,
            content_revision: None,
            handed_over_at: None,
            provider_id: None,
            last_answer: None,
            answer: None,
            pricing: Pricing::default(),
            receipt: None,
            clicked: false,
            links: Vec::new(),
            changed_at: now,
            counted: Counted::default(),
            version: self.version,
        }
    }

    /// The version that it was made in, whatever its run has been moved to since.
    pub fn version_of(&self, run: &Run) -> VersionId {
        self.version.unwrap_or(run.version)
    }

    /// Whether two are of one contact: what caps and hold-outs count.
    pub fn shares_contact(&self, other: &Message) -> bool {
        (self.run, &self.step, self.iteration) == (other.run, &other.step, other.iteration)
    }

    /// Whether the provider has answered.
    pub fn is_settled(&self) -> bool {
        matches!(self.state, MessageState::Accepted | MessageState::Rejected { .. })
    }

    /// Whether nothing is known but that the provider has it.
    pub fn has_no_sign_of_arrival(&self) -> bool {
        matches!(self.receipt, None | Some(ReceiptKind::Accepted))
    }

    /// Whether the provider may have it.
    pub fn may_have_been_sent(&self) -> bool {
        matches!(self.state, MessageState::HandedOver { .. } | MessageState::Accepted | MessageState::Uncertain)
    }

    /// Whether it was handed over before and nobody knows what became of that: it waits to be sent again, which is
    /// harmless, and the customer may have it already.
    pub fn is_without_answer(&self) -> bool {
        self.attempts > 0 && self.last_answer.is_none()
    }

    /// Whether the run goes on as if it had been sent: it may have been, or it was held out (S16).
    pub fn counts_as_sent(&self) -> bool {
        self.may_have_been_sent() || self.state == MessageState::HeldOut
    }

    /// Takes a receipt: states only move forward, in whatever order receipts come; a failure after the provider
    /// accepted counts unless something later is known. Returns whether anything changed.
    pub fn receive(&mut self, kind: ReceiptKind, failure: Option<&Rejection>, at: Timestamp) -> bool {
        let is_further = kind.rank() >= 0 && self.receipt.is_none_or(|known| known.rank() < kind.rank());
        let clicked = kind == ReceiptKind::Clicked || self.receipt == Some(ReceiptKind::Clicked);
        let is_first_click = clicked && !self.clicked;
        self.clicked |= clicked;
        if !is_further {
            return is_first_click;
        }
        self.receipt = Some(kind);
        self.changed_at = self.changed_at.max(at);
        let waits_again = self.is_without_answer()
            && matches!(self.state, MessageState::Queued | MessageState::Prepared { .. } | MessageState::Held { .. });
        let answered = self.may_have_been_sent() || waits_again || matches!(self.state, MessageState::Rejected { .. });
        if kind == ReceiptKind::Failed {
            if let Some(rejection) = failure {
                self.last_answer = Some(rejection.details.clone());
                if answered {
                    self.state = MessageState::Rejected { class: rejection.class };
                    self.due_at = None;
                }
            }
        } else if answered {
            // One that is accepted already may wait for a sign of its arrival.
            if self.state != MessageState::Accepted || kind != ReceiptKind::Accepted {
                self.due_at = None;
            }
            self.state = MessageState::Accepted;
            self.last_answer = None;
        }
        true
    }
}

//! What a provider says became of a hand-over, and what follows from it (S23).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::HoldReason;
use crate::price::Price;
use crate::time::{Span, Timestamp};

/// What the adapter says became of a hand-over: the closed list of S23.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The provider has it.
    Accepted {
        /// The provider's id.
        provider_id: String,
        /// What it costs, where the answer says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<Price>,
    },
    /// It was refused.
    Rejected(Rejection),
    /// Nobody knows.
    Uncertain(Details),
}

/// A refusal with the provider's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejection {
    /// Its class.
    #[serde(flatten)]
    pub class: RejectionClass,
    /// The provider's code and text.
    pub details: Details,
}

/// The provider's own code and words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Details {
    /// Such as `131026`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Such as `Message undeliverable`.
    pub text: String,
}

/// Why a provider refuses (S23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum RejectionClass {
    /// The address does not exist.
    InvalidRecipient,
    /// The person is not on this channel.
    NotOnChannel,
    /// The person wants nothing from this sender.
    OptOut,
    /// The provider's window for this kind of message is closed.
    WindowClosed,
    /// The provider's own cap.
    FrequencyCap,
    /// Too fast; again after the instant, if the provider named one.
    RateLimited {
        /// Not before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Timestamp>,
    },
    /// Nothing was sent; trying again may help.
    Transient,
    /// The template is missing, paused or wrong.
    Template,
    /// What it says is not allowed.
    ContentPolicy,
    /// The sender is not allowed.
    SenderPolicy,
    /// The credentials do not work.
    Auth,
    /// No credit.
    Billing,
    /// Too long or too heavy.
    TooLarge,
    /// The provider does not understand the request.
    BadRequest,
    /// A code that nobody listed.
    Unknown,
}

/// What follows from an outcome, beside the message's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The address is invalid until it changes.
    AddressInvalid,
    /// The address is not tried on this channel for 30 days.
    NotOnChannel,
    /// As if the customer had unsubscribed, and the address is suppressed on this channel (S18).
    OptOut,
    /// The content is held on this channel.
    HoldContent(HoldReason),
    /// The channel is held.
    HoldChannel(HoldReason),
    /// The sender is held; the channel, where it has no other.
    HoldSender(HoldReason),
    /// The sender waits until then.
    SenderWaits(Timestamp),
}

/// What happens to a message after an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It has ended; the run goes on.
    Done,
    /// It is tried again then, if it is not too late by then.
    Again(Timestamp),
    /// It waits until the hold is released.
    Held(HoldReason),
}

impl RejectionClass {
    /// The name in JSON and in figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRecipient => "invalid_recipient",
            Self::NotOnChannel => "not_on_channel",
            Self::OptOut => "opt_out",
            Self::WindowClosed => "window_closed",
            Self::FrequencyCap => "frequency_cap",
            Self::RateLimited { .. } => "rate_limited",
            Self::Transient => "transient",
            Self::Template => "template",
            Self::ContentPolicy => "content_policy",
            Self::SenderPolicy => "sender_policy",
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::TooLarge => "too_large",
            Self::BadRequest => "bad_request",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it says something of whom it was to: of a notice to the shop's own people, nothing of the customer.
    pub fn is_of_the_person(self) -> bool {
        matches!(self, Self::InvalidRecipient | Self::NotOnChannel | Self::OptOut)
    }

    /// The table of S23.
    pub fn effect(self) -> Effect {
        match self {
            Self::InvalidRecipient => Effect::AddressInvalid,
            Self::NotOnChannel => Effect::NotOnChannel,
            Self::OptOut => Effect::OptOut,
            Self::Template => Effect::HoldContent(HoldReason::Template),
            Self::ContentPolicy => Effect::HoldContent(HoldReason::ContentPolicy),
            Self::SenderPolicy => Effect::HoldSender(HoldReason::SenderPolicy),
            Self::Auth => Effect::HoldChannel(HoldReason::Auth),
            Self::Billing => Effect::HoldChannel(HoldReason::Billing),
            Self::RateLimited { after: Some(after) } => Effect::SenderWaits(after),
            Self::WindowClosed
            | Self::FrequencyCap
            | Self::RateLimited { after: None }
            | Self::Transient
            | Self::TooLarge
            | Self::BadRequest
            | Self::Unknown => Effect::None,
        }
    }

    /// Whether the next channel of a chain is tried after it (S23).
    pub fn falls_back(self) -> bool {
        !matches!(self, Self::RateLimited { .. } | Self::Transient)
    }

    /// Whether the message may be tried again, and when. `chance` spreads the back-off by 20 %.
    pub fn after(self, attempts: u32, now: Timestamp, chance: u64) -> After {
        match self {
            Self::RateLimited { after: Some(after) } => After::Again(not_before(after, now)),
            Self::RateLimited { after: None } | Self::Transient => After::Again(now + back_off(attempts, chance)),
            Self::SenderPolicy => After::Held(HoldReason::SenderPolicy),
            Self::Auth => After::Held(HoldReason::Auth),
            Self::Billing => After::Held(HoldReason::Billing),
            _ => After::Done,
        }
    }
}

/// When something that was too fast is tried again: never in the same second.
pub(crate) fn not_before(after: Timestamp, now: Timestamp) -> Timestamp {
    after.max(now + Span::seconds(1))
}

/// 30 s doubling to 1 h, spread by 20 % (S23). `attempts` counts those already made.
pub fn back_off(attempts: u32, chance: u64) -> Span {
    let doubled = 30_000i64 << attempts.saturating_sub(1).min(7);
    let base = doubled.min(3_600_000);
    let spread = base / 5;
    let offset = (chance % (2 * spread as u64 + 1)) as i64 - spread;
    Span::from_millis(base + offset)
}

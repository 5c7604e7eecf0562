//! A message as clients see it: without leases and without the adapter's own notes.

use cartwright_domain::contact::Address;
use cartwright_domain::event::ReceiptKind;
use cartwright_domain::ids::{CustomerId, MessageId, RunId};
use cartwright_domain::message::{Details, HoldReason, Message, MessageState, Purpose, RejectionClass, SkipReason};
use cartwright_domain::price::Price;
use cartwright_domain::short_link::ShortLink;
use cartwright_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::openapi::described;

/// A message.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MessageView {
    /// A function of its run, step, iteration and slot.
    id: MessageId,
    /// Whose it is.
    run: RunId,
    /// To whom.
    customer: CustomerId,
    /// The step that makes it.
    step: String,
    /// The channel, by name.
    channel: String,
    /// The sender of its channel that it goes by, once chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
    /// The content, by name.
    content: String,
    /// Why it is sent.
    purpose: Purpose,
    /// Where it stands.
    #[serde(flatten)]
    state: StateView,
    /// The furthest receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptKind>,
    /// When it was decided.
    created_at: Timestamp,
    /// The first instant that its delay allows; lateness counts from the first one after it that its window allows too.
    allowed_at: Timestamp,
    /// Past this it is not handed over any more (S27).
    late_after: Timestamp,
    /// When it is looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    /// While it waits for its sending window: when that opens (S04).
    #[serde(skip_serializing_if = "Option::is_none")]
    window_opens_at: Option<Timestamp>,
    /// Once it has waited for a frequency cap: when that opens (S20).
    #[serde(skip_serializing_if = "Option::is_none")]
    cap_opens_at: Option<Timestamp>,
    /// When its state last changed.
    changed_at: Timestamp,
    /// When it was last handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    handed_over_at: Option<Timestamp>,
    /// How often it was handed over.
    attempts: u32,
    /// Where it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Address>,
    /// The variant's locale.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// The revision of its content that it said, where that stood in the place of the one that its version was
    /// published with.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_revision: Option<u32>,
    /// What it says, as handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    rendered: Option<Value>,
    /// The provider's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    /// What the provider says it cost: millionths of the currency's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Price>,
    /// The provider's last words on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_answer: Option<Details>,
    /// What the server that a webhook step asked has answered; later steps read it as `step.NAME.path`.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Value>,
    /// Its short links, and who used them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    links: Vec<ShortLinkView>,
}

/// A short link of a message.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ShortLinkView {
    /// Where it leads.
    url: String,
    /// What the template calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// How often a person used it; twice within a minute is once.
    clicks: u32,
    /// When it was used first.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_click_at: Option<Timestamp>,
    /// When it was used last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_click_at: Option<Timestamp>,
}

impl From<ShortLink> for ShortLinkView {
    fn from(link: ShortLink) -> Self {
        // The token stays: whoever looks at the message must not click by looking.
        let ShortLink { token: _, url, name, clicks, first_click_at, last_click_at } = link;
        Self { url, name, clicks, first_click_at, last_click_at }
    }
}

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum StateView {
    /// Decided; leaves when it is due.
    Queued,
    /// On its way to the provider.
    HandedOver,
    /// Waits until something is put right.
    Held {
        /// What.
        reason: HoldReason,
    },
    /// The provider has it.
    Accepted,
    /// The provider refused it for certain.
    Rejected {
        /// Why.
        #[serde(flatten)]
        class: RejectionClass,
    },
    /// The provider may or may not have it; it is never sent again (S22).
    Uncertain,
    /// Not sent on purpose.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
    /// It could have been sent, and was held out to see what it is worth (S16).
    HeldOut,
}

described!(MessageView);

impl From<MessageState> for StateView {
    fn from(state: MessageState) -> Self {
        match state {
            // A claim by a node is free to be taken back until the message is handed over: nothing has left yet.
            MessageState::Queued | MessageState::Prepared { .. } => Self::Queued,
            MessageState::HandedOver { .. } => Self::HandedOver,
            MessageState::Held { reason } => Self::Held { reason },
            MessageState::Accepted => Self::Accepted,
            MessageState::Rejected { class } => Self::Rejected { class },
            MessageState::Uncertain => Self::Uncertain,
            MessageState::Skipped { reason } => Self::Skipped { reason },
            MessageState::HeldOut => Self::HeldOut,
        }
    }
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            run: message.run,
            customer: message.customer,
            step: message.step,
            channel: message.channel,
            sender: message.sender,
            content: message.content,
            purpose: message.purpose,
            state: message.state.into(),
            receipt: message.receipt,
            created_at: message.created_at,
            allowed_at: message.allowed_at,
            late_after: message.late_after,
            due_at: message.due_at,
            window_opens_at: message.window_opens_at,
            cap_opens_at: message.cap_opens_at,
            changed_at: message.changed_at,
            handed_over_at: message.handed_over_at,
            attempts: message.attempts,
            to: message.to,
            locale: message.locale,
            content_revision: message.content_revision,
            rendered: message.rendered,
            provider_id: message.provider_id,
            price: message.pricing.price,
            last_answer: message.last_answer,
            answer: message.answer,
            links: message.links.into_iter().map(ShortLinkView::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_leases_nor_the_adapters_notes_are_shown() {
        let lease_until = Timestamp::from_millis(0);
        let handed_over = MessageState::HandedOver { lease_until, adapter_state: "c2VjcmV0".into() };
        assert_eq!(
            serde_json::to_value(StateView::from(handed_over)).unwrap(),
            serde_json::json!({ "state": "handed_over" })
        );
        assert_eq!(StateView::from(MessageState::Prepared { lease_until }), StateView::Queued);
    }

    #[test]
    fn a_refusal_names_its_class() {
        let class = RejectionClass::InvalidRecipient;
        let shown = serde_json::to_value(StateView::from(MessageState::Rejected { class })).unwrap();
        assert_eq!(shown, serde_json::json!({ "state": "rejected", "class": "invalid_recipient" }));
    }
}

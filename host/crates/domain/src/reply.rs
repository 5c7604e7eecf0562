//! Replies: what customers write, kept so that people of the shop can read it and answer.
//!
//! A reply is a function of the receipt that told of it, so that the same receipt told again makes no second one.
//! Whoever writes is known by it: somebody new becomes a customer, or nobody could be erased.

mod plain;
mod sent;

pub use plain::PlainFields;
pub use sent::{ReplySend, SendKind, SendState};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert::AlertTarget;
use crate::contact::{Address, AddressKind};
use crate::customer::Customer;
use crate::event::{Event, Receipt, ReceiptKind};
use crate::handle::{name_on, owner_on};
use crate::identity::resolve;
use crate::ids::{CustomerId, MessageId, Mint, ReplyId};
use crate::message::{Message, Purpose};
use crate::reaction;
use crate::shop::Connection;
use crate::stop_word::word_of;
use crate::time::{Span, Timestamp};
use crate::world::{Entry, World};

/// Longest text that is kept of a reply, in characters; what is longer stands at the provider.
pub const LONGEST_TEXT: usize = 4_096;
/// Longest answer, in characters, where the channel sets no lower limit.
pub const LONGEST_ANSWER: u32 = 4_096;
/// So many replies are told to each of the shop's people within an hour; the others stand in the console.
pub const TOLD_AN_HOUR: u64 = 60;
/// An answer that could not be sent for so long is given up: whoever asked has heard nothing for half a day.
const LATEST: Span = Span::hours(12);

/// What a customer wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    /// Ours.
    pub id: ReplyId,
    /// Who wrote it.
    pub customer: CustomerId,
    /// The shop's channel connection that it came over, by name.
    pub channel: String,
    /// The address that it came from, where the provider tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// When it was written.
    pub at: Timestamp,
    /// When it arrived here.
    pub received_at: Timestamp,
    /// The text, up to 4096 characters; none for a picture, a recording and the like, which stay at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether the text was longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// The message that it most likely answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// The sender of the channel that this message went by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// Whether it asks for an answer: a word such as STOP or START does not.
    pub asks: bool,
}

/// Why a reply cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The last that was heard of the customer there is that they want to hear no more.
    #[error("the customer's last word on this channel was that they want to hear no more; write once they write again")]
    Stopped,
    /// The provider takes answers for a while only.
    #[error(
        "the channel takes answers for {within} after the customer's last word, and that was at {wrote_at}; \
         send an approved template by a strategy, or wait until they write again"
    )]
    WindowClosed {
        /// For how long.
        within: Span,
        /// When they last wrote there.
        wrote_at: Timestamp,
    },
    /// The channel's contents have no field for what a person writes.
    #[error("the channel carries no text that a person writes; answer the customer on another channel")]
    NoText,
    /// Nothing is known by which the channel reaches them.
    #[error("the channel has no address of the customer's; answer them on another channel")]
    NoAddress,
    /// It is longer than the channel takes.
    #[error("the channel takes at most {0} characters; make it shorter")]
    TooLong(u32),
}

impl Reply {
    /// The notices by which the shop's people are told.
    pub fn notices(&self, targets: &[AlertTarget], who: &str, world: &World) -> Vec<ReplySend> {
        let channels = &world.connections;
        let reachable = targets.iter().filter_map(|target| {
            let address = target.address(&channels.get(&target.channel)?.value)?;
            Some((target, address))
        });
        let notice = |(target, to): (&AlertTarget, Address)| ReplySend {
            id: self.id.send("notice", &target.channel, &target.to),
            kind: SendKind::Notice,
            reply: self.id,
            customer: self.customer,
            channel: target.channel.clone(),
            to,
            sender: None,
            by: None,
            subject: Some(format!("{who} wrote on {}", self.channel)),
            text: self.shown_text(),
            at: self.received_at,
            state: SendState::Queued { due_at: self.received_at },
            attempts: 0,
            late_after: self.received_at + LATEST,
            last_answer: None,
            provider_id: None,
            receipt: None,
        };
        reachable.map(notice).collect()
    }

    /// What a person reads of it.
    fn shown_text(&self) -> String {
        match &self.text {
            Some(text) if self.cut => format!("{text}…"),
            Some(text) => text.clone(),
            None => {
                "(A picture, a recording or the like; look at it where the channel's own messages are read.)".into()
            }
        }
    }

    /// Whether it can be answered with a text now, and to which address. `newest` is the customer's last reply on this
    /// channel.
    pub fn answerable(
        &self,
        newest: &Reply,
        customer: &Customer,
        channel: &Connection,
        text: &str,
        now: Timestamp,
    ) -> Result<Address, NoAnswer> {
        if !newest.asks {
            return Err(NoAnswer::Stopped);
        }
        let ability = channel.ability.as_ref().ok_or(NoAnswer::NoText)?;
        let plain = ability.plain.as_ref().ok_or(NoAnswer::NoText)?;
        let longest = plain.longest.unwrap_or(LONGEST_ANSWER).min(LONGEST_ANSWER);
        if text.chars().count() > longest as usize {
            return Err(NoAnswer::TooLong(longest));
        }
        if let Some(rule) = &ability.answers
            && rule.binds(&plain.document("", text))
        {
            let wrote_at = customer.wrote_at(&self.channel).unwrap_or(newest.at).max(newest.at);
            if now > wrote_at + rule.within {
                return Err(NoAnswer::WindowClosed { within: rule.within, wrote_at });
            }
        }
        // A handle is the one that the customer has by now, with whatever its plugin keeps behind it.
        let own = || ability.addresses.iter().find_map(|kind| customer.address_on(&channel.name, ability, *kind));
        let told = self.from.clone().filter(|from| ability.addresses.contains(&from.kind));
        match told {
            Some(from) if from.kind == AddressKind::Handle => {
                Ok(own().filter(|it| it.stem() == from.stem()).unwrap_or(from))
            }
            Some(from) => Ok(from),
            None => own().ok_or(NoAnswer::NoAddress),
        }
    }

    /// An answer that somebody wrote. `again` counts those with the same words that came to nothing before: the same
    /// words once more are the same answer otherwise.
    pub fn answer(
        &self,
        to: Address,
        sender: Option<String>,
        text: &str,
        by: &str,
        again: u32,
        now: Timestamp,
    ) -> ReplySend {
        ReplySend {
            id: self.id.send("answer", &again.to_string(), text),
            kind: SendKind::Answer,
            reply: self.id,
            customer: self.customer,
            channel: self.channel.clone(),
            to,
            sender,
            by: Some(by.to_owned()),
            subject: None,
            text: text.to_owned(),
            at: now,
            state: SendState::Queued { due_at: now },
            attempts: 0,
            late_after: now + LATEST,
            last_answer: None,
            provider_id: None,
            receipt: None,
        }
    }
}

/// Keeps what a customer wrote, and has it told to those whom the shop wants told. `channel` is the connection that told
/// of it.
pub(crate) fn keep(
    world: &mut World,
    mint: &mut Mint,
    event: &Event,
    receipt: &Receipt,
    channel: &str,
    received_at: Timestamp,
) {
    if receipt.kind != ReceiptKind::Replied || is_of_staff(world, receipt, channel) {
        return;
    }
    let asks = receipt.text.as_deref().and_then(word_of).is_none();
    let named = world.message_of(receipt).map(|message| message.customer);
    let writer = named.or_else(|| writer(world, mint, event, receipt, channel, asks, received_at));
    let Some(customer) = writer else { return };
    let message = world.message_of(receipt).map(|message| message.id);
    let message = message.or_else(|| reaction::newest(world, customer, channel, event.occurred_at));
    let text = receipt.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let reply = Reply {
        id: ReplyId::of(world.shop.id, channel, &event.id),
        customer,
        channel: channel.to_owned(),
        from: receipt.sender.clone(),
        at: event.occurred_at.min(received_at),
        received_at,
        text: text.map(|text| text.chars().take(LONGEST_TEXT).collect()),
        cut: text.is_some_and(|text| text.chars().nth(LONGEST_TEXT).is_some()),
        message,
        sender: message.and_then(|id| world.messages.get(&id)).and_then(|entry| entry.value.sender.clone()),
        asks,
    };
    if asks {
        let who = world.customers.get(&customer).map(|entry| called(&entry.value, &reply)).unwrap_or_default();
        let notices = reply.notices(&world.shop.replies, &who, world);
        world.reply_sends.extend(notices.into_iter().map(|notice| (notice.id, Entry::new(notice))));
    }
    world.replies.push(reply);
}

/// When somebody last wrote or pressed a button on a channel that takes answers for a while only.
pub(crate) fn note_word(world: &mut World, event: &Event, receipt: &Receipt, channel: &str, received_at: Timestamp) {
    let ability = world.connections.get(channel).and_then(|entry| entry.value.ability.as_ref());
    let has_window = ability.is_some_and(|ability| ability.answers.is_some() && !ability.has_own_handles());
    if !has_window || !matches!(receipt.kind, ReceiptKind::Replied | ReceiptKind::Clicked) {
        return;
    }
    let named = world.message_of(receipt).filter(|message| !is_for_staff(message)).map(|message| message.customer);
    let writer = named.or_else(|| owner_on(world, channel, receipt.sender.as_ref()?));
    let Some(entry) = writer.and_then(|writer| world.customers.get_mut(&writer)) else { return };
    let at = event.occurred_at.min(received_at);
    if entry.value.wrote.get(channel).is_none_or(|known| *known < at) {
        entry.edit().wrote.insert(channel.to_owned(), at);
    }
}

/// Whoever wrote. Somebody new becomes a customer, but not by the word that they want nothing.
fn writer(
    world: &mut World,
    mint: &mut Mint,
    event: &Event,
    receipt: &Receipt,
    channel: &str,
    asks: bool,
    received_at: Timestamp,
) -> Option<CustomerId> {
    let address = receipt.sender.as_ref()?;
    if let Some(owner) = owner_on(world, channel, address) {
        return Some(owner);
    }
    if !asks || world.identities.contains_key(&name_on(channel, address)) {
        return None;
    }
    let mut stranger = event.clone();
    match address.kind {
        AddressKind::Phone => stranger.subject.phone = Some(address.value.clone()),
        AddressKind::Email => stranger.subject.email = Some(address.value.clone()),
        AddressKind::Handle => return None,
    }
    resolve(world, mint, &stranger, received_at)
}

/// Whether the shop's own people wrote: they answered what they were told, or write from where they are told.
fn is_of_staff(world: &World, receipt: &Receipt, channel: &str) -> bool {
    let answers_notice = world.reply_send_of(receipt).is_some_and(|send| send.kind == SendKind::Notice);
    let is_told_there = || {
        let (Some(sender), Some(entry)) = (&receipt.sender, world.connections.get(channel)) else { return false };
        let told = world.shop.alerts.iter().chain(&world.shop.replies).filter(|target| target.channel == channel);
        told.filter_map(|target| target.address(&entry.value)).any(|address| address.stem() == sender.stem())
    };
    answers_notice || world.message_of(receipt).is_some_and(is_for_staff) || is_told_there()
}

fn is_for_staff(message: &Message) -> bool {
    message.purpose == Purpose::Staff || message.recipient.is_some()
}

/// What people call somebody: their name, else where they wrote from.
fn called(customer: &Customer, reply: &Reply) -> String {
    let names: Vec<&str> =
        [&customer.first_name, &customer.last_name].into_iter().flatten().map(String::as_str).collect();
    match (names.is_empty(), &reply.from) {
        (false, _) => names.join(" "),
        (true, Some(from)) => from.stem().to_owned(),
        (true, None) => "A customer".to_owned(),
    }
}

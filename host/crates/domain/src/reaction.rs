//! What a customer does with a message: whose it was, and who waits for it (S06).

use crate::contact::AddressKind;
use crate::event::{Event, Receipt, ReceiptKind};
use crate::handle::{name_on, owner_on};
use crate::heard::{Heard, hear};
use crate::identity::resolve;
use crate::ids::{CustomerId, MessageId, Mint};
use crate::message::Purpose;
use crate::reply::SendKind;
use crate::stop_word::word_of;
use crate::strategy::TriggerKind;
use crate::time::{Span, Timestamp};
use crate::wait::AwaitedEvent;
use crate::world::World;

/// A reaction of a customer's.
pub(crate) struct Reaction {
    pub(crate) customer: CustomerId,
    /// What it may begin.
    pub(crate) triggers: Option<TriggerKind>,
}

/// Finds whose reaction it is and lets those hear of it who wait. `channel` is the connection that told it.
pub(crate) fn take(
    world: &mut World,
    mint: &mut Mint,
    event: &Event,
    receipt: &Receipt,
    channel: &str,
    received_at: Timestamp,
) -> Option<Reaction> {
    let (reacted, triggers) = match receipt.kind {
        ReceiptKind::Delivered => (AwaitedEvent::Delivered, None),
        ReceiptKind::Read => (AwaitedEvent::Read, None),
        ReceiptKind::Clicked => (AwaitedEvent::Click, Some(TriggerKind::Click)),
        ReceiptKind::Replied => (AwaitedEvent::Reply, Some(TriggerKind::Reply)),
        // Who wants no more has not answered what was asked; nor has who writes STOP or START.
        ReceiptKind::Accepted | ReceiptKind::Failed | ReceiptKind::OptedOut => return None,
    };
    let text = receipt.text.as_deref().filter(|_| reacted == AwaitedEvent::Reply);
    if text.and_then(word_of).is_some() {
        return None;
    }
    let named = world.message_of(receipt);
    // The shop's own people are no customers, whatever they do with a notice.
    if named.is_some_and(|message| message.purpose == Purpose::Staff) {
        return None;
    }
    if world.reply_send_of(receipt).is_some_and(|send| send.kind == SendKind::Notice) {
        return None;
    }
    // One click through several hands is one click, begins one run and ends one wait.
    if named.is_some_and(|message| message.is_told_again(receipt, event.occurred_at)) {
        return None;
    }
    let named = named.map(|message| (message.customer, message.id));
    let customer = match named {
        Some((customer, _)) => customer,
        None => sender(world, mint, event, receipt, channel, triggers, received_at)?,
    };
    let message = named.map(|(_, id)| id).or_else(|| newest(world, customer, channel, event.occurred_at));
    let name = if reacted == AwaitedEvent::Click { receipt.text.clone() } else { None };
    let heard = Heard { at: event.occurred_at, event_id: event.id.clone(), event: reacted, name, message };
    hear(world, customer, heard, received_at);
    Some(Reaction { customer, triggers })
}

/// Who acted. Somebody new becomes a customer where a strategy begins with what they did.
fn sender(
    world: &mut World,
    mint: &mut Mint,
    event: &Event,
    receipt: &Receipt,
    channel: &str,
    triggers: Option<TriggerKind>,
    received_at: Timestamp,
) -> Option<CustomerId> {
    let address = receipt.sender.as_ref()?;
    let name = name_on(channel, address);
    if let Some(owner) = owner_on(world, channel, address) {
        return Some(owner);
    }
    if world.identities.contains_key(&name) {
        return None;
    }
    let begins = world.strategies.iter().any(|live| Some(live.version.definition.trigger.on) == triggers);
    if !begins {
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

/// Most channels do not say what an answer is to: then it is to the newest message on the channel that had left.
pub(crate) fn newest(world: &World, customer: CustomerId, channel: &str, at: Timestamp) -> Option<MessageId> {
    // Providers tell whole seconds.
    let left_by = at + Span::seconds(1);
    let messages = world.messages.of(customer).map(|entry| &entry.value);
    messages
        .filter(|message| message.channel == channel && message.purpose != Purpose::Staff)
        .filter(|message| message.handed_over_at.is_some_and(|left| left <= left_by))
        .max_by_key(|message| (message.handed_over_at, message.id))
        .map(|message| message.id)
}

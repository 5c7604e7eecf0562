//! What a receipt changes: the message that it is about, and what its customer wants to hear from now on (S18, S22).

use crate::chain::{fall_back, silence_ends};
use crate::contact::{Address, Consent, ConsentOrigin, ConsentState};
use crate::customer::{AddressMark, Mark, Proof};
use crate::event::{Event, Receipt, ReceiptKind};
use crate::handle::owner_on;
use crate::ids::{CustomerId, MessageId};
use crate::message::{MessageState, Purpose};
use crate::outcome::{give_back, take_effect, wake};
use crate::price;
use crate::stop_word::{Word, word_of};
use crate::time::{Span, Timestamp};
use crate::trace::{Happening, MessageTrace, TraceEntry};
use crate::world::World;

pub(crate) fn receive(world: &mut World, receipt: &Receipt, event: &Event, told_by: &str, at: Timestamp) {
    let id = world.message_of(receipt).map(|message| message.id);
    match id {
        Some(id) => move_on(world, id, receipt, event, at),
        None if receipt.is_watermark() => {
            for id in sent_before(world, receipt, event, told_by) {
                move_on(world, id, receipt, event, at);
            }
        }
        None => tell_send(world, receipt),
    }
    // S23: a refusal means the same for the address, the content and the channel whenever it is told, and also where the
    // message is known to have gone further.
    if let Some(failure) = &receipt.failure
        && let Some(message) = id.and_then(|id| world.messages.get(&id)).map(|entry| entry.value.clone())
        && receipt.kind == ReceiptKind::Failed
    {
        take_effect(world, &message, failure, at);
    }
    // What the shop's own people do with a notice says nothing of the customer.
    if id.and_then(|id| world.messages.get(&id)).is_some_and(|entry| entry.value.recipient.is_some()) {
        return;
    }
    let word = receipt.text.as_deref().filter(|_| receipt.kind == ReceiptKind::Replied).and_then(word_of);
    match word {
        _ if receipt.kind == ReceiptKind::OptedOut => opt_out(world, id, receipt, event, told_by, at),
        Some(Word::Stop) => opt_out(world, id, receipt, event, told_by, at),
        Some(Word::Start) => lift(world, id, receipt, told_by),
        None => {}
    }
    if receipt.kind == ReceiptKind::Replied {
        wrote(world, id, receipt, told_by);
    }
}

/// What becomes of an answer to a reply, or of a notice of one.
fn tell_send(world: &mut World, receipt: &Receipt) {
    let id = world.reply_send_of(receipt).map(|send| send.id);
    let Some(entry) = id.and_then(|id| world.reply_sends.get_mut(&id)) else { return };
    let mut send = entry.value.clone();
    // An answer that is answered names the reply to come, and is no receipt of its own.
    if receipt.kind != ReceiptKind::Replied {
        send.receive(receipt);
    }
    if send != entry.value {
        *entry.edit() = send;
    }
}

/// What a message becomes by a receipt.
fn move_on(world: &mut World, id: MessageId, receipt: &Receipt, event: &Event, at: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let waited = entry.value.completed_at().is_none();
    let mut message = entry.value.clone();
    if let Some(token) = &receipt.link
        && message.count_click(token, event.occurred_at)
    {
        *entry.edit() = message.clone();
    }
    if let Some(price) = receipt.price
        && message.pricing.tell(price)
    {
        *entry.edit() = message.clone();
    }
    if message.receive(receipt.kind, receipt.failure.as_ref(), event.occurred_at) {
        message.provider_id = message.provider_id.take().or(receipt.provider_id.clone());
        let (run, step) = (message.run, message.step.clone());
        let completes = waited && message.completed_at().is_some();
        let failed = receipt.kind == ReceiptKind::Failed && message.is_settled();
        *entry.edit() = message.clone();
        let what = Happening::Message { message: id, state: MessageTrace::Receipt { kind: receipt.kind } };
        world.tell(run, TraceEntry { at, step: Some(step), what, facts: Vec::new() });
        if let Some(ends) = silence_ends(world, &message)
            && let Some(entry) = world.messages.get_mut(&id)
        {
            entry.edit().due_at = Some(ends);
        }
        if failed {
            give_back(world, id);
            fall_back(world, id, at);
        }
        if completes {
            wake(world, &message, at);
        }
    }
    price::expect(world, id, at);
}

/// What a sender was sent on a channel by then, as far as its provider is known to have it: that somebody has read
/// everything says nothing of what may never have arrived (S22).
fn sent_before(world: &World, receipt: &Receipt, event: &Event, channel: &str) -> Vec<MessageId> {
    // Two clocks are compared.
    let by = event.occurred_at + Span::seconds(1);
    let owner = receipt.sender.as_ref().and_then(|sender| owner_on(world, channel, sender));
    let theirs = owner.into_iter().flat_map(|owner| world.messages.of(owner)).map(|entry| &entry.value);
    theirs
        .filter(|message| message.channel == channel && message.purpose != Purpose::Staff)
        .filter(|message| message.state == MessageState::Accepted)
        .filter(|message| message.handed_over_at.is_some_and(|left| left <= by))
        .map(|message| message.id)
        .collect()
}

/// Who acted: the customer of the message, else the one who has the address.
fn actor(world: &World, message: Option<MessageId>, receipt: &Receipt, channel: &str) -> Option<CustomerId> {
    let message = message.and_then(|id| world.messages.get(&id)).map(|entry| entry.value.customer);
    let senders = receipt.sender.iter().chain(&receipt.also);
    message.or_else(|| senders.filter_map(|sender| owner_on(world, channel, sender)).next())
}

/// S18: START lifts what is known against the address on that channel, and nothing else.
fn lift(world: &mut World, message: Option<MessageId>, receipt: &Receipt, told_by: &str) {
    let Some(customer) = actor(world, message, receipt, told_by) else { return };
    let message = message.and_then(|id| world.messages.get(&id)).map(|entry| &entry.value);
    let channel = message.map(|message| message.channel.clone());
    let address = receipt.sender.clone().or_else(|| message.and_then(|message| message.to.clone()));
    let others = other_addresses(world, customer, address.as_ref(), told_by);
    let Some(entry) = world.customers.get_mut(&customer) else { return };
    let is_lifted = |mark: &AddressMark| {
        let is_told = mark.channel == channel && address.as_ref().is_some_and(|address| mark.is_of(address));
        let is_other = mark.channel.as_deref() == Some(told_by) && others.iter().any(|other| mark.is_of(other));
        mark.mark == Mark::Suppressed && (is_told || is_other)
    };
    if entry.value.marks.iter().any(is_lifted) {
        entry.edit().marks.retain(|mark| !is_lifted(mark));
    }
}

/// S10: whoever writes from a phone has it.
fn wrote(world: &mut World, message: Option<MessageId>, receipt: &Receipt, told_by: &str) {
    let Some(customer) = actor(world, message, receipt, told_by) else { return };
    let (Some(sender), Some(entry)) = (&receipt.sender, world.customers.get_mut(&customer)) else { return };
    let is_theirs = entry.value.phone.as_ref().is_some_and(|phone| phone.as_str() == sender.value);
    if is_theirs && entry.value.phone_proof.is_none() {
        entry.edit().phone_proof = Some(Proof::Inbound);
    }
}

/// S18: what the provider tells of an opt-out, or a STOP word, is the customer's word, and suppresses the address on that channel.
fn opt_out(
    world: &mut World,
    message: Option<MessageId>,
    receipt: &Receipt,
    event: &Event,
    told_by: &str,
    at: Timestamp,
) {
    let Some(customer) = actor(world, message, receipt, told_by) else { return };
    let message = message.and_then(|id| world.messages.get(&id)).map(|entry| entry.value.clone());
    let channel = message.as_ref().map(|message| message.channel.clone());
    let address = receipt.sender.clone().or_else(|| message.as_ref().and_then(|message| message.to.clone()));
    let source = channel.as_deref().unwrap_or("provider").to_owned();
    let others = other_addresses(world, customer, address.as_ref(), told_by);
    let said_at = event.occurred_at.min(at);
    suppress(world, customer, channel, address.map(|address| address.value), &source, said_at);
    if let Some(entry) = world.customers.get_mut(&customer) {
        for other in others {
            let (channel, value) = (Some(told_by.to_owned()), other.value);
            entry.edit().add_mark(AddressMark { channel, value, mark: Mark::Suppressed, until: None });
        }
    }
}

/// What else a channel reaches somebody by, where it knows people by phones and by handles of its own: whoever says no
/// by the one means the other too.
fn other_addresses(world: &World, customer: CustomerId, told: Option<&Address>, channel: &str) -> Vec<Address> {
    let ability = world.connections.get(channel).and_then(|entry| entry.value.ability.as_ref());
    let ability = ability.filter(|ability| ability.has_own_handles());
    let (Some(ability), Some(entry)) = (ability, world.customers.get(&customer)) else { return Vec::new() };
    let own = ability.addresses.iter().filter_map(|kind| entry.value.address_on(channel, ability, *kind));
    own.filter(|address| Some(address.stem()) != told.map(Address::stem)).collect()
}

/// Unsubscribes a customer by their own word and suppresses an address.
pub(crate) fn suppress(
    world: &mut World,
    customer: CustomerId,
    channel: Option<String>,
    address: Option<String>,
    source: &str,
    at: Timestamp,
) {
    let Some(entry) = world.customers.get_mut(&customer) else { return };
    let customer = entry.edit();
    customer.take_consent(Consent {
        state: ConsentState::Unsubscribed,
        at,
        origin: ConsentOrigin::Customer,
        source: format!("{source} opt-out"),
    });
    if let Some(value) = address {
        customer.add_mark(AddressMark { channel, value, mark: Mark::Suppressed, until: None });
    }
}

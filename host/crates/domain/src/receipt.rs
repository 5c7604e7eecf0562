//! What a receipt changes: the message that it is about, and what its customer wants to hear from now on (S18, S22).

use crate::chain::{fall_back, silence_ends};
use crate::contact::{Consent, ConsentOrigin, ConsentState};
use crate::customer::{AddressMark, Mark, Proof};
use crate::event::{Event, Receipt, ReceiptKind};
use crate::ids::{CustomerId, MessageId};
use crate::outcome::{give_back, take_effect, wake};
use crate::price;
use crate::reply::{Word, word_of};
use crate::time::Timestamp;
use crate::trace::{Happening, MessageTrace, TraceEntry};
use crate::world::{Identity, IdentityKind, World};

pub(crate) fn receive(world: &mut World, receipt: &Receipt, event: &Event, at: Timestamp) {
    let id = world.message_of(receipt).map(|message| message.id);
    if let Some(entry) = id.and_then(|id| world.messages.get_mut(&id)) {
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
            let (run, step, message_id) = (message.run, message.step.clone(), message.id);
            let completes = waited && message.completed_at().is_some();
            let failed = receipt.kind == ReceiptKind::Failed && message.is_settled();
            *entry.edit() = message.clone();
            let what = Happening::Message { message: message_id, state: MessageTrace::Receipt { kind: receipt.kind } };
            world.tell(run, TraceEntry { at, step: Some(step), what, facts: Vec::new() });
            if let Some(ends) = silence_ends(world, &message)
                && let Some(entry) = world.messages.get_mut(&message_id)
            {
                entry.edit().due_at = Some(ends);
            }
            if failed {
                give_back(world, message_id);
                fall_back(world, message_id, at);
            }
            if completes {
                wake(world, &message, at);
            }
        }
    }
    if let Some(id) = id {
        price::expect(world, id, at);
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
        _ if receipt.kind == ReceiptKind::OptedOut => opt_out(world, id, receipt, event, at),
        Some(Word::Stop) => opt_out(world, id, receipt, event, at),
        Some(Word::Start) => lift(world, id, receipt),
        None => {}
    }
    if receipt.kind == ReceiptKind::Replied {
        wrote(world, id, receipt);
    }
}

/// Who acted: the customer of the message, else the one who has the address.
fn actor(world: &World, message: Option<MessageId>, receipt: &Receipt) -> Option<CustomerId> {
    let message = message.and_then(|id| world.messages.get(&id)).map(|entry| entry.value.customer);
    let by_sender = || {
        let sender = receipt.sender.as_ref()?;
        [IdentityKind::Phone, IdentityKind::Email]
            .into_iter()
            .find_map(|kind| world.identities.get(&Identity { kind, value: sender.value.to_lowercase() }).copied())
    };
    message.or_else(by_sender)
}

/// S18: START lifts what is known against the address on that channel, and nothing else.
fn lift(world: &mut World, message: Option<MessageId>, receipt: &Receipt) {
    let Some(customer) = actor(world, message, receipt) else { return };
    let message = message.and_then(|id| world.messages.get(&id)).map(|entry| &entry.value);
    let channel = message.map(|message| message.channel.clone());
    let address = receipt.sender.clone().or_else(|| message.and_then(|message| message.to.clone()));
    let Some(entry) = world.customers.get_mut(&customer) else { return };
    let is_lifted = |mark: &AddressMark| {
        mark.mark == Mark::Suppressed
            && mark.channel == channel
            && address.as_ref().is_some_and(|address| address.value == mark.value)
    };
    if entry.value.marks.iter().any(is_lifted) {
        entry.edit().marks.retain(|mark| !is_lifted(mark));
    }
}

/// S10: whoever writes from a phone has it.
fn wrote(world: &mut World, message: Option<MessageId>, receipt: &Receipt) {
    let Some(customer) = actor(world, message, receipt) else { return };
    let (Some(sender), Some(entry)) = (&receipt.sender, world.customers.get_mut(&customer)) else { return };
    let is_theirs = entry.value.phone.as_ref().is_some_and(|phone| phone.as_str() == sender.value);
    if is_theirs && entry.value.phone_proof.is_none() {
        entry.edit().phone_proof = Some(Proof::Inbound);
    }
}

/// S18: what the provider tells of an opt-out, or a STOP word, is the customer's word, and suppresses the address on that channel.
fn opt_out(world: &mut World, message: Option<MessageId>, receipt: &Receipt, event: &Event, at: Timestamp) {
    let Some(customer) = actor(world, message, receipt) else { return };
    let message = message.and_then(|id| world.messages.get(&id)).map(|entry| entry.value.clone());
    let channel = message.as_ref().map(|message| message.channel.clone());
    let address = receipt.sender.clone().or_else(|| message.as_ref().and_then(|message| message.to.clone()));
    let source = channel.as_deref().unwrap_or("provider").to_owned();
    suppress(world, customer, channel, address.map(|address| address.value), &source, event.occurred_at.min(at));
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

//! S08: where a source can be asked, the orders of a customer are read again before the first message of a run that an
//! order would end.

use std::collections::BTreeSet;

use crate::ids::{CustomerId, MessageId};
use crate::message::{HoldReason, Message, MessageState, Purpose};
use crate::outcome;
use crate::policy::Check;
use crate::sending;
use crate::source::{ASKED_EVERY, SourceState};
use crate::strategy::TriggerKind;
use crate::time::Timestamp;
use crate::trace::MessageTrace;
use crate::world::{Identity, IdentityKind, World};

/// What is to be done about a message before it is looked at as ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Nothing.
    NotNeeded,
    /// The sources are asked.
    Ask,
    /// A source has just refused and is asked again then.
    Wait(Timestamp),
}

/// Whether the orders of a message's customer are to be read again first.
pub fn before(world: &World, sources: &[SourceState], id: MessageId, now: Timestamp) -> Reading {
    let askable: Vec<&SourceState> = to_ask(sources, now).collect();
    let Some(message) = world.messages.get(&id).map(|entry| &entry.value) else { return Reading::NotNeeded };
    if askable.is_empty() || world.rehearsed_silence.is_some() || !is_first_of_abandonment(world, message) {
        return Reading::NotNeeded;
    }
    if message.orders_read_at.is_some_and(|at| now.since(at) < ASKED_EVERY) {
        return Reading::NotNeeded;
    }
    let check = sending::check(world, message, now).check;
    // Whatever keeps the message anyway asks nobody.
    if !matches!(check, Check::Go(_) | Check::Hold(HoldReason::SourceStale)) {
        return Reading::NotNeeded;
    }
    match askable.iter().filter_map(|source| source.orders_rest_until(now)).max() {
        None => Reading::Ask,
        Some(until) if matches!(check, Check::Go(_)) => Reading::Wait(until),
        // It is held, and looked at again.
        Some(_) => Reading::NotNeeded,
    }
}

/// The sources that are asked for orders. One that has refused often enough is left alone until its next try: what was
/// heard of it otherwise has to do.
pub fn to_ask(sources: &[SourceState], now: Timestamp) -> impl Iterator<Item = &SourceState> {
    let rests = move |source: &SourceState| source.is_given_up() && source.orders_rest_until(now).is_some();
    sources.iter().filter(move |source| source.reads_orders() && !rests(source))
}

fn is_first_of_abandonment(world: &World, message: &Message) -> bool {
    let waits =
        matches!(message.state, MessageState::Queued | MessageState::Held { .. } | MessageState::Prepared { .. });
    let Some(run) = world.runs.get(&message.run).map(|entry| &entry.value) else { return false };
    let trigger = world.versions.get(&run.version).map(|version| version.definition.trigger.on);
    let others = || world.messages_of(run.id).filter(|other| !other.shares_contact(message));
    waits
        && message.purpose == Purpose::Marketing
        && message.recipient.is_none()
        && run.exit_taken.is_none()
        && matches!(trigger, Some(TriggerKind::Cart | TriggerKind::Checkout))
        && !others().any(Message::may_have_been_sent)
}

/// The names by which a platform may know the orders of these customers: who they are, and their open carts.
pub fn names_of(world: &World, customers: &BTreeSet<CustomerId>) -> Vec<Identity> {
    let mut names = BTreeSet::new();
    for (name, _) in customers.iter().flat_map(|customer| world.identities.entries_of(*customer)) {
        if matches!(name.kind, IdentityKind::Customer | IdentityKind::Email | IdentityKind::Phone) {
            names.insert(name.clone());
        }
    }
    let carts = customers.iter().flat_map(|customer| world.carts.of(*customer));
    for cart in carts.map(|entry| &entry.value).filter(|cart| cart.is_open()) {
        let tokens = [(IdentityKind::Cart, &cart.cart_token), (IdentityKind::Checkout, &cart.checkout_token)];
        for (kind, token) in tokens {
            names.extend(token.clone().map(|value| Identity { kind, value }));
        }
    }
    names.into_iter().collect()
}

/// A message waits while its customer's orders are read, or until they can be.
pub fn wait(world: &mut World, id: MessageId, until: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let message = entry.edit();
    message.due_at = Some(until);
    // A claim that has ended.
    if matches!(message.state, MessageState::Prepared { .. }) {
        message.state = MessageState::Queued;
    }
}

/// The orders of a message's customer were read; it goes on at once.
pub fn take(world: &mut World, id: MessageId, now: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let waits = |state: &MessageState| matches!(state, MessageState::Queued | MessageState::Held { .. });
    if !waits(&entry.value.state) {
        return;
    }
    let message = entry.edit();
    message.orders_read_at = Some(now);
    message.due_at = Some(now);
    let message = message.clone();
    outcome::tell(world, &message, MessageTrace::OrdersRead, now);
}

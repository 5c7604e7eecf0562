//! Chains of channels (S19): the message on the next one, made when the one before cannot reach the customer.
//!
//! A run may be further on by then, or at its end: a provider says much later than at once that a message did not
//! arrive. So the next message is made here, wherever the run stands, and checked like any other.

use crate::cap::WhenCapped;
use crate::event::ReceiptKind;
use crate::exit;
use crate::fact::FactRead;
use crate::ids::MessageId;
use crate::message::{Message, MessageState};
use crate::message_step::MessageStep;
use crate::run::{EndReason, Position, Run};
use crate::sending;
use crate::strategy::Step;
use crate::time::Timestamp;
use crate::trace::{Happening, TraceEntry};
use crate::world::World;

fn step_of<'a>(world: &'a World, message: &Message) -> Option<&'a MessageStep> {
    let run = &world.runs.get(&message.run)?.value;
    match world.versions.get(&message.version_of(run))?.definition.steps.get(&message.step)? {
        Step::Message(step) => Some(step),
        _ => None,
    }
}

/// The channel that comes after a message's own.
pub(crate) fn next_channel<'a>(world: &'a World, message: &Message) -> Option<&'a str> {
    step_of(world, message)?.after_slot(message.slot)
}

/// Whether a message ended in a way after which the next channel is tried. Never after `uncertain`.
fn gives_way(world: &World, message: &Message) -> bool {
    let next_when_capped = || {
        let run = world.runs.get(&message.run).map(|entry| &entry.value);
        run.and_then(|run| world.policies(run)).is_some_and(|policies| policies.capped == WhenCapped::NextChannel)
    };
    match message.state {
        MessageState::Skipped { reason } => reason.falls_back() || (reason.is_capped() && next_when_capped()),
        MessageState::Rejected { class } => class.falls_back(),
        // A provider that says no more than that.
        MessageState::Accepted => message.receipt == Some(ReceiptKind::Failed),
        _ => false,
    }
}

/// Makes the message on the next channel if this one gives way.
pub(crate) fn fall_back(world: &mut World, id: MessageId, now: Timestamp) {
    let Some(message) = world.messages.get(&id).map(|entry| entry.value.clone()) else { return };
    if gives_way(world, &message) {
        let why = match &message.state {
            MessageState::Rejected { class } => class.name().to_owned(),
            MessageState::Skipped { reason } => reason.name(),
            _ => "failed".to_owned(),
        };
        make_next(world, &message, why, now);
    }
}

/// When the next channel is tried for want of a receipt: only where the step says so.
pub(crate) fn silence_ends(world: &World, message: &Message) -> Option<Timestamp> {
    let step = step_of(world, message)?;
    let waits = message.state == MessageState::Accepted && message.has_no_sign_of_arrival();
    step.after_slot(message.slot).filter(|_| waits)?;
    Some(message.handed_over_at? + step.no_receipt_within?)
}

/// Nothing was heard of an accepted message for as long as its step waits.
pub(crate) fn take_silence(world: &mut World, message: &Message, now: Timestamp) {
    let ends = silence_ends(world, message);
    if let Some(entry) = world.messages.get_mut(&message.id) {
        entry.edit().due_at = ends.filter(|ends| *ends > now);
    }
    if ends.is_some_and(|ends| ends <= now) {
        make_next(world, message, "no receipt".to_owned(), now);
    }
}

fn make_next(world: &mut World, before: &Message, why: String, now: Timestamp) {
    let Some(channel) = next_channel(world, before).map(str::to_owned) else { return };
    let Some(run) = world.runs.get(&before.run).map(|entry| entry.value.clone()) else { return };
    let id = MessageId::of_contact(world.shop.id, run.id, &before.step, before.iteration, before.slot + 1);
    let next = before.on_next_channel(id, channel.clone(), now);
    if world.messages.contains_key(&id) || !(run.is_active() || may_outlive(world, &run, &next)) {
        return;
    }
    let late_after = sending::check(world, &next, now).late_after;
    if now > late_after || left_by_exit(world, &run, before) {
        return;
    }
    let content = next.content.clone();
    world.messages.insert(id, crate::world::Entry::new(Message { late_after, ..next }));
    let facts =
        vec![FactRead::new("channel.before", before.channel.as_str()), FactRead::new("channel.before.why", why)];
    let what = Happening::MessageQueued { message: id, channel, content };
    world.tell(run.id, TraceEntry { at: now, step: Some(before.step.clone()), what, facts });
}

/// Whether a message may go out although its run is at its end: on a later channel of a chain, where nothing happened
/// since that would have ended the run early.
pub(crate) fn may_outlive(world: &World, run: &Run, message: &Message) -> bool {
    message.slot > 0
        && matches!(run.position, Position::Ended { reason: EndReason::Completed, .. })
        && !exit::would_be_taken(world, run)
}

/// Whether an order has taken the run out of the way that the message belongs to.
fn left_by_exit(world: &World, run: &Run, message: &Message) -> bool {
    let taken = run.exit_taken.as_ref().and_then(|order| world.orders.get(order));
    taken.is_some_and(|order| order.value.placed_at >= message.created_at)
}

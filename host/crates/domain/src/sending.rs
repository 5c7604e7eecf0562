//! A message of a world, checked as things stand (S17): by the first and the third stage alike, and by the tests.

use crate::fact::FactRead;
use crate::ids::MessageId;
use crate::message::{Message, MessageState, SkipReason};
use crate::outcome;
use crate::policy::{self, Candidate, Check};
use crate::time::Timestamp;
use crate::trace::MessageTrace;
use crate::world::World;

/// What the check of a message says.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Whether it may go out.
    pub check: Check,
    /// Past this it may not; windows and lateness are read as they are now (S28).
    pub late_after: Timestamp,
    /// What was read.
    pub reads: Vec<FactRead>,
}

/// Checks a message.
pub fn check(world: &World, message: &Message, now: Timestamp) -> Checked {
    let skip = |reason| Checked { check: Check::Skip(reason), late_after: message.late_after, reads: Vec::new() };
    let Some(run) = world.runs.get(&message.run).map(|entry| &entry.value) else { return skip(SkipReason::RunEnded) };
    let (Some(subject), Some(policies)) = (world.subject(run, now), world.policies(run)) else {
        return skip(SkipReason::RunEnded);
    };
    let cart_is_emptied = message.recipient.is_none()
        && run.trigger.cart.is_some()
        && run.exit_taken.is_none()
        && subject.cart.as_ref().is_some_and(|cart| cart.lines().is_empty());
    if cart_is_emptied {
        return skip(SkipReason::CartEmptied);
    }
    let version = world.versions.get(&run.version);
    let candidate = Candidate {
        strategy: world.strategy_state(run),
        run_is_active: run.is_active(),
        subject: &subject,
        channel_name: &message.channel,
        channel: world.connections.get(&message.channel).map(|entry| &entry.value),
        content: version.and_then(|version| version.definition.content(&message.content)),
        allowed_at: message.allowed_at,
        policies,
        recipient: message.recipient.as_ref(),
    };
    let mut reads = Vec::new();
    let check = policy::check(&candidate, &mut reads);
    Checked { check, late_after: candidate.late_after().unwrap_or(message.late_after), reads }
}

/// A message that waits for its window. Told once for each opening.
pub fn wait_for_window(world: &mut World, id: MessageId, until: Timestamp, checked: Checked, now: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let known = entry.value.window_opens_at == Some(until);
    let message = entry.edit();
    message.state = MessageState::Queued;
    message.due_at = Some(until);
    message.window_opens_at = Some(until);
    message.late_after = checked.late_after;
    if !known {
        message.changed_at = now;
        let message = message.clone();
        outcome::tell_with(world, &message, MessageTrace::WaitsForWindow { until }, checked.reads, now);
    }
}

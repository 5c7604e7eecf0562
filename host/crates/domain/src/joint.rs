//! Messages of one customer that are due together (S20): who is decided first where a cap has room for one.

use crate::fact::FactRead;
use crate::ids::MessageId;
use crate::message::{Message, MessageState};
use crate::outcome;
use crate::run::Run;
use crate::sending::caps_of;
use crate::time::Timestamp;
use crate::trace::MessageTrace;
use crate::world::World;

/// The priority of a message: its strategy's, as it is now.
pub(crate) fn priority(world: &World, message: &Message) -> i32 {
    world.runs.get(&message.run).map_or(0, |entry| of_run(world, &entry.value))
}

fn of_run(world: &World, run: &Run) -> i32 {
    world.policies(run).map_or(0, |policies| policies.priority)
}

/// Until when a message waits for others of a higher priority that are due soon, if there are any.
pub(crate) fn waits_for(world: &World, message: &Message, now: Timestamp) -> Option<Timestamp> {
    let run = &world.runs.get(&message.run)?.value;
    if caps_of(world, message, run).is_empty() {
        return None;
    }
    let until = message.decided_by.or(message.due_at.map(|due| due + world.shop.decide_together))?;
    let own = of_run(world, run);
    let others = world.runs.of(run.customer).map(|entry| &entry.value);
    let others = others.filter(|other| other.id != run.id && of_run(world, other) > own);
    let soon = |due: &Timestamp| *due > now && *due <= until;
    others
        .flat_map(|other| {
            let queued = world.messages_of(other.id).filter(|message| message.state == MessageState::Queued);
            queued.filter_map(|message| message.due_at).chain(other.due_at.filter(|_| other.is_active()))
        })
        .filter(soon)
        .min()
}

/// Lets a message wait for those, within the time that it may be decided together with them.
pub(crate) fn wait(world: &mut World, id: MessageId, until: Timestamp, now: Timestamp) {
    let together = world.shop.decide_together;
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let is_new = entry.value.decided_by.is_none();
    let message = entry.edit();
    message.state = MessageState::Queued;
    message.decided_by = message.decided_by.or(message.due_at.map(|due| due + together));
    message.due_at = Some(until);
    if is_new {
        let message = message.clone();
        let facts = vec![FactRead::new("decide_together", together.to_string())];
        outcome::tell_with(world, &message, MessageTrace::WaitsForOthers { until }, facts, now);
    }
}

//! A customer who moves takes their local waits along (S05): what waits for a clock on the wall looks again.

use crate::customer::Customer;
use crate::ids::{CustomerId, MessageId, RunId};
use crate::message::{Message, MessageState};
use crate::region::Region;
use crate::run::{Position, Run};
use crate::strategy::Step;
use crate::time::Timestamp;
use crate::world::World;
use crate::zone;

/// Whether local times, quiet hours, or a date that is waited for, may be others now.
pub(crate) fn moves(world: &World, before: &Customer, after: &Customer) -> bool {
    before.attributes != after.attributes
        || zone::of_customer(before, &world.shop) != zone::of_customer(after, &world.shop)
        || (!world.shop.quiet_hours.is_off() && Region::of(before) != Region::of(after))
}

/// Lets everything of a customer's that waits for a local time look again.
pub(crate) fn wake_local_waits(world: &mut World, customer: CustomerId, at: Timestamp) {
    let waiting = |run: &&Run| run.due_at.is_some_and(|due| due > at) && waits_locally(world, run);
    let runs = world.runs.of(customer).map(|entry| &entry.value).filter(waiting);
    let runs: Vec<RunId> = runs.map(|run| run.id).collect();
    for id in runs {
        if let Some(entry) = world.runs.get_mut(&id) {
            entry.edit().due_at = Some(at);
        }
    }
    let waits = |message: &Message| {
        message.state == MessageState::Queued
            && message.window_opens_at.is_some_and(|opens| opens > at && message.due_at == Some(opens))
    };
    let messages = world.messages.of(customer).map(|entry| &entry.value);
    let messages: Vec<MessageId> = messages.filter(|message| waits(message)).map(|message| message.id).collect();
    for id in messages {
        if let Some(entry) = world.messages.get_mut(&id) {
            entry.edit().due_at = Some(at);
        }
    }
}

/// At a local delay, or before a message whose window is closed. Tries are of plugins, and wait for those.
fn waits_locally(world: &World, run: &Run) -> bool {
    let Position::Step { step, tries: 0, .. } = &run.position else { return false };
    let step = world.versions.get(&run.version).and_then(|version| version.definition.steps.get(step));
    match step {
        Some(Step::Delay(delay)) => delay.is_local(),
        Some(Step::Message(_)) => true,
        _ => false,
    }
}

//! A plan becomes part of the world that it was made of.

use crate::plan::Plan;
use crate::reentry;
use crate::world::{Entry, World};

/// Takes the run, its messages and its trace; and what the customer has to remember of them.
pub fn take_plan(world: &mut World, plan: Plan) {
    let (id, customer) = (plan.run.id, plan.run.customer);
    if !plan.experiments.is_empty()
        && let Some(entry) = world.customers.get_mut(&customer)
    {
        let kept = &mut entry.edit().experiments;
        for (experiment, arm) in plan.experiments {
            // Two runs of one batch draw the same arm; the first keeps its moment.
            kept.entry(experiment).or_insert(arm);
        }
    }
    if !plan.run.is_active() {
        reentry::note_end(world, &plan.run);
    }
    if let Some(entry) = world.runs.get_mut(&id) {
        *entry.edit() = plan.run;
    }
    for entry in plan.trace {
        world.tell(id, entry);
    }
    for message in plan.messages {
        world.messages.insert(message.id, Entry::new(message));
    }
}

//! What plans change in a world: the same in production, in `simulate` and in tests.

use crate::date;
use crate::effect::Effect;
use crate::exit::exit_by_known_orders;
use crate::identity::customer_key;
use crate::ids::{CustomerId, Mint, RunId};
use crate::plan::Plan;
use crate::reentry;
use crate::run::{Position, Run, Trigger};
use crate::strategy::StrategyState;
use crate::time::Timestamp;
use crate::trace::{Happening, TraceEntry};
use crate::wake::{moves, wake_local_waits};
use crate::world::{Entry, World};

/// Takes the plans of a batch. All runs stand where they were planned to before any of them changes what others wait
/// for: nothing that is woken is put to sleep again by a plan that knew nothing of it.
pub fn take(world: &mut World, mint: &mut Mint, plans: impl IntoIterator<Item = Plan>, now: Timestamp) {
    let mut effects = Vec::new();
    let mut transfers = Vec::new();
    // Whose dates are others now, or may begin the next time.
    let mut looks = Vec::new();
    for plan in plans {
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
            let before = std::mem::replace(entry.edit(), plan.run);
            let after = entry.value.clone();
            if after.trigger.date.is_some() {
                if before.position == Position::Settling && after.position != Position::Settling {
                    date::use_up(world, &after);
                }
                looks.extend((!after.is_active()).then_some(customer));
            }
        }
        for entry in plan.trace {
            world.tell(id, entry);
        }
        for message in plan.messages {
            world.messages.insert(message.id, Entry::new(message));
        }
        effects.extend(plan.effects.into_iter().map(|effect| (customer, effect)));
        transfers.extend(plan.transfer.map(|strategy| (id, strategy)));
    }
    for (customer, effect) in effects {
        if take_effect(world, customer, &effect, now) {
            looks.push(customer);
        }
    }
    for (run, strategy) in transfers {
        transfer(world, mint, run, &strategy, now);
    }
    for customer in looks {
        date::look(world, mint, customer, now);
    }
}

/// Returns whether dates and local times may be others now.
fn take_effect(world: &mut World, customer: CustomerId, effect: &Effect, now: Timestamp) -> bool {
    let Some(entry) = world.customers.get_mut(&customer) else { return false };
    let before = entry.value.clone();
    let mut after = before.clone();
    after.take_effect(effect);
    if after == before {
        return false;
    }
    *entry.edit() = after.clone();
    let moved = moves(world, &before, &after);
    if moved {
        wake_local_waits(world, customer, now);
    }
    moved
}

/// Begins a run of another strategy at its first step, now, unless it may not: then the trace of the run that was to
/// be passed on says why.
fn transfer(world: &mut World, mint: &mut Mint, from: RunId, strategy: &str, now: Timestamp) {
    let Some(from) = world.runs.get(&from).map(|entry| entry.value.clone()) else { return };
    let begun = begin(world, mint, &from, strategy, now);
    let (run, refused) = match begun {
        Ok(run) => (Some(run), None),
        Err(refused) => (None, Some(refused.to_owned())),
    };
    let what = Happening::Transferred { strategy: strategy.to_owned(), run, refused };
    world.tell(from.id, TraceEntry { at: now, step: None, what, facts: Vec::new() });
}

fn begin(
    world: &mut World,
    mint: &mut Mint,
    from: &Run,
    strategy: &str,
    now: Timestamp,
) -> Result<RunId, &'static str> {
    let live = world.strategies.iter().find(|live| live.record.name == strategy).cloned();
    let live = live.ok_or("there is no such strategy")?;
    if live.record.state != StrategyState::Live {
        return Err("it is not live");
    }
    let key = customer_key(from.customer);
    let is_rival = |run: &Run| run.is_active() && run.strategy == live.record.id && run.key == key;
    if world.runs.of(from.customer).any(|entry| is_rival(&entry.value)) {
        return Err("the customer is in it already");
    }
    let customer = world.customers.get(&from.customer).map(|entry| &entry.value);
    let reentry = live.version.definition.policies.reentry;
    if customer.is_some_and(|customer| !reentry.lets_in(customer, live.record.id, &key, now)) {
        return Err("the customer has been in it and may not come back yet");
    }
    let trigger = Trigger { event: "transfer".to_owned(), event_id: None, date: None, ..from.trigger.clone() };
    let run = Run {
        position: Position::Step { step: live.version.definition.trigger.next.clone(), since: now, tries: 0 },
        due_at: Some(now),
        ..Run::settling(mint.next(), live.ids(), from.customer, trigger, now)
    };
    let id = run.id;
    reentry::note_entry(world, &run);
    world.runs.insert(id, Entry::new(run));
    let what = Happening::Entered { event: "transfer".to_owned(), event_id: from.id.to_string(), due_at: now };
    world.tell(id, TraceEntry { at: now, step: None, what, facts: Vec::new() });
    exit_by_known_orders(world, id, now);
    Ok(id)
}

//! Strategies that begin at a date in an attribute of the customer: a run waits for it and moves along with it.
//!
//! A day of such a date is used once: what has begun for a birthday does not begin again when the customer is told of
//! anew or turns out to be in another zone.

use crate::customer::Customer;
use crate::delay::{LONGEST, day_of};
use crate::identity::{customer_key, leave};
use crate::ids::{CustomerId, Mint, RunId};
use crate::local::{Day, TimeOfDay};
use crate::reentry::note_entry;
use crate::run::{EndReason, Position, Run, Trigger};
use crate::shop::Shop;
use crate::strategy::{StrategyState, TriggerKind, TriggerRule};
use crate::time::{Span, Timestamp};
use crate::trace::{Happening, TraceEntry};
use crate::world::{Entry, LiveStrategy, World};
use crate::zone;

/// The word of the trigger in traces.
const EVENT: &str = "date";

/// When a strategy begins if it does not say so.
fn morning() -> TimeOfDay {
    "09:00".parse().unwrap_or(TimeOfDay::MIDNIGHT)
}

/// The next day that a trigger means and that was not used yet, with the instant at which it begins; none if the date
/// is not known, is over for longer than `lateness`, or is more than five years off.
fn coming(
    rule: &TriggerRule,
    customer: &Customer,
    shop: &Shop,
    used: Option<Day>,
    now: Timestamp,
    lateness: Span,
) -> Option<(Day, Timestamp)> {
    let place = zone::sole(zone::chosen(&rule.zone, customer, shop), shop, now);
    let zone = &place.zones[0];
    let date = day_of(customer.attributes.get(rule.attribute.as_deref()?)?, zone)?;
    let at = rule.at.as_ref().map_or_else(morning, |at| at.get().unwrap_or(TimeOfDay::MIDNIGHT));
    let (year, ..) = zone.wall(now).day().civil();
    let (first, month, day) = date.civil();
    let dates: Vec<Day> = if rule.yearly {
        // A year of days before or after it may lie between the date and the day that is meant; and nobody has a
        // birthday before they were born.
        let years = year.saturating_sub(2).max(first)..=year.saturating_add(3);
        years.filter_map(|year| Day::new_or_next(year, month, day)).collect()
    } else {
        vec![date]
    };
    let meant = dates.into_iter().map(|date| date.plus(i64::from(rule.days)));
    meant
        .filter(|day| used.is_none_or(|used| *day > used))
        .map(|day| (day, zone.instant(day, at)))
        .find(|(_, due)| *due + lateness >= now && *due <= now + LONGEST)
}

/// Begins, moves and ends what waits for a date of this customer's, as things stand now.
pub fn look(world: &mut World, mint: &mut Mint, customer: CustomerId, now: Timestamp) {
    for live in world.strategies.clone().iter() {
        if live.version.definition.trigger.on == TriggerKind::Date {
            look_at(world, mint, customer, live, now);
        }
    }
}

fn look_at(world: &mut World, mint: &mut Mint, id: CustomerId, live: &LiveStrategy, now: Timestamp) {
    let key = customer_key(id);
    let active = world
        .runs
        .of(id)
        .map(|entry| &entry.value)
        .find(|run| run.is_active() && run.strategy == live.record.id && run.key == key)
        .cloned();
    if active.as_ref().is_some_and(|run| run.position != Position::Settling)
        || (active.is_none() && live.record.state != StrategyState::Live)
    {
        return;
    }
    // A run keeps to what its own version waits for.
    let version = active.as_ref().and_then(|run| world.versions.get(&run.version)).unwrap_or(&live.version);
    let rule = version.definition.trigger.clone();
    let lateness = live.version.definition.policies.max_lateness;
    let Some(customer) = world.customers.get(&id).map(|entry| &entry.value) else { return };
    let used = customer.dates.get(&live.record.id).and_then(|day| day.parse().ok());
    let reentry = live.version.definition.policies.reentry;
    let is_barred = |due: Timestamp| !reentry.lets_in(customer, live.record.id, &key, due);
    match (active, coming(&rule, customer, &world.shop, used, now, lateness)) {
        (None, None) => {}
        (None, Some((_, due))) if is_barred(due) => {}
        (None, Some((day, due))) => enter(world, mint, id, live, &rule, day, due, now),
        (Some(run), None) => leave(world, run.id, now, EndReason::DateGone),
        (Some(run), Some((day, due))) => move_to(world, run.id, &rule, day, due, now),
    }
}

#[expect(clippy::too_many_arguments, reason = "a run has that many parts")]
fn enter(
    world: &mut World,
    mint: &mut Mint,
    customer: CustomerId,
    live: &LiveStrategy,
    rule: &TriggerRule,
    day: Day,
    due: Timestamp,
    now: Timestamp,
) {
    let trigger = Trigger { event: EVENT.to_owned(), date: Some(day.to_string()), ..Trigger::default() };
    let run = Run {
        due_at: Some(due),
        // What began it is the date itself: an order before it ends nothing.
        ..Run::settling(mint.next(), live.ids(), customer, trigger, due)
    };
    let id = run.id;
    note_entry(world, &run);
    world.runs.insert(id, Entry::new(run));
    let event_id = rule.attribute.clone().unwrap_or_default();
    let what = Happening::Entered { event: EVENT.to_owned(), event_id, due_at: due };
    world.tell(id, TraceEntry { at: now, step: None, what, facts: Vec::new() });
}

fn move_to(world: &mut World, id: RunId, rule: &TriggerRule, day: Day, due: Timestamp, now: Timestamp) {
    // What is due and waits for the strategy to be live again is left alone.
    let moves = |run: &Run| run.started_at != due || (run.due_at != Some(due) && due > now);
    let Some(entry) = world.runs.get_mut(&id).filter(|entry| moves(&entry.value)) else { return };
    let run = entry.edit();
    run.started_at = due;
    run.newest_trigger_at = due;
    run.due_at = Some(due);
    run.trigger.date = Some(day.to_string());
    let event_id = rule.attribute.clone().unwrap_or_default();
    let what = Happening::Restarted { event_id, due_at: due };
    world.tell(id, TraceEntry { at: now, step: None, what, facts: Vec::new() });
}

/// The date that a run waited for has come: its day is used.
pub(crate) fn use_up(world: &mut World, run: &Run) {
    if let Some(day) = &run.trigger.date
        && let Some(entry) = world.customers.get_mut(&run.customer)
    {
        entry.edit().dates.insert(run.strategy, day.clone());
    }
}

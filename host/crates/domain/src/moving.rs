//! Waiting runs and another version of their strategy (S28): what becomes of each if it is moved there, and the move.
//!
//! Steps keep their names over versions. A run whose step is still there, and of the same kind, goes on there; one
//! whose step is gone leaves; one whose step is of another kind now stays where it is, for what it waits for means
//! nothing there. What a run has already made stays with the version it was made in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::delay::Due;
use crate::exit::exit_by_known_orders;
use crate::facts::Subject;
use crate::identity::leave;
use crate::ids::RunId;
use crate::message::Message;
use crate::order::Order;
use crate::run::{EndReason, Position, Run};
use crate::strategy::{Step, TriggerKind, Version};
use crate::time::Timestamp;
use crate::trace::{Happening, TraceEntry};
use crate::wait::Listening;
use crate::world::World;

/// A waiting run with what its waits are judged by.
#[derive(Debug, Clone)]
pub struct Waiting<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its customer, as of now.
    pub subject: Subject,
    /// The messages of the run.
    pub messages: Vec<&'a Message>,
}

/// What becomes of a waiting run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It keeps the version it has.
    Stays,
    /// It goes on in the new one.
    Moves {
        /// Where it stands there.
        position: Position,
        /// When it is looked at next.
        due_at: Option<Timestamp>,
    },
    /// It ends: its step is gone.
    Leaves,
}

/// How many runs of a step meet which fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Fates {
    /// They keep the version they have.
    pub stays: u64,
    /// They go on in the new one.
    pub moves: u64,
    /// They end.
    pub leaves: u64,
    /// Of those that move, these would wait no longer.
    pub would_go_now: u64,
}

/// The counts by step; those that still settle are at none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview(pub BTreeMap<Option<String>, Fates>);

impl Preview {
    /// Counts one more run.
    pub fn count(&mut self, step: Option<&str>, fate: &Fate, now: Timestamp) {
        let counts = self.0.entry(step.map(str::to_owned)).or_default();
        match fate {
            Fate::Stays => counts.stays += 1,
            Fate::Leaves => counts.leaves += 1,
            Fate::Moves { due_at, .. } => {
                counts.moves += 1;
                counts.would_go_now += u64::from(due_at.is_some_and(|due| due <= now));
            }
        }
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        for (step, more) in other.0 {
            self.0.entry(step).or_default().add(more);
        }
    }

    /// All steps together.
    pub fn total(&self) -> Fates {
        self.0.values().fold(Fates::default(), |mut total, counts| {
            total.add(*counts);
            total
        })
    }
}

impl Fates {
    fn add(&mut self, more: Self) {
        self.stays += more.stays;
        self.moves += more.moves;
        self.leaves += more.leaves;
        self.would_go_now += more.would_go_now;
    }
}

/// Counts what would become of waiting runs of one version in another.
pub fn preview<'a>(
    old: &Version,
    new: &Version,
    runs: impl IntoIterator<Item = Waiting<'a>>,
    now: Timestamp,
) -> Preview {
    let mut preview = Preview::default();
    for waiting in runs.into_iter().filter(|waiting| waiting.run.is_active()) {
        preview.count(waiting.run.step(), &fate(old, new, &waiting, now), now);
    }
    preview
}

/// What becomes of a run if it is moved.
pub fn fate(old: &Version, new: &Version, waiting: &Waiting<'_>, now: Timestamp) -> Fate {
    let run = waiting.run;
    let Some(name) = run.step() else { return settling(old, new, run, now) };
    let Some(there) = new.definition.steps.get(name) else { return Fate::Leaves };
    if old.definition.steps.get(name).is_none_or(|here| here.kind() != there.kind()) {
        return Fate::Stays;
    }
    match &run.position {
        Position::Step { since, .. } => at_step(there, *since, waiting, now),
        // Its message goes its way; then the new version says what comes next.
        _ => Fate::Moves { position: run.position.clone(), due_at: run.due_at },
    }
}

/// A run that still settles moves if the same events would have begun it. A date is waited for by a rule of its own.
fn settling(old: &Version, new: &Version, run: &Run, now: Timestamp) -> Fate {
    let (before, after) = (&old.definition.trigger, &new.definition.trigger);
    let same =
        (before.on, before.key, &before.event, &before.button) == (after.on, after.key, &after.event, &after.button);
    if run.position != Position::Settling || !same || after.on == TriggerKind::Date {
        return Fate::Stays;
    }
    Fate::Moves { position: Position::Settling, due_at: Some(new.definition.settled_at(run).max(now)) }
}

/// What would be over already is over as of now: nothing is late for having been moved (S27).
fn at_step(there: &Step, since: Timestamp, waiting: &Waiting<'_>, now: Timestamp) -> Fate {
    let Waiting { run, subject, messages } = waiting;
    let stays = |due_at| Fate::Moves { position: run.position.clone(), due_at };
    let goes = |step: &str| Fate::Moves {
        position: Position::Step { step: step.to_owned(), since: now, tries: 0 },
        due_at: Some(now),
    };
    match there {
        Step::Delay(delay) => match delay.due(since, run.newest_trigger_at, subject, &mut Vec::new()) {
            Due::At(due) if due > now => stays(Some(due)),
            Due::At(_) => goes(&delay.next),
            Due::Otherwise(next) => goes(next),
        },
        Step::Wait(wait) => {
            let orders: Vec<&Order> = subject.orders.iter().collect();
            let customer = &subject.customer;
            let listening = Listening { run, since, customer, orders, messages: messages.clone() };
            match wait.until(since) {
                // The planner takes what was heard, with its words.
                _ if wait.hit(&listening).is_some() => stays(Some(now)),
                until if until > now => stays(Some(until)),
                _ => goes(&wait.otherwise),
            }
        }
        _ => stays(run.due_at),
    }
}

/// Moves a waiting run; what became of it. None if there is no such run, it is over, or in the version already.
pub fn move_run(world: &mut World, id: RunId, new: &Arc<Version>, now: Timestamp) -> Option<Fate> {
    let run = world.runs.get(&id)?.value.clone();
    let old = world.versions.get(&run.version)?.clone();
    if !run.is_active() || run.version == new.id {
        return None;
    }
    let waiting = Waiting { run: &run, subject: world.subject(&run, now)?, messages: world.messages_of(id).collect() };
    let fate = fate(&old, new, &waiting, now);
    match &fate {
        Fate::Stays => {}
        Fate::Leaves => leave(world, id, now, EndReason::StepGone),
        Fate::Moves { position, due_at } => {
            world.versions.insert(new.id, new.clone());
            // What it has made belongs to the version it was made in, in its words and in reports.
            for entry in world.messages.values_mut().filter(|entry| entry.value.run == id) {
                if entry.value.version.is_none() {
                    entry.edit().version = Some(old.id);
                }
            }
            let entry = world.runs.get_mut(&id)?.edit();
            entry.version = new.id;
            entry.position = position.clone();
            entry.due_at = *due_at;
            let what = Happening::Moved { from: old.number, to: new.number, due_at: *due_at };
            world.tell(id, TraceEntry { at: now, step: run.step().map(str::to_owned), what, facts: Vec::new() });
            // The new version may watch for an order that is known.
            exit_by_known_orders(world, id, now);
        }
    }
    Some(fate)
}

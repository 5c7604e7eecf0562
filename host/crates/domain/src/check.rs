//! What must hold of a shop at any time, whatever crashed and however often: used by tests, after every fault test,
//! and by `cartwright doctor`.

use std::collections::{BTreeMap, BTreeSet};

use crate::funnel::{self, Cell};
use crate::ids::RunId;
use crate::message::{Message, MessageState};
use crate::run::{Position, Run};
use crate::world::World;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one, by its rule.
    pub rule: &'static str,
    /// What was found.
    pub found: String,
}

/// Everything that is wrong with the loaded part of a shop.
pub fn check(world: &World) -> Vec<Violation> {
    let runs: Vec<&Run> = world.runs.values().map(|entry| &entry.value).collect();
    let messages: Vec<&Message> = world.messages.values().map(|entry| &entry.value).collect();
    check_all(&runs, &messages)
}

/// The same over runs and their messages.
pub fn check_all(runs: &[&Run], messages: &[&Message]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut violate = |rule, found: String| violations.push(Violation { rule, found });

    let mut keys = BTreeSet::new();
    for run in runs.iter().filter(|run| run.is_active()) {
        if !keys.insert((run.strategy, &run.key)) {
            violate("S07", format!("two active runs of strategy {} for {}", run.strategy, run.key));
        }
    }
    let mut slots = BTreeSet::new();
    for message in messages {
        if !slots.insert((message.run, &message.step, message.iteration, message.slot)) {
            violate("S22", format!("two messages for one slot of step `{}` of run {}", message.step, message.run));
        }
    }
    let by_id: BTreeMap<_, _> = messages.iter().map(|message| (message.id, *message)).collect();
    for run in runs {
        match &run.position {
            Position::Ended { .. } if run.due_at.is_some() => {
                violate("S08", format!("run {} is over and still due", run.id));
            }
            Position::Message { message, .. } => match by_id.get(message) {
                None => violate("S05", format!("run {} waits for message {message}, which does not exist", run.id)),
                Some(message)
                    if run.due_at.is_none()
                        && messages
                            .iter()
                            .filter(|other| other.shares_contact(message))
                            .all(|other| other.completed_at().is_some()) =>
                {
                    violate("S05", format!("run {} waits for message {}, which is complete", run.id, message.id));
                }
                Some(_) => {}
            },
            Position::Settling | Position::Step { .. } if run.due_at.is_none() => {
                violate("S01", format!("run {} waits for no instant", run.id));
            }
            _ => {}
        }
    }
    let ended: BTreeSet<RunId> = runs.iter().filter(|run| !run.is_active()).map(|run| run.id).collect();
    for message in messages {
        let waits = matches!(
            message.state,
            MessageState::Queued
                | MessageState::Prepared { .. }
                | MessageState::Held { .. }
                | MessageState::HandedOver { .. }
        );
        if waits && message.due_at.is_none() {
            violate("S17", format!("message {} waits for no instant", message.id));
        }
        let unsent = waits && !matches!(message.state, MessageState::HandedOver { .. });
        if unsent && ended.contains(&message.run) && message.attempts == 0 {
            violate("S08", format!("message {} waits though its run is over", message.id));
        }
        let sent =
            matches!(message.state, MessageState::Accepted | MessageState::Uncertain | MessageState::HandedOver { .. });
        if sent && (message.attempts == 0 || message.handed_over_at.is_none()) {
            violate("S22", format!("message {} was sent without having been handed over", message.id));
        }
        if message.answer.is_some() && message.state != MessageState::Accepted {
            violate("S22", format!("message {} was answered without having been accepted", message.id));
        }
        if message.handed_over_at.is_some_and(|at| at > message.late_after) {
            violate("S27", format!("message {} was handed over too late", message.id));
        }
    }
    violations
}

/// S30: the sums of the reports are those of the messages.
pub fn check_figures(counted: &BTreeMap<Cell, i64>, kept: &BTreeMap<Cell, i64>) -> Vec<Violation> {
    let cells: BTreeSet<&Cell> = counted.keys().chain(kept.keys()).collect();
    let differs = |cell: &&Cell| {
        let (counted, kept) = (counted.get(cell).copied().unwrap_or(0), kept.get(cell).copied().unwrap_or(0));
        let Cell { day, step, figure, .. } = cell;
        (counted != kept).then(|| Violation {
            rule: "S30",
            found: format!("step `{step}` on {day}: {figure} is reported {kept} times, and the messages say {counted}"),
        })
    };
    cells.iter().filter_map(differs).collect()
}

/// S30: every stored message counts as what it is.
pub fn check_counted(messages: &[&Message]) -> Vec<Violation> {
    let differs = |message: &&Message| {
        let (is, counts) = (funnel::figures_of(message), &message.counted.figures);
        let cost = message.pricing.price.filter(|_| !is.is_empty());
        (*counts != is || message.counted.cost != cost).then(|| Violation {
            rule: "S30",
            found: format!("message {} counts as {counts:?} and is {is:?}", message.id),
        })
    };
    messages.iter().filter_map(differs).collect()
}

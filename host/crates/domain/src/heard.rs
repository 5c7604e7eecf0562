//! What was heard of a customer and may be waited for (S06). It is kept with the customer and not with a run, so that
//! it makes no difference whether the run, the customer's name or the event comes first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::customer::Customer;
use crate::ids::{CustomerId, MessageId, RunId};
use crate::run::{Position, Run};
use crate::strategy::Step;
use crate::time::Timestamp;
use crate::wait::{AwaitedEvent, Listening, Wait};
use crate::world::World;

/// An event that some strategy of the shop waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Heard {
    /// When it occurred.
    pub at: Timestamp,
    /// The source's id of the event.
    pub event_id: String,
    /// What happened.
    pub event: AwaitedEvent,
    /// The button of a click, the id of an order, the type of an event of the shop's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The message that it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
}

/// So many are kept of a customer, and so many of the same kind: the newest, whatever order they come in.
const KEPT: usize = 64;
const KEPT_OF_A_KIND: usize = 8;

impl Heard {
    /// As a trace tells it.
    pub(crate) fn words(&self) -> String {
        match &self.name {
            Some(name) => format!("{} `{name}`", self.event.word()),
            None => self.event.word().to_owned(),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.event, &self.name, self.message) == (other.event, &other.name, other.message)
    }
}

impl Customer {
    /// Keeps what was heard, once, in the order in which it occurred. Returns whether it was news.
    pub(crate) fn hear(&mut self, heard: Heard) -> bool {
        let Err(place) = self.heard.binary_search(&heard) else { return false };
        if self.heard.iter().any(|known| known.event_id == heard.event_id && known.event == heard.event) {
            return false;
        }
        self.heard.insert(place, heard.clone());
        let alike = self.heard.iter().filter(|known| known.is_like(&heard)).count();
        if alike > KEPT_OF_A_KIND
            && let Some(oldest) = self.heard.iter().position(|known| known.is_like(&heard))
        {
            self.heard.remove(oldest);
        }
        if self.heard.len() > KEPT {
            self.heard.remove(0);
        }
        true
    }
}

/// Keeps an event of a customer's if any strategy waits for such, and wakes the runs whose wait is over by it.
pub(crate) fn hear(world: &mut World, customer: CustomerId, heard: Heard, at: Timestamp) {
    let is_waited_for = world.versions.values().any(|version| {
        version.definition.steps.values().any(|step| matches!(step, Step::Wait(wait) if wait.listens_to(&heard)))
    });
    if is_waited_for
        && let Some(entry) = world.customers.get_mut(&customer)
        && entry.value.clone().hear(heard.clone())
    {
        entry.edit().hear(heard);
        wake_waits(world, customer, at);
    }
}

/// Lets every run of a customer's go on whose wait is over by something that was heard.
pub(crate) fn wake_waits(world: &mut World, customer: CustomerId, at: Timestamp) {
    let is_over = |run: &Run| waits(world, run).is_some_and(|(wait, listening)| wait.hit(&listening).is_some());
    let waiting = |run: &&Run| run.due_at.is_some_and(|due| due > at) && is_over(run);
    let runs = world.runs.of(customer).map(|entry| &entry.value).filter(waiting);
    let runs: Vec<RunId> = runs.map(|run| run.id).collect();
    for id in runs {
        if let Some(entry) = world.runs.get_mut(&id) {
            entry.edit().due_at = Some(at);
        }
    }
}

fn waits<'a>(world: &'a World, run: &'a Run) -> Option<(&'a Wait, Listening<'a>)> {
    let Position::Step { step, since, .. } = &run.position else { return None };
    let Step::Wait(wait) = world.versions.get(&run.version)?.definition.steps.get(step)? else { return None };
    let listening = Listening {
        run,
        since: *since,
        customer: &world.customers.get(&run.customer)?.value,
        orders: world.orders.of(run.customer).map(|entry| &entry.value).collect(),
        messages: world.messages_of(run.id).collect(),
    };
    Some((wait, listening))
}

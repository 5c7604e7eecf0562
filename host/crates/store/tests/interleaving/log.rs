//! What happened in a case, in the order in which it happened: beside the nodes, and told by none of them.

use cartwright_domain::ids::{MessageId, RunId, StrategyId};
use cartwright_domain::message::{Message, MessageState};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{Changes, StoreError};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::provider::Mood;

/// What the provider did with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    /// The customer has it.
    Sent,
    /// They have not, and the node was told so.
    No,
    /// They have not, and nobody knows.
    Nothing,
}

/// Something that a person did, once it was durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Did {
    pub(crate) person: usize,
    pub(crate) what: Deed,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Something in a cart, or in a checkout.
    Cart,
    Checkout,
    Empty,
    Order,
    Identify,
}

/// A hand-over that was committed.
#[derive(Debug, Clone)]
pub(crate) struct HandOver {
    pub(crate) message: Message,
    /// How much of what people did was durable by then.
    pub(crate) after: usize,
}

#[derive(Default)]
pub(crate) struct Log {
    state: Mutex<Events>,
}

pub(crate) struct Events {
    pub(crate) mood: Mood,
    pub(crate) did: Vec<Did>,
    pub(crate) hand_overs: Vec<HandOver>,
    pub(crate) asked: Vec<(MessageId, Answered)>,
    /// Who has an active run, by strategy and key.
    active: BTreeMap<RunId, (StrategyId, String)>,
    /// Two active runs for one key, as soon as there were.
    pub(crate) doubled: Vec<String>,
    pub(crate) crashes: u32,
    pub(crate) conflicts: u32,
    pub(crate) fenced: u32,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            mood: Mood::Accepts,
            did: Vec::new(),
            hand_overs: Vec::new(),
            asked: Vec::new(),
            active: BTreeMap::new(),
            doubled: Vec::new(),
            crashes: 0,
            conflicts: 0,
            fenced: 0,
        }
    }
}

impl Log {
    pub(crate) fn events(&self) -> MutexGuard<'_, Events> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mood(&self) -> Mood {
        self.events().mood
    }

    pub(crate) fn asked(&self, message: MessageId, said: Answered) {
        self.events().asked.push((message, said));
    }

    /// A commit was made, or refused.
    pub(crate) fn committed(&self, changes: &Changes, error: Option<&StoreError>) {
        let mut events = self.events();
        match error {
            None => {}
            Some(StoreError::Conflict) => return events.conflicts += 1,
            Some(StoreError::Fenced) => return events.fenced += 1,
            Some(other) => panic!("{other}"),
        }
        for run in changes.runs.iter().map(|entry| &entry.value) {
            match run.is_active() {
                true => events.active.insert(run.id, (run.strategy, run.key.clone())),
                false => events.active.remove(&run.id),
            };
        }
        let mut keys: Vec<_> = events.active.values().cloned().collect();
        keys.sort();
        if let Some(twice) = keys.windows(2).find(|two| two[0] == two[1]) {
            events.doubled.push(format!("{twice:?}"));
        }
        if changes.hand_overs > 0 {
            let after = events.did.len();
            let gone = changes.messages.iter().map(|entry| &entry.value);
            let gone = gone.filter(|message| matches!(message.state, MessageState::HandedOver { .. }));
            let gone: Vec<HandOver> = gone.map(|message| HandOver { message: message.clone(), after }).collect();
            events.hand_overs.extend(gone);
        }
    }
}

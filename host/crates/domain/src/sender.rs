//! Senders: the named identities of a channel, and which of them a message goes by (S22, S23). How fast each may go
//! stands in [`crate::pace`].
//!
//! A channel without senders is one itself: what would hold its sender holds it, and nothing has to be chosen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::message::{HoldReason, Message};
use crate::shop::{Connection, Hold};
use crate::time::Timestamp;
use crate::world::World;

/// A named identity of a channel: a number, an account, or a name with its address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sender {
    /// Unique in its channel; strategies name it.
    pub name: String,
    /// What is said here in place of the channel's own configuration, by its fields.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    /// How many messages it may be given in any second; as many as there are, if nothing is said (S22).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<u32>,
    /// Whether it is taken where a strategy names none; the first is, if none says so.
    #[serde(default, rename = "default", skip_serializing_if = "std::ops::Not::not")]
    pub is_default: bool,
    /// Why nothing goes out by it at the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// The provider wants nothing of it until then (S23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<Timestamp>,
}

impl Sender {
    /// One of which nothing but the name is said.
    pub fn named(name: &str) -> Self {
        let (name, config) = (name.to_owned(), Map::new());
        Self { name, config, rate_per_second: None, is_default: false, held: None, waits_until: None }
    }

    /// Somebody has put right what held it, or the provider takes from it again.
    pub fn release(&mut self) {
        self.held = None;
        self.waits_until = None;
    }

    /// A channel's configuration with what this one says in place of it.
    pub fn laid_over(&self, config: &Value) -> Value {
        if self.config.is_empty() {
            return config.clone();
        }
        let mut fields = config.as_object().cloned().unwrap_or_default();
        fields.extend(self.config.clone());
        Value::Object(fields)
    }

    fn is_ready(&self, now: Timestamp) -> bool {
        self.held.is_none() && self.rest(now).is_none()
    }

    fn rest(&self, now: Timestamp) -> Option<Timestamp> {
        self.waits_until.filter(|until| *until > now)
    }
}

/// By which sender a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// By this one; by the channel itself, where that has none.
    By(Option<String>),
    /// By none before then.
    Wait(Timestamp),
    /// By none before one is put right.
    Hold(HoldReason),
}

/// Chooses among those that a strategy names, in their order; the first that is ready is taken. Names that the channel
/// does not have are passed over, and where none is left it is the channel's default. A message that was handed over
/// before stays with its sender (S23) while that one is not held, and whatever happens while nobody knows what became
/// of it: another would not know it again (S22).
pub fn choose(channel: &Connection, named: &[String], message: Option<&Message>, now: Timestamp) -> Choice {
    if channel.senders.is_empty() {
        return match channel.waits_until.filter(|until| *until > now) {
            Some(until) => Choice::Wait(until),
            None => Choice::By(None),
        };
    }
    let kept = message.filter(|message| message.attempts > 0).and_then(|message| {
        let sender = channel.sender(message.sender.as_deref()?)?;
        (sender.held.is_none() || message.is_without_answer()).then_some(sender)
    });
    let candidates = match kept {
        Some(sender) => vec![sender],
        None => channel.senders_for(named),
    };
    if let Some(ready) = candidates.iter().find(|sender| sender.is_ready(now)) {
        return Choice::By(Some(ready.name.clone()));
    }
    let resting = candidates.iter().filter(|sender| sender.held.is_none()).filter_map(|sender| sender.rest(now)).min();
    match (resting, candidates.first().and_then(|sender| sender.held.as_ref())) {
        (Some(until), _) => Choice::Wait(until),
        (None, Some(hold)) => Choice::Hold(hold.reason),
        (None, None) => Choice::Hold(HoldReason::ChannelNotReady),
    }
}

/// Whether a message that its sender may not send can go by another one that its strategy names (S23).
pub fn another_is_ready(world: &World, message: &Message, now: Timestamp) -> bool {
    let Some(channel) = world.connections.get(&message.channel).map(|entry| &entry.value) else { return false };
    let policies = world.runs.get(&message.run).and_then(|run| world.policies(&run.value));
    let named = policies.and_then(|policies| policies.senders.get(&message.channel)).map_or(&[][..], Vec::as_slice);
    let mut others =
        channel.senders_for(named).into_iter().filter(|sender| message.sender.as_ref() != Some(&sender.name));
    message.sender.is_some() && others.any(|sender| sender.is_ready(now))
}

impl Connection {
    /// A sender by its name.
    pub fn sender(&self, name: &str) -> Option<&Sender> {
        self.senders.iter().find(|sender| sender.name == name)
    }

    /// The same to change it.
    pub fn sender_mut(&mut self, name: &str) -> Option<&mut Sender> {
        self.senders.iter_mut().find(|sender| sender.name == name)
    }

    /// The sender that is taken where nobody names one; none where the channel has none.
    pub fn default_sender(&self) -> Option<&Sender> {
        self.senders.iter().find(|sender| sender.is_default).or(self.senders.first())
    }

    /// What holds whatever goes by no sender in particular: what the shop's own people are told, and tests.
    pub fn default_hold(&self) -> Option<&Hold> {
        self.held.as_ref().or_else(|| self.default_sender()?.held.as_ref())
    }

    /// The senders that a strategy which names these goes by, in the order in which they are tried.
    pub fn senders_for(&self, named: &[String]) -> Vec<&Sender> {
        let known: Vec<&Sender> = named.iter().filter_map(|name| self.sender(name)).collect();
        if known.is_empty() { self.default_sender().into_iter().collect() } else { known }
    }

    /// Its configuration, as a sender has it.
    pub fn config_by(&self, sender: Option<&str>) -> Value {
        match sender.and_then(|name| self.sender(name)) {
            Some(sender) => sender.laid_over(&self.config),
            None => self.config.clone(),
        }
    }

    /// Lets go whatever is held here, and whatever waits.
    pub fn release(&mut self) {
        self.held = None;
        self.held_contents.clear();
        self.odd_refusals = 0;
        self.waits_until = None;
        self.senders.iter_mut().for_each(Sender::release);
    }
}

/// How a sender of a channel is called.
pub fn sender_on(sender: &str, channel: &str) -> String {
    format!("{sender} on {channel}")
}

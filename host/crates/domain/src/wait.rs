//! Waiting for events (S06): which of them lead where, and which of what was heard came first.
//!
//! Nothing here depends on when an event was heard of, only on when it occurred: an event that arrives before the run
//! comes to its wait counts like one that arrives while it waits there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::customer::Customer;
use crate::heard::Heard;
use crate::message::Message;
use crate::order::Order;
use crate::run::Run;
use crate::time::{Span, Timestamp};

/// Waits for the first of several events, and no longer than `timeout`. Events count from the completion of the step
/// before; one at the very instant of the time-out still counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// What is waited for, by the name of the branch.
    #[serde(rename = "for")]
    pub events: BTreeMap<String, Awaited>,
    /// How long.
    pub timeout: Span,
    /// The step for those of whom nothing was heard.
    pub otherwise: String,
}

/// An event that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Awaited {
    /// What happens.
    pub event: AwaitedEvent,
    /// For `click`: this button or link, by what the channel says of it; any without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// For `delivered`, `read`, `click` and `reply`: to the message of this step; to any message of the run without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// For `custom`: the type of the event.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Then.
    pub next: String,
}

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AwaitedEvent {
    /// The customer placed an order; the one that triggered the run is none.
    Order,
    /// An order was paid; where an order triggered the run, that one.
    OrderPaid,
    /// An order left the shop; where an order triggered the run, that one.
    OrderFulfilled,
    /// An order arrived; where an order triggered the run, that one.
    OrderDelivered,
    /// The device has the message; reading it, clicking and answering say so too.
    Delivered,
    /// The customer saw the message; clicking and answering say so too.
    Read,
    /// The customer used a button or link.
    Click,
    /// The customer answered.
    Reply,
    /// An event of the shop's own.
    Custom,
}

impl AwaitedEvent {
    /// The word of the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::OrderPaid => "order_paid",
            Self::OrderFulfilled => "order_fulfilled",
            Self::OrderDelivered => "order_delivered",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Click => "click",
            Self::Reply => "reply",
            Self::Custom => "custom",
        }
    }

    /// Whether it happens to a message.
    pub fn is_of_a_message(self) -> bool {
        matches!(self, Self::Delivered | Self::Read | Self::Click | Self::Reply)
    }

    /// Whether it says that `other` happened too: what is further on the way of a message implies what is before it.
    fn says(self, other: Self) -> bool {
        self == other
            || match other {
                Self::Delivered => matches!(self, Self::Read | Self::Click | Self::Reply),
                Self::Read => matches!(self, Self::Click | Self::Reply),
                _ => false,
            }
    }
}

/// A wait that is looked at.
#[derive(Debug, Clone)]
pub struct Listening<'a> {
    /// The run that waits.
    pub run: &'a Run,
    /// When the step before was complete.
    pub since: Timestamp,
    /// Its customer, with what was heard of them.
    pub customer: &'a Customer,
    /// Their orders.
    pub orders: Vec<&'a Order>,
    /// The messages of the run.
    pub messages: Vec<&'a Message>,
}

/// The event that a wait was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<'a> {
    /// The name of the branch.
    pub branch: &'a str,
    /// Where it leads.
    pub next: &'a str,
    /// When the event occurred.
    pub at: Timestamp,
    /// The id of the event, or of the order.
    pub event_id: String,
    /// What it was, in words.
    pub what: String,
}

impl Wait {
    /// Every step that may come next.
    pub fn ways(&self) -> Vec<&str> {
        self.events.values().map(|awaited| awaited.next.as_str()).chain([self.otherwise.as_str()]).collect()
    }

    /// When it is over if nothing is heard.
    pub fn until(&self, since: Timestamp) -> Timestamp {
        since + self.timeout
    }

    /// Whether an event matters to it.
    pub fn listens_to(&self, heard: &Heard) -> bool {
        self.events.values().any(|awaited| awaited.is(heard))
    }

    /// The first event that it waits for. Of two at one moment it is the one that is described more closely, such as a
    /// click on this button before any click, then the one whose branch comes first.
    pub fn hit(&self, listening: &Listening<'_>) -> Option<Hit<'_>> {
        let times = listening.since..=self.until(listening.since);
        let first = |(branch, awaited): (&'_ String, &Awaited)| {
            let moments = awaited.moments(listening);
            let (at, event_id, what) = moments.into_iter().filter(|(at, ..)| times.contains(at)).min()?;
            Some((at, Reverse(awaited.closeness()), branch.clone(), event_id, what))
        };
        let (at, _, branch, event_id, what) = self.events.iter().filter_map(first).min()?;
        let (branch, awaited) = self.events.get_key_value(&branch)?;
        Some(Hit { branch, next: &awaited.next, at, event_id, what })
    }
}

impl Awaited {
    fn closeness(&self) -> usize {
        usize::from(self.button.is_some()) + usize::from(self.step.is_some())
    }

    /// Whether it is such an event, whichever message it is about.
    fn is(&self, heard: &Heard) -> bool {
        let named = |wanted: &Option<String>| wanted.is_none() || *wanted == heard.name;
        heard.event.says(self.event) && named(&self.button) && named(&self.kind)
    }

    /// When such events happened to this run, with their ids and in words. No event counts for two things: neither the
    /// one that began the run nor one that a wait before was over by.
    fn moments(&self, listening: &Listening<'_>) -> Vec<(Timestamp, String, String)> {
        let run = listening.run;
        if self.event == AwaitedEvent::Order {
            let own = [run.trigger.order.as_deref(), run.exit_taken.as_deref()];
            let counts = |order: &&&Order| {
                order.ends_runs()
                    && !own.contains(&Some(order.order_id.as_str()))
                    && !run.waited_for.contains(&order.order_id)
            };
            let told = |order: &&Order| (order.placed_at, order.order_id.clone(), format!("order {}", order.order_id));
            return listening.orders.iter().filter(counts).map(told).collect();
        }
        let is_used = |heard: &&Heard| {
            run.trigger.event_id.as_ref() == Some(&heard.event_id) || run.waited_for.contains(&heard.event_id)
        };
        let heard = listening.customer.heard.iter().filter(|heard| self.is(heard) && !is_used(heard));
        let told = |heard: &Heard| Some((self.moment(heard, listening)?, heard.event_id.clone(), heard.words()));
        heard.filter_map(told).collect()
    }

    /// When an event happened to this run; none if it happened to another one.
    fn moment(&self, heard: &Heard, listening: &Listening<'_>) -> Option<Timestamp> {
        match heard.event {
            AwaitedEvent::Custom => Some(heard.at),
            AwaitedEvent::Order
            | AwaitedEvent::OrderPaid
            | AwaitedEvent::OrderFulfilled
            | AwaitedEvent::OrderDelivered => {
                let own = listening.run.trigger.order.as_ref();
                (own.is_none() || own == heard.name.as_ref()).then_some(heard.at)
            }
            AwaitedEvent::Delivered | AwaitedEvent::Read | AwaitedEvent::Click | AwaitedEvent::Reply => {
                // An answer to nobody in particular is one to whoever waits for any.
                let Some(id) = heard.message else { return self.step.is_none().then_some(heard.at) };
                let message = listening.messages.iter().find(|message| message.id == id)?;
                let of_step = self.step.as_ref().is_none_or(|step| *step == message.step);
                // Providers tell whole seconds, and clocks differ: nothing happens to a message before it has left.
                let at = message.handed_over_at.map_or(heard.at, |left| heard.at.max(left));
                of_step.then_some(at)
            }
        }
    }
}

//! Strategies: a trigger, a graph of steps, exits and policies. What stands here is the strategy file, the body of
//! `/v1/strategies`, and the source of the published JSON Schema.

mod record;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::cap::{Cap, WhenCapped};
use crate::content::Content;
use crate::delay::Delay;
use crate::ids::{StrategyId, VersionId};
use crate::message::Message;
use crate::message_step::MessageStep;
use crate::push_filter::PushFilter;
use crate::reentry::{OnRetrigger, Reentry};
use crate::rule::Group;
use crate::run::Run;
use crate::shop::{PluginRef, Shop};
use crate::split::Arm;
use crate::time::{Span, Timestamp};
use crate::utm::Utm;
use crate::wait::Wait;
use crate::webhook::{self, WebhookStep};
use crate::window::Window;

pub use crate::trigger::{KeyKind, TriggerKind, TriggerRule};
pub use record::{StateChange, Stays, StrategyRecord, StrategyState, Ways};

/// A strategy as people write it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    /// Unique in the shop.
    pub name: String,
    /// What begins a run.
    pub trigger: TriggerRule,
    /// The graph. Every way ends: cycles are refused.
    pub steps: BTreeMap<String, Step>,
    /// What takes a run out of its way; for cart and checkout triggers an order, unless this is `[]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exits: Option<Vec<Exit>>,
    /// How it behaves.
    #[serde(default)]
    pub policies: Policies,
    /// Contents that come with the file, by name; publishing saves them as the shop's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<Content>,
}

/// One step of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Waits.
    Delay(Delay),
    /// Waits for events, with a branch for each.
    Wait(Wait),
    /// Branches.
    Condition {
        /// A plugin decides …
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plugin: Option<PluginRef>,
        /// … with this configuration;
        #[serde(default, skip_serializing_if = "Value::is_null")]
        config: Value,
        /// or a rule tree does;
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<Group>,
        /// or the first of several rule trees that says yes, each with its own branch; `no` where none does.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rules: Vec<BranchRule>,
        /// Where each branch goes: `yes` and `no`, or those of the rules or the plugin; `unknown` may be drawn too.
        branches: BTreeMap<String, String>,
        /// The branch taken when the plugin fails (S12).
        #[serde(default = "no")]
        on_error: String,
    },
    /// Sends a message.
    Message(MessageStep),
    /// Sends each customer one of several ways, and always the same (S16).
    Split {
        /// The ways, by name.
        arms: BTreeMap<String, Arm>,
    },
    /// Adds tags to the customer, and removes some.
    Tag {
        /// Added.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        add: BTreeSet<String>,
        /// Removed.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        remove: BTreeSet<String>,
        /// Then.
        next: String,
    },
    /// Sets attributes of the customer.
    Attribute {
        /// By name; `null` removes one.
        set: BTreeMap<String, Value>,
        /// Then.
        next: String,
    },
    /// Puts the customer on lists, and takes them off some.
    List {
        /// Put on.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        add: BTreeSet<String>,
        /// Taken off.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        remove: BTreeSet<String>,
        /// Then.
        next: String,
    },
    /// Sends a notice to the shop's own people.
    Notify {
        /// The channel, by the name of the shop's connection.
        channel: String,
        /// Where to: an e-mail address, a phone, or what else the channel reaches.
        to: String,
        /// The content, by name; its purpose is `staff`.
        content: String,
        /// Then.
        next: String,
    },
    /// Asks a server of the shop's own; what it answers is known to later steps.
    Webhook(WebhookStep),
    /// Leads back to a step before, but only so often in all of a run; then it goes on.
    Repeat {
        /// How often.
        times: u32,
        /// Where it leads back to.
        next: String,
        /// Then.
        then: String,
    },
    /// Ends the run and begins one of another strategy at its first step, if that is live and the customer not in it.
    Transfer {
        /// Its name.
        strategy: String,
    },
    /// Ends the run.
    Exit {},
}

/// A rule tree with the branch that is taken where it says yes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchRule {
    /// The branch.
    pub branch: String,
    /// The rule tree.
    pub rule: Group,
}

/// How a selector chooses a content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// Who decides.
    pub plugin: PluginRef,
    /// Its configuration.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub config: Value,
    /// Contents to choose from, by name, in order.
    pub candidates: Vec<String>,
    /// Taken when the selector fails; without it the message is skipped (S14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// What takes a run out of its way (S08).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// What is watched for.
    pub on: ExitEvent,
    /// Which of them.
    #[serde(default, rename = "match")]
    pub matching: ExitMatch,
    /// `end`, or the step it goes on at.
    #[serde(default = "end")]
    pub then: String,
}

/// What an exit watches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExitEvent {
    /// An order was placed.
    Order,
}

/// Which orders count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExitMatch {
    /// Any order of the customer.
    #[default]
    Customer,
    /// One of the same cart or checkout.
    Cart,
    /// One that holds an abandoned SKU.
    Sku,
}

/// How a strategy behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// How long after it was first allowed a message may still be handed over (S27).
    pub max_lateness: Span,
    /// When its marketing may go out; the windows of the shop and the channel hold as well (S04).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Percent of the customers from whom all its marketing is held out, to see what it is worth (S16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_out: Option<u32>,
    /// The topic of consent that its marketing belongs to, where a content names none (S18); without, `general`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// By which senders of a channel it goes, by the channel: the first that is ready. Without, by the channel's
    /// default (S23).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub senders: BTreeMap<String, Vec<String>>,
    /// How many of its contacts a customer may have in a time; the caps of the shop and the channel hold as well (S20).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Cap>,
    /// What becomes of a message for which a cap leaves no room.
    pub capped: WhenCapped,
    /// Of messages that are due together, those of the higher priority are decided first (S20).
    pub priority: i32,
    /// Whom it writes marketing to, by their tags; the shop's filter holds as well (S17).
    #[serde(skip_serializing_if = "PushFilter::is_empty")]
    pub push_filter: PushFilter,
    /// No marketing to customers who ordered within this time (S21).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after_order: Option<Span>,
    /// When a customer who has been through it may come back (S07).
    pub reentry: Reentry,
    /// What a trigger does to a run of its key that has settled (S07).
    pub on_retrigger: OnRetrigger,
    /// What short links to the shop's sites carry; what is left out is the shop's.
    #[serde(skip_serializing_if = "Utm::is_empty")]
    pub utm: Utm,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            max_lateness: Span::hours(12),
            window: None,
            hold_out: None,
            topic: None,
            senders: BTreeMap::new(),
            cap: None,
            capped: WhenCapped::Skip,
            priority: 0,
            push_filter: PushFilter::default(),
            not_after_order: None,
            reentry: Reentry::Always,
            on_retrigger: OnRetrigger::Ignore,
            utm: Utm::default(),
        }
    }
}

fn no() -> String {
    "no".into()
}

fn end() -> String {
    "end".into()
}

/// The word of an exit that ends the run.
pub const END: &str = "end";

/// One immutable version of a strategy, with the contents it was published with (S28).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// Ours.
    pub id: VersionId,
    /// Of which strategy.
    pub strategy: StrategyId,
    /// 1, 2, 3 …
    pub number: u32,
    /// When it was published.
    pub published_at: Timestamp,
    /// What it says; its `contents` are all that its steps name.
    pub definition: Strategy,
    /// Contents of it in whose place a newer revision stands by now, with that revision (S28).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replaced: BTreeMap<String, u32>,
}

impl Strategy {
    /// How long the trigger must have been quiet.
    pub fn settle(&self) -> Span {
        self.trigger.settle.unwrap_or(match self.trigger.on {
            TriggerKind::Cart => Span::hours(4),
            TriggerKind::Checkout => Span::hours(1),
            _ => Span::ZERO,
        })
    }

    /// When a settling run goes on: the delay after its newest event, and never later than `max_wait` after its first.
    pub fn settled_at(&self, run: &Run) -> Timestamp {
        let due = run.newest_trigger_at + self.settle();
        self.trigger.max_wait.map_or(due, |bound| due.min(run.started_at + bound))
    }

    /// The exits, with the order exit that cart and checkout triggers have by default.
    pub fn exits(&self) -> Vec<Exit> {
        self.exits.clone().unwrap_or_else(|| match self.trigger.on {
            TriggerKind::Cart | TriggerKind::Checkout => {
                vec![Exit { on: ExitEvent::Order, matching: ExitMatch::Customer, then: end() }]
            }
            _ => Vec::new(),
        })
    }

    /// From when on its rules look at what was handed over to the customer in any run; none if they do not.
    pub fn contacts_since(&self, now: Timestamp, shop: &Shop) -> Option<Timestamp> {
        let trees = self.steps.values().flat_map(Step::trees);
        trees.filter_map(|tree| tree.contacts_since(now, shop)).min()
    }

    /// The channels that it names, with what each reaches.
    pub fn channels(&self) -> BTreeMap<&str, &str> {
        let own = |name| (name, name);
        let steps = self.steps.values();
        steps
            .flat_map(|step| match step {
                Step::Message(message) => message.slots().into_iter().map(own).collect(),
                Step::Notify { channel, .. } => vec![own(channel.as_str())],
                Step::Webhook(webhook) => vec![(webhook.channel.as_str(), webhook::CHANNEL)],
                _ => Vec::new(),
            })
            .collect()
    }

    /// A content by name.
    pub fn content(&self, name: &str) -> Option<&Content> {
        self.contents.iter().find(|content| content.name == name)
    }

    /// What a message says: the content that it names, or facts.
    pub fn content_of(&self, message: &Message) -> Option<&Content> {
        self.webhook(&message.step).map_or_else(|| self.content(&message.content), |_| Some(WebhookStep::content()))
    }

    /// A step that asks a server of the shop's own.
    pub fn webhook(&self, step: &str) -> Option<&WebhookStep> {
        match self.steps.get(step) {
            Some(Step::Webhook(webhook)) => Some(webhook),
            _ => None,
        }
    }
}

impl Step {
    /// Every step that may come next.
    pub fn next(&self) -> Vec<&str> {
        match self {
            Self::Delay(delay) => delay.ways(),
            Self::Wait(wait) => wait.ways(),
            Self::Message(message) => {
                std::iter::once(&message.next).chain(&message.capped).map(String::as_str).collect()
            }
            Self::Split { arms } => arms.values().map(|arm| arm.next.as_str()).collect(),
            Self::Condition { branches, .. } => branches.values().map(String::as_str).collect(),
            Self::Tag { next, .. }
            | Self::Attribute { next, .. }
            | Self::List { next, .. }
            | Self::Notify { next, .. } => vec![next],
            Self::Webhook(webhook) => vec![&webhook.answered, &webhook.failed],
            Self::Repeat { next, then, .. } => vec![next, then],
            Self::Transfer { .. } | Self::Exit {} => Vec::new(),
        }
    }

    /// The contents that it may send, by name.
    pub fn contents(&self) -> Vec<&String> {
        match self {
            Self::Message(message) => message.contents().collect(),
            Self::Notify { content, .. } => vec![content],
            _ => Vec::new(),
        }
    }

    /// The rule trees that it decides by.
    pub fn trees(&self) -> Vec<&Group> {
        match self {
            Self::Condition { rule, rules, .. } => rule.iter().chain(rules.iter().map(|one| &one.rule)).collect(),
            _ => Vec::new(),
        }
    }

    /// The same without those that lead back only so often: these must end.
    pub fn onward(&self) -> Vec<&str> {
        match self {
            Self::Repeat { then, .. } => vec![then],
            _ => self.next(),
        }
    }

    /// The word of the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Wait(_) => "wait",
            Self::Condition { .. } => "condition",
            Self::Message(_) => "message",
            Self::Split { .. } => "split",
            Self::Tag { .. } => "tag",
            Self::Attribute { .. } => "attribute",
            Self::List { .. } => "list",
            Self::Notify { .. } => "notify",
            Self::Webhook(_) => "webhook",
            Self::Repeat { .. } => "repeat",
            Self::Transfer { .. } => "transfer",
            Self::Exit {} => "exit",
        }
    }
}

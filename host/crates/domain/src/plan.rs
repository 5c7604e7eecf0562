//! The planner: what a run does next.
//!
//! From a version, a run, what is known of its customer, the answers of plugins and a moment, [`plan`] makes the run
//! as it stands afterwards, the lines of its trace, and at most one message. It is total: every input has a plan. It
//! asks nobody: where it needs a plugin, the plan is a [`Question`], and the same call with the answer goes further.
//! So it runs alike in production, in `simulate` and in property tests.

mod action;
mod condition;
mod delay;
mod message;
mod notify;
mod split;
mod wait;
mod webhook;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::effect::{Effect, Names};
use crate::fact::FactRead;
use crate::facts::Subject;
use crate::message::Message;
use crate::plugin::PluginFailure;
use crate::run::{EndReason, Position, Run};
use crate::shop::{Connection, PluginRef};
use crate::split::Assignment;
use crate::strategy::{Policies, Step, Strategy, StrategyState, Version};
use crate::template::{TemplateBook, TemplateBooks};
use crate::time::{Span, Timestamp};
use crate::trace::{Happening, TraceEntry};
use message::Sending;
use notify::Notice;

/// How often a plugin that timed out is asked again on the same step (S12).
pub const TRIES: u32 = 3;
/// How far apart: three times over two minutes (S12).
pub const BETWEEN_TRIES: Span = Span::seconds(40);
/// Stands for the tries of a run that holds because its plugin may not be asked (S13).
const HELD: u32 = TRIES + 2;
/// How long a run that holds for a plugin, or whose strategy is paused, waits before it looks again.
pub const LOOK_AGAIN: Span = Span::minutes(1);

/// Everything a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The version that the run is pinned to.
    pub version: &'a Version,
    /// The strategy's state.
    pub state: StrategyState,
    /// Its policies as they are now: windows and lateness are read live (S28).
    pub policies: &'a Policies,
    /// The run as it stands.
    pub run: &'a Run,
    /// What is known, at [`Subject::now`].
    pub subject: &'a Subject,
    /// The shop's channel connections by name.
    pub channels: &'a BTreeMap<String, Connection>,
    /// What their providers say of their templates.
    pub templates: &'a TemplateBooks,
    /// The messages of the run.
    pub messages: &'a [&'a Message],
    /// A source that was silent for too long, which holds what an order may forbid (S08).
    pub stale_source: Option<&'a str>,
    /// What plugins have answered so far.
    pub answers: &'a Answers,
}

impl<'a> Situation<'a> {
    /// What a channel's provider says of its templates.
    fn templates_of(&self, channel: &str) -> Option<&'a TemplateBook> {
        self.templates.get(&self.channels.get(channel)?.id)
    }
}

/// What plugins have answered, by step.
pub type Answers = BTreeMap<String, Answer>;

/// A plugin's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Name, version and the begin of the digest, for people.
    pub by: String,
    /// SHA-256 of the component, hex; none where no version could be asked.
    pub digest: Option<String>,
    /// What it said.
    pub reply: Result<Reply, PluginFailure>,
    /// The facts it read.
    pub reads: Vec<FactRead>,
}

/// What a plugin said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A condition: the branch.
    Branch {
        /// Its name.
        branch: String,
        /// In the plugin's words.
        reason: Option<String>,
    },
    /// A selector: the content.
    Content {
        /// Its name.
        content: String,
        /// Extra variables.
        variables: Vec<(String, String)>,
        /// In the plugin's words.
        reason: Option<String>,
    },
}

/// What the planner needs to know from a plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The step that asks.
    pub step: String,
    /// Whom.
    pub plugin: PluginRef,
    /// With which configuration.
    pub config: Value,
    /// For a selector: the contents to choose from. None for a condition.
    pub candidates: Option<Vec<Offered>>,
    /// For a condition: the branches that are drawn, in order.
    pub drawn: Vec<String>,
}

impl Question {
    /// The configuration as a plugin is given it: what was left out is the empty one.
    pub fn asked_config(&self) -> Value {
        if self.config.is_null() { Value::Object(serde_json::Map::new()) } else { self.config.clone() }
    }
}

impl Reply {
    /// The branch, or the content with its variables.
    pub fn leads_to(&self) -> (&str, &[(String, String)]) {
        match self {
            Self::Branch { branch, .. } => (branch, &[]),
            Self::Content { content, variables, .. } => (content, variables),
        }
    }
}

/// A content that a selector may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offered {
    /// Its name.
    pub name: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// What a run does next.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The run afterwards.
    pub run: Run,
    /// What is added to its trace.
    pub trace: Vec<TraceEntry>,
    /// Messages it made; all but the last are skipped ones.
    pub messages: Vec<Message>,
    /// Arms that were drawn for the customer, by experiment (S16).
    pub experiments: BTreeMap<String, Assignment>,
    /// What changes about the customer.
    pub effects: Vec<Effect>,
    /// The strategy that takes over.
    pub transfer: Option<String>,
    /// What must be answered before any of this is meant.
    pub question: Option<Question>,
}

/// Makes the plan. See the module.
pub fn plan(situation: &Situation<'_>) -> Plan {
    Planner {
        situation,
        now: situation.subject.now,
        plan: Plan {
            run: situation.run.clone(),
            trace: Vec::new(),
            messages: Vec::new(),
            experiments: BTreeMap::new(),
            effects: Vec::new(),
            transfer: None,
            question: None,
        },
    }
    .make()
}

struct Planner<'a> {
    situation: &'a Situation<'a>,
    now: Timestamp,
    plan: Plan,
}

/// Whether there is more to do at once.
enum Flow {
    GoOn,
    Rest,
}

impl<'a> Planner<'a> {
    fn make(mut self) -> Plan {
        // A published graph has no cycle, so no way is longer than its steps.
        for _ in 0..self.definition().steps.len() + 2 {
            if matches!(self.take(), Flow::Rest) {
                break;
            }
        }
        self.plan
    }

    fn definition(&self) -> &'a Strategy {
        &self.situation.version.definition
    }

    fn take(&mut self) -> Flow {
        let due = self.plan.run.due_at;
        match self.plan.run.position.clone() {
            Position::Ended { .. } => Flow::Rest,
            _ if self.situation.state == StrategyState::Stopped => self.end(EndReason::Stopped),
            Position::Message { step, message } => self.after_message(&step, message),
            _ if due.is_none_or(|due| self.now < due) => Flow::Rest,
            _ if self.situation.state == StrategyState::Paused => {
                self.plan.run.due_at = Some(self.now + LOOK_AGAIN);
                Flow::Rest
            }
            Position::Settling => self.settle(due.unwrap_or(self.now)),
            Position::Step { step, since, tries } => self.step(&step, since, tries),
        }
    }

    /// S01: the trigger has been quiet for long enough.
    fn settle(&mut self, due: Timestamp) -> Flow {
        if self.plan.run.trigger.cart.is_some() {
            if self.cart_is_emptied() {
                return self.end(EndReason::CartEmptied);
            }
            let snapshot = self.situation.subject.cart.as_ref().and_then(|cart| cart.newest().cloned());
            self.plan.run.trigger.snapshot = snapshot;
        }
        self.tell(None, Happening::Settled, Vec::new());
        self.go(&self.definition().trigger.next, due)
    }

    fn step(&mut self, name: &str, since: Timestamp, tries: u32) -> Flow {
        match self.definition().steps.get(name) {
            None | Some(Step::Exit {}) => self.end(EndReason::Completed),
            Some(Step::Delay(delay)) => self.delay(name, delay, since),
            Some(Step::Wait(wait)) => self.listen(name, wait, since),
            Some(Step::Condition { rule: Some(rule), branches, .. }) => self.branch_by_rule(name, rule, branches),
            Some(Step::Condition { plugin: Some(plugin), config, branches, on_error, .. }) => {
                match self.situation.answers.get(name) {
                    None => self.ask(Question {
                        step: name.to_owned(),
                        plugin: plugin.clone(),
                        config: config.clone(),
                        candidates: None,
                        drawn: branches.keys().cloned().collect(),
                    }),
                    Some(answer) => self.branch_by_plugin(name, answer, branches, on_error, since, tries),
                }
            }
            Some(Step::Condition { rules, branches, .. }) if !rules.is_empty() => {
                self.branch_by_rules(name, rules, branches)
            }
            // Publishing refuses a condition without any of them.
            Some(Step::Condition { .. }) => self.end(EndReason::PluginFailed),
            Some(Step::Split { arms }) => self.split(name, arms),
            Some(Step::Tag { add, remove, next }) => {
                self.change(name, Effect::Tags(Names { add: add.clone(), remove: remove.clone() }), next)
            }
            Some(Step::List { add, remove, next }) => {
                self.change(name, Effect::Lists(Names { add: add.clone(), remove: remove.clone() }), next)
            }
            Some(Step::Attribute { set, next }) => self.change(name, Effect::Attributes { set: set.clone() }, next),
            Some(Step::Notify { channel, to, content, next }) => self.notify(&Notice {
                step: name,
                channel,
                to: self.staff_address(channel, to),
                content_name: content,
                content: self.definition().content(content),
                unsent: next,
                allowed_at: since,
            }),
            Some(Step::Webhook(webhook)) => self.call(name, webhook, since),
            Some(Step::Repeat { times, next, then }) => self.repeat(name, *times, next, then, since),
            Some(Step::Transfer { strategy }) => self.transfer(strategy),
            Some(Step::Message(message)) => self.message(&Sending { step: name, message, allowed_at: since }, tries),
        }
    }

    /// S01: an empty cart ends the run; one that became an order is no longer open and does not.
    fn cart_is_emptied(&self) -> bool {
        self.plan.run.trigger.cart.is_some()
            && self.plan.run.exit_taken.is_none()
            && self.situation.subject.cart.as_ref().is_some_and(|cart| cart.lines().is_empty())
    }

    fn ask(&mut self, question: Question) -> Flow {
        self.plan.question = Some(question);
        Flow::Rest
    }

    fn go(&mut self, next: &str, since: Timestamp) -> Flow {
        self.plan.run.position = Position::Step { step: next.to_owned(), since, tries: 0 };
        self.plan.run.due_at = Some(self.now);
        Flow::GoOn
    }

    fn wait(&mut self, step: &str, until: Timestamp, reads: Vec<FactRead>) {
        if self.plan.run.due_at != Some(until) {
            self.tell(Some(step), Happening::Waiting { until }, reads);
            self.plan.run.due_at = Some(until);
        }
    }

    fn rest_at(&mut self, step: &str, since: Timestamp, tries: u32, until: Timestamp) {
        self.plan.run.position = Position::Step { step: step.to_owned(), since, tries };
        self.plan.run.due_at = Some(until);
    }

    fn end(&mut self, reason: EndReason) -> Flow {
        self.plan.run.end(self.now, reason);
        self.tell(None, Happening::Ended { reason }, Vec::new());
        Flow::Rest
    }

    fn tell(&mut self, step: Option<&str>, what: Happening, facts: Vec<FactRead>) {
        self.plan.trace.push(TraceEntry { at: self.now, step: step.map(str::to_owned), what, facts });
    }

    fn tell_failure(&mut self, step: &str, answer: &Answer, failure: &PluginFailure, then: String) {
        let what = Happening::PluginFailed {
            by: answer.by.clone(),
            digest: answer.digest.clone(),
            problem: failure.to_string(),
            then,
        };
        self.tell(Some(step), what, answer.reads.clone());
    }
}

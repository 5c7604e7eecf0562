//! The planner: what a run does next.
//!
//! From a version, a run, what is known of its customer, the answers of plugins and a moment, [`plan`] makes the run
//! as it stands afterwards, the lines of its trace, and at most one message. It is total: every input has a plan. It
//! asks nobody: where it needs a plugin, the plan is a [`Question`], and the same call with the answer goes further.
//! So it runs alike in production, in `simulate` and in property tests.

use serde_json::Value;
use std::collections::BTreeMap;

use crate::content::Content;
use crate::facts::Subject;
use crate::ids::MessageId;
use crate::message::{Message, MessageState, SkipReason};
use crate::plugin::{PluginFailure, Problem};
use crate::policy::{self, Check};
use crate::rule::{Group, Truth};
use crate::run::{EndReason, Position, Run};
use crate::shop::{Connection, PluginRef};
use crate::strategy::{Select, Step, Strategy, StrategyState, Version};
use crate::time::{Span, Timestamp};
use crate::trace::{FactRead, Happening, TraceEntry};

/// How often a plugin that timed out is asked again on the same step (S12).
pub const TRIES: u32 = 3;
/// How far apart: three times over two minutes (S12).
pub const BETWEEN_TRIES: Span = Span::seconds(40);
/// How long a run that holds for a plugin, or whose strategy is paused, waits before it looks again.
pub const LOOK_AGAIN: Span = Span::minutes(1);

/// Everything a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The version that the run is pinned to.
    pub version: &'a Version,
    /// The strategy's state.
    pub state: StrategyState,
    /// The run as it stands.
    pub run: &'a Run,
    /// What is known, at [`Subject::now`].
    pub subject: &'a Subject,
    /// The shop's channel connections by name.
    pub channels: &'a BTreeMap<String, Connection>,
    /// The messages of the run.
    pub messages: &'a [&'a Message],
    /// What plugins have answered so far.
    pub answers: &'a Answers,
}

/// What plugins have answered, by step.
pub type Answers = BTreeMap<String, Answer>;

/// A plugin's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Name, version and digest of the plugin.
    pub by: String,
    /// What it said.
    pub reply: Result<Reply, PluginFailure>,
    /// The facts it read.
    pub reads: Vec<FactRead>,
}

/// What a plugin said.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// A content that a selector may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Its name.
    pub name: String,
    /// Its labels.
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
    /// What must be answered before any of this is meant.
    pub question: Option<Question>,
}

/// Makes the plan. See the module.
pub fn plan(situation: &Situation<'_>) -> Plan {
    Planner {
        situation,
        now: situation.subject.now,
        plan: Plan { run: situation.run.clone(), trace: Vec::new(), messages: Vec::new(), question: None },
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
            Some(Step::Delay { span, next }) => {
                let due = since + *span;
                if self.now >= due {
                    return self.go(next, due);
                }
                self.wait(name, due);
                Flow::Rest
            }
            Some(Step::Condition { rule: Some(rule), branches, .. }) => self.branch_by_rule(name, rule, branches),
            Some(Step::Condition { plugin: Some(plugin), config, branches, on_error, .. }) => {
                match self.situation.answers.get(name) {
                    None => self.ask(name, plugin, config, None),
                    Some(answer) => self.branch_by_plugin(name, answer, branches, on_error, since, tries),
                }
            }
            // Publishing refuses a condition without either.
            Some(Step::Condition { .. }) => self.end(EndReason::PluginFailed),
            Some(Step::Message { channel, content, select, next }) => {
                self.message(name, channel, content.as_deref(), select.as_ref(), next, since, tries)
            }
        }
    }

    fn branch_by_rule(&mut self, step: &str, rule: &Group, branches: &BTreeMap<String, String>) -> Flow {
        let mut reads = Vec::new();
        let truth = rule.evaluate(self.situation.subject, &mut reads);
        let branch = match truth {
            Truth::Yes => "yes",
            Truth::Unknown if branches.contains_key("unknown") => "unknown",
            Truth::No | Truth::Unknown => "no",
        };
        self.branch(step, branch, "rule", None, reads, branches)
    }

    fn branch_by_plugin(
        &mut self,
        step: &str,
        answer: &Answer,
        branches: &BTreeMap<String, String>,
        on_error: &str,
        since: Timestamp,
        tries: u32,
    ) -> Flow {
        let reads = answer.reads.clone();
        let failure = match &answer.reply {
            Ok(Reply::Branch { branch, reason }) if branches.contains_key(branch) => {
                return self.branch(step, branch, &answer.by, reason.clone(), reads, branches);
            }
            Ok(_) => PluginFailure {
                problem: Problem::InvalidAnswer,
                message: "its branch is not drawn at this step".into(),
            },
            Err(failure) => failure.clone(),
        };
        if let Some(rest) = self.try_again(step, answer, &failure, since, tries) {
            return rest;
        }
        if on_error == "hold" {
            let then = format!("holds, and looks again every {LOOK_AGAIN}");
            // Told once, not at every look.
            if tries <= TRIES {
                self.tell_failure(step, answer, &failure, then);
            }
            self.rest_at(step, since, TRIES + 1, self.now + LOOK_AGAIN);
            return Flow::Rest;
        }
        // Never a silent yes: what is not drawn falls to `no`.
        let branch = if branches.contains_key(on_error) { on_error } else { "no" };
        self.tell_failure(step, answer, &failure, format!("takes branch `{branch}` (on_error)"));
        self.branch(step, branch, "on_error", None, Vec::new(), branches)
    }

    /// S12: a time-out or missing slot is tried again; anything else would give the same answer.
    fn try_again(
        &mut self,
        step: &str,
        answer: &Answer,
        failure: &PluginFailure,
        since: Timestamp,
        tries: u32,
    ) -> Option<Flow> {
        if !failure.problem.may_pass() || tries >= TRIES {
            return None;
        }
        let again = self.now + BETWEEN_TRIES;
        self.tell_failure(step, answer, failure, format!("tries again at {again}"));
        self.rest_at(step, since, tries + 1, again);
        Some(Flow::Rest)
    }

    fn branch(
        &mut self,
        step: &str,
        branch: &str,
        by: &str,
        reason: Option<String>,
        reads: Vec<FactRead>,
        branches: &BTreeMap<String, String>,
    ) -> Flow {
        self.tell(Some(step), Happening::Branched { branch: branch.to_owned(), by: by.to_owned(), reason }, reads);
        match branches.get(branch) {
            Some(next) => self.go(next, self.now),
            None => self.end(EndReason::PluginFailed),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one step")]
    fn message(
        &mut self,
        step: &str,
        channel: &str,
        content: Option<&str>,
        select: Option<&Select>,
        next: &str,
        allowed_at: Timestamp,
        tries: u32,
    ) -> Flow {
        if self.cart_is_emptied() {
            return self.end(EndReason::CartEmptied);
        }
        let late_after = allowed_at + self.definition().policies.max_lateness;
        let (chosen, variables) = match (content, select) {
            (Some(name), _) => (Some(name.to_owned()), Vec::new()),
            (None, Some(select)) => {
                // A message that may not go out needs no selector.
                let first = select.candidates.first().and_then(|name| self.definition().content(name));
                let mut reads = Vec::new();
                if let Check::Skip(reason) = self.check(channel, first, late_after, &mut reads)
                    && reason != SkipReason::NoVariant
                {
                    let content = select.candidates.first().cloned().unwrap_or_default();
                    self.make_message(step, channel, &content, Vec::new(), allowed_at, Err(reason), reads);
                    return self.go(next, self.now);
                }
                match self.select(step, select, allowed_at, tries) {
                    Selected::Content(name, variables) => (Some(name), variables),
                    Selected::Nothing => (None, Vec::new()),
                    Selected::Rest => return Flow::Rest,
                }
            }
            (None, None) => (None, Vec::new()),
        };
        let mut reads = Vec::new();
        let content = chosen.as_deref().and_then(|name| self.definition().content(name));
        let name = chosen.clone().unwrap_or_default();
        match self.check(channel, content, late_after, &mut reads) {
            Check::Skip(reason) => {
                self.make_message(step, channel, &name, variables, allowed_at, Err(reason), reads);
                self.go(next, self.now)
            }
            Check::Paused => {
                self.plan.run.due_at = Some(self.now + LOOK_AGAIN);
                Flow::Rest
            }
            Check::Go(_) | Check::Hold(_) => {
                let id = self.make_message(step, channel, &name, variables, allowed_at, Ok(()), reads);
                self.plan.run.position = Position::Message { step: step.to_owned(), message: id };
                self.plan.run.due_at = None;
                Flow::Rest
            }
        }
    }

    fn check(
        &self,
        channel: &str,
        content: Option<&Content>,
        late_after: Timestamp,
        reads: &mut Vec<FactRead>,
    ) -> Check {
        policy::check(
            &policy::Candidate {
                strategy: self.situation.state,
                run_is_active: true,
                subject: self.situation.subject,
                channel_name: channel,
                channel: self.situation.channels.get(channel),
                content,
                late_after,
            },
            reads,
        )
    }

    fn select(&mut self, step: &str, select: &Select, since: Timestamp, tries: u32) -> Selected {
        let Some(answer) = self.situation.answers.get(step) else {
            let offered = select.candidates.iter().map(|name| Offered {
                name: name.clone(),
                labels: self.definition().content(name).map(|content| content.labels.clone()).unwrap_or_default(),
            });
            self.ask(step, &select.plugin, &select.config, Some(offered.collect()));
            return Selected::Rest;
        };
        let failure = match &answer.reply {
            Ok(Reply::Content { content, variables, reason }) if select.candidates.contains(content) => {
                let what =
                    Happening::Selected { content: content.clone(), by: answer.by.clone(), reason: reason.clone() };
                self.tell(Some(step), what, answer.reads.clone());
                return Selected::Content(content.clone(), variables.clone());
            }
            Ok(_) => PluginFailure { problem: Problem::InvalidAnswer, message: "it chose what was not offered".into() },
            Err(failure) => failure.clone(),
        };
        if self.try_again(step, answer, &failure, since, tries).is_some() {
            return Selected::Rest;
        }
        match &select.default {
            Some(content) => {
                self.tell_failure(step, answer, &failure, format!("takes the default `{content}`"));
                Selected::Content(content.clone(), Vec::new())
            }
            None => {
                self.tell_failure(step, answer, &failure, "skips the message: the step has no default".into());
                Selected::Nothing
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    fn make_message(
        &mut self,
        step: &str,
        channel: &str,
        content: &str,
        variables: Vec<(String, String)>,
        allowed_at: Timestamp,
        may_go: Result<(), SkipReason>,
        reads: Vec<FactRead>,
    ) -> MessageId {
        let run = &self.plan.run;
        // An exit may lead back to a step that was taken before: that is another contact.
        let iteration = self.situation.messages.iter().filter(|message| message.step == step).count() as u32;
        let id = MessageId::of_contact(self.situation.subject.shop.id, run.id, step, iteration, 0);
        let purpose = self.definition().content(content).map(|content| content.purpose).unwrap_or_default();
        let (state, due_at, what) = match may_go {
            Ok(()) => {
                let what =
                    Happening::MessageQueued { message: id, channel: channel.to_owned(), content: content.to_owned() };
                (MessageState::Queued, Some(self.now), what)
            }
            Err(reason) => (MessageState::Skipped { reason }, None, Happening::Skipped { reason }),
        };
        self.plan.messages.push(Message {
            id,
            run: run.id,
            customer: run.customer,
            step: step.to_owned(),
            iteration,
            slot: 0,
            channel: channel.to_owned(),
            content: content.to_owned(),
            variables,
            purpose,
            created_at: self.now,
            allowed_at,
            late_after: allowed_at + self.definition().policies.max_lateness,
            state,
            due_at,
            attempts: 0,
            to: None,
            locale: None,
            rendered: None,
            handed_over_at: None,
            provider_id: None,
            last_answer: None,
            receipt: None,
            changed_at: self.now,
        });
        self.tell(Some(step), what, reads);
        id
    }

    fn after_message(&mut self, step: &str, id: MessageId) -> Flow {
        let completed = match self.situation.messages.iter().find(|message| message.id == id) {
            Some(message) => message.completed_at(),
            // A message that was never committed: nothing waits for it.
            None => Some(self.now),
        };
        let next = match self.definition().steps.get(step) {
            Some(Step::Message { next, .. }) => next.clone(),
            _ => return self.end(EndReason::Completed),
        };
        match completed {
            Some(at) => self.go(&next, at),
            None => {
                self.plan.run.due_at = None;
                Flow::Rest
            }
        }
    }

    /// S01: an empty cart ends the run; one that became an order is no longer open and does not.
    fn cart_is_emptied(&self) -> bool {
        self.plan.run.trigger.cart.is_some()
            && self.plan.run.exit_taken.is_none()
            && self.situation.subject.cart.as_ref().is_some_and(|cart| cart.lines().is_empty())
    }

    fn ask(&mut self, step: &str, plugin: &PluginRef, config: &Value, candidates: Option<Vec<Offered>>) -> Flow {
        self.plan.question =
            Some(Question { step: step.to_owned(), plugin: plugin.clone(), config: config.clone(), candidates });
        Flow::Rest
    }

    fn go(&mut self, next: &str, since: Timestamp) -> Flow {
        self.plan.run.position = Position::Step { step: next.to_owned(), since, tries: 0 };
        self.plan.run.due_at = Some(self.now);
        Flow::GoOn
    }

    fn wait(&mut self, step: &str, until: Timestamp) {
        if self.plan.run.due_at != Some(until) {
            self.tell(Some(step), Happening::Waiting { until }, Vec::new());
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
        let what = Happening::PluginFailed { by: answer.by.clone(), problem: failure.to_string(), then };
        self.tell(Some(step), what, answer.reads.clone());
    }
}

enum Selected {
    Content(String, Vec<(String, String)>),
    Nothing,
    Rest,
}

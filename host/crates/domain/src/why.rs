//! Why a customer did, or did not, get something of a strategy: an answer for everybody, also for those whom it never
//! began for. What happened is told from what was written down; what never happened is checked as things stand.

mod sentences;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Display;

use crate::cap::Refusal;
use crate::customer::Customer;
use crate::fact::FactRead;
use crate::facts::Subject;
use crate::ids::{CustomerId, MessageId, RunId};
use crate::message::{Message, MessageState, Purpose, SkipReason};
use crate::message_step::MessageStep;
use crate::policy::{self, Candidate, Check};
use crate::run::{EndReason, Position, Run, Trigger};
use crate::said::{Said, Values};
use crate::sending;
use crate::strategy::{Step, StrategyState, TriggerKind};
use crate::time::Timestamp;
use crate::turned_away::NoEntry;
use crate::world::{LiveStrategy, World};
use crate::zone::Zone;

pub use sentences::FindingCode;

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At least one message left, or may have.
    Sent,
    /// A run is on its way, and nothing has left yet.
    Waiting,
    /// Runs are over, and nothing left.
    NotSent,
    /// It never began for this customer.
    NeverBegan,
}

/// What one check says.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// Which: `strategy`, `trigger`, `reentry`, `run`, or the step of a message.
    pub check: String,
    /// Whether it lets pass; none where that is not known.
    pub passes: Option<bool>,
    /// One of the reasons of messages, runs or entries, where it says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For people.
    pub words: String,
    /// Which sentence `words` is, for whoever says it in another language.
    pub code: FindingCode,
    /// What stands in that sentence, by name.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// The values that it was decided on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactRead>,
    /// The run that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The message that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Why {
    /// In one word.
    pub verdict: Verdict,
    /// One by one, the first that says no being the reason.
    pub findings: Vec<Finding>,
}

impl Finding {
    fn new<const N: usize>(
        check: impl Into<String>,
        passes: Option<bool>,
        code: FindingCode,
        values: [(&str, &dyn Display); N],
    ) -> Self {
        let Said { values, text: words, .. } = code.with(values);
        let check = check.into();
        Self { check, passes, reason: None, words, code, values, facts: Vec::new(), run: None, message: None }
    }

    fn because(mut self, reason: &impl Serialize) -> Self {
        self.reason = word(reason);
        self
    }

    fn on(mut self, facts: Vec<FactRead>) -> Self {
        self.facts = facts;
        self
    }
}

fn word(reason: &impl Serialize) -> Option<String> {
    serde_json::to_value(reason).ok()?.as_str().map(str::to_owned)
}

/// Answers for a customer of the world. `runs` are all runs that the customer ever had in the strategy, and
/// `messages` all of theirs.
pub fn why(
    world: &World,
    customer: CustomerId,
    strategy: &LiveStrategy,
    runs: &[Run],
    messages: &[Message],
    now: Timestamp,
) -> Option<Why> {
    let known = &world.customers.get(&customer)?.value;
    let verdict = match runs {
        [] => Verdict::NeverBegan,
        _ if messages.iter().any(Message::may_have_been_sent) => Verdict::Sent,
        _ if runs.iter().any(Run::is_active) => Verdict::Waiting,
        _ => Verdict::NotSent,
    };
    let mut findings = Vec::new();
    if verdict == Verdict::NeverBegan {
        findings.push(of_strategy(strategy));
        findings.push(of_trigger(world, known, strategy));
        findings.push(of_reentry(known, strategy, now));
        findings.extend(of_steps(world, customer, strategy, now));
    } else {
        for run in runs {
            findings.push(of_run(run));
            findings.extend(messages.iter().filter(|message| message.run == run.id).map(of_message));
        }
    }
    Some(Why { verdict, findings })
}

fn of_strategy(strategy: &LiveStrategy) -> Finding {
    let facts = vec![
        FactRead::new("strategy.state", word(&strategy.record.state)),
        FactRead::new("strategy.version", strategy.version.number),
        FactRead::new("strategy.published_at", strategy.version.published_at),
    ];
    let (passes, code) = match strategy.record.state {
        StrategyState::Live => (true, FindingCode::IsLive),
        StrategyState::Paused => (false, FindingCode::IsPaused),
        StrategyState::Closed => (false, FindingCode::IsClosed),
        StrategyState::Stopped => (false, FindingCode::IsStopped),
    };
    Finding::new("strategy", Some(passes), code, []).on(facts)
}

/// Whether anything came that begins it: what was turned away is known exactly, the rest from what is on record.
fn of_trigger(world: &World, customer: &Customer, strategy: &LiveStrategy) -> Finding {
    if let Some(turned_away) = customer.turned_away.get(&strategy.record.id) {
        let facts = vec![
            FactRead::new("event.type", turned_away.event.as_str()),
            FactRead::new("event.id", turned_away.event_id.as_str()),
            FactRead::new("event.occurred_at", turned_away.occurred_at),
            FactRead::new("turned_away_at", turned_away.at),
        ];
        let code = match turned_away.reason {
            NoEntry::StrategyNotLive => FindingCode::WasNotLive,
            NoEntry::LateEvent => FindingCode::CameLate,
            NoEntry::NotAgain => FindingCode::NotAgain,
            NoEntry::AtCheckout => FindingCode::AtCheckout,
        };
        return Finding::new("trigger", Some(false), code, []).because(&turned_away.reason).on(facts);
    }
    let trigger = &strategy.version.definition.trigger;
    let of_customer = || world.carts.of(customer.id).map(|entry| &entry.value);
    let newest = match trigger.on {
        TriggerKind::Cart => of_customer().filter_map(|cart| Some(cart.cart.as_ref()?.updated_at)).max(),
        TriggerKind::Checkout => of_customer().filter_map(|cart| Some(cart.checkout.as_ref()?.updated_at)).max(),
        TriggerKind::OrderPlaced | TriggerKind::OrderPaid => {
            world.orders.of(customer.id).map(|order| order.value.placed_at).max()
        }
        _ => None,
    };
    let is_on_record = matches!(
        trigger.on,
        TriggerKind::Cart | TriggerKind::Checkout | TriggerKind::OrderPlaced | TriggerKind::OrderPaid
    );
    let what = word(&trigger.on).unwrap_or_default().replace('_', " ");
    let facts = vec![FactRead::new("trigger.newest_at", newest)];
    let says = |passes, code: FindingCode| Finding::new("trigger", passes, code, [("what", &what)]);
    match newest {
        Some(at) if at < strategy.version.published_at => says(Some(false), FindingCode::OlderThanVersion).on(facts),
        Some(_) => says(None, FindingCode::BeganNothing).on(facts),
        None if is_on_record => says(Some(false), FindingCode::NothingOnRecord).on(facts),
        None => says(None, FindingCode::NothingTurnedAway),
    }
}

fn of_reentry(customer: &Customer, strategy: &LiveStrategy, now: Timestamp) -> Finding {
    let key = crate::identity::customer_key(customer.id);
    let lets_in = strategy.version.definition.policies.reentry.lets_in(customer, strategy.record.id, &key, now);
    let code = if lets_in { FindingCode::MayEnter } else { FindingCode::MayNotEnter };
    Finding::new("reentry", Some(lets_in), code, [])
}

/// What each message step would say at this moment, had the run come to it.
fn of_steps(world: &World, customer: CustomerId, strategy: &LiveStrategy, now: Timestamp) -> Vec<Finding> {
    let run = imagined(customer, strategy, now);
    let Some(subject) = world.subject(&run, now) else { return Vec::new() };
    let steps = strategy.version.definition.steps.iter();
    let messages = steps.filter_map(|(name, step)| match step {
        Step::Message(message) => Some((name.as_str(), message)),
        _ => None,
    });
    messages.flat_map(|(name, message)| of_step(world, strategy, (&run, &subject), name, message)).collect()
}

fn of_step(
    world: &World,
    strategy: &LiveStrategy,
    (run, subject): (&Run, &Subject),
    name: &str,
    message: &MessageStep,
) -> Vec<Finding> {
    let content = message.contents().next().and_then(|name| strategy.version.definition.content(name));
    let one = |channel: &str| {
        let candidate = Candidate {
            strategy: StrategyState::Live,
            run_is_active: true,
            subject,
            channel_name: channel,
            channel: world.connections.get(channel).map(|entry| &entry.value),
            templates: world.templates_of(channel),
            content,
            allowed_at: subject.now,
            policies: &strategy.version.definition.policies,
            exempt_order: None,
            stale_source: world.stale_source(run, subject.now),
            overdue_went_at: None,
            before: None,
            recipient: None,
        };
        let mut facts = Vec::new();
        let check = policy::check(&candidate, &mut facts);
        let is_marketing = content.is_some_and(|content| content.purpose == Purpose::Marketing);
        let capped = Some(run).filter(|_| is_marketing).and_then(|run| refusal(world, run, channel, subject.now));
        let says = |passes, code: FindingCode| Finding::new("", Some(passes), code, [("channel", &channel)]);
        let waits = |until: Timestamp, code: FindingCode| {
            Finding::new("", Some(true), code, [("channel", &channel), ("until", &until)])
        };
        let skips = |reason: SkipReason, code: FindingCode| {
            let values: [(&str, &dyn Display); 2] = [("channel", &channel), ("reason", &words_of(&reason))];
            Finding::new("", Some(false), code, values).because(&reason)
        };
        let finding = match check {
            Check::Go(_) | Check::Wait(_) | Check::WaitForSender(_) if let Some(refusal) = &capped => {
                facts.extend(refusal.reads());
                skips(refusal.reason(), FindingCode::WouldBeRefused)
            }
            Check::Go(_) => says(true, FindingCode::WouldGo),
            Check::Wait(until) => waits(until, FindingCode::WouldWait),
            Check::WaitForSender(until) => waits(until, FindingCode::WouldWaitForSender),
            Check::Paused => Finding::new("", Some(false), FindingCode::WouldBePaused, []),
            Check::Skip(reason) => skips(reason, FindingCode::WouldBeSkipped),
            Check::Hold(reason) => {
                let (words, step) = (words_of(&reason), crate::outcome::next_step(reason));
                let values: [(&str, &dyn Display); 3] =
                    [("channel", &channel), ("reason", &words), ("next_step", &step)];
                Finding::new("", Some(false), FindingCode::WouldBeHeld, values).because(&reason)
            }
        };
        Finding { check: format!("steps.{name}"), facts, ..finding }
    };
    message.slots().into_iter().map(one).collect()
}

/// The cap that has no room for a run's marketing over a channel (S20).
fn refusal(world: &World, run: &Run, channel: &str, now: Timestamp) -> Option<Refusal> {
    let zone = Zone::named(&world.shop.time_zone).unwrap_or_else(Zone::utc);
    let customer = &world.customers.get(&run.customer)?.value;
    sending::marketing_caps(world, run, channel).judge(customer, run, channel, None, &zone, now).err()
}

/// A run as it would begin now.
fn imagined(customer: CustomerId, strategy: &LiveStrategy, now: Timestamp) -> Run {
    Run::settling(RunId(Default::default()), strategy.ids(), customer, Trigger::default(), now)
}

fn of_run(run: &Run) -> Finding {
    let mut facts = vec![FactRead::new("run.started_at", run.started_at), FactRead::new("run.due_at", run.due_at)];
    let finding = match &run.position {
        Position::Settling => Finding::new("run", None, FindingCode::Settles, []),
        Position::Step { step, .. } => Finding::new("run", None, FindingCode::AtStep, [("step", step)]),
        Position::Message { step, .. } => Finding::new("run", None, FindingCode::WaitsForMessage, [("step", step)]),
        Position::Ended { ended_at, reason } => {
            facts.push(FactRead::new("run.ended_at", *ended_at));
            let passes = *reason == EndReason::Completed;
            let words = words_of(reason);
            Finding::new("run", Some(passes), FindingCode::Ended, [("reason", &words)]).because(reason)
        }
    };
    Finding { run: Some(run.id), facts, ..finding }
}

fn of_message(message: &Message) -> Finding {
    let mut facts = vec![FactRead::new("message.channel", message.channel.as_str())];
    facts.extend(message.sender.as_deref().map(|sender| FactRead::new("message.sender", sender)));
    facts.extend(message.handed_over_at.map(|at| FactRead::new("message.handed_over_at", at)));
    facts.extend(message.due_at.map(|at| FactRead::new("message.due_at", at)));
    facts.extend(message.last_answer.as_ref().map(|answer| FactRead::new("provider.words", answer.text.as_str())));
    let says = |passes, code: FindingCode| Finding::new("", passes, code, []);
    let finding = match &message.state {
        MessageState::Accepted => says(Some(true), FindingCode::Accepted),
        MessageState::HandedOver { .. } => says(Some(true), FindingCode::HandedOver),
        MessageState::Uncertain => says(None, FindingCode::Uncertain),
        MessageState::Queued | MessageState::Prepared { .. } => says(None, FindingCode::OnItsWay),
        MessageState::HeldOut => says(Some(false), FindingCode::HeldOut),
        MessageState::Held { reason } => {
            let (words, step) = (words_of(reason), crate::outcome::next_step(*reason));
            let values: [(&str, &dyn Display); 2] = [("reason", &words), ("next_step", &step)];
            Finding::new("", Some(false), FindingCode::Held, values).because(reason)
        }
        MessageState::Skipped { reason } => {
            Finding::new("", Some(false), FindingCode::Skipped, [("reason", &words_of(reason))]).because(reason)
        }
        MessageState::Rejected { class } => {
            let words = class.name().replace('_', " ");
            let finding = Finding::new("", Some(false), FindingCode::Rejected, [("reason", &words)]);
            Finding { reason: Some(class.name().to_owned()), ..finding }
        }
    };
    let (run, id) = (Some(message.run), Some(message.id));
    Finding { check: format!("steps.{}", message.step), facts, run, message: id, ..finding }
}

fn words_of(reason: &impl Serialize) -> String {
    word(reason).unwrap_or_default().replace('_', " ")
}

//! Plays a fixture: the calls that the service would make, with the answers that the fixture holds in place of the
//! outside world.

use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{PluginFailure, PluginKind, PluginRecord, Problem, Usage};
use cartwright_domain::template::TemplateNews;
use cartwright_engine::ports::{
    Answered, ConnectionCall, Escape, Parsed, PluginCall, Plugins, ReceiptEvent, Received, Response, Step,
    TemplatePart, Verification, Webhook,
};
use serde_json::{Value, json};

use super::fixture::Fixture;
use super::fixture::body::Body;
use super::fixture::exchange::{RequestDocument, ResponseDocument};
use super::fixture::expectation::Expectation;
use super::fixture::tasks::{self, TaskDocument};
use super::workbench::Workbench;
use crate::clock::Stopwatch;
use crate::failure::counted;

/// Rounds of requests that one task may take (S42).
const ROUNDS: usize = 5;

/// What came of a fixture.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    pub(crate) came: Expectation,
    pub(crate) usage: Usage,
}

impl Played {
    fn new(came: Expectation, stopwatch: Stopwatch) -> Self {
        Self { came, usage: Usage { micros: stopwatch.micros(), ..Usage::default() } }
    }

    fn decided<T>(answered: Answered<T>, stopwatch: Stopwatch, came: impl FnOnce(T) -> Expectation) -> Self {
        let Answered { result, reads, log, usage } = answered;
        let mut came = result.map_or_else(|failure| Expectation::failed(&failure), came).with_reads(&reads);
        came.log = (!log.is_empty()).then_some(log);
        let measured = Self::new(came, stopwatch);
        // What the runtime counts leaves out the start of the instance, as the limits do.
        if usage == Usage::default() { measured } else { Self { usage, ..measured } }
    }
}

/// A document of something that the host itself made.
pub(crate) fn document(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

impl Workbench {
    /// Makes the calls of a fixture. An error is the fixture's own.
    pub(crate) async fn play(&self, record: &PluginRecord, fixture: &Fixture) -> Result<Played, String> {
        fixture.fits(record.kind)?;
        let call = self.call(record, &fixture.config, fixture.grants.clone());
        if let Err(failure) = self.runtime.check_config(&call).await {
            return Ok(Played::new(Expectation::failed(&failure), Stopwatch::start()));
        }
        match record.kind {
            PluginKind::Condition => self.evaluate(&call, fixture).await,
            PluginKind::Selector => self.select(&call, fixture).await,
            PluginKind::Renderer => Ok(self.render(&call, fixture).await),
            PluginKind::Channel | PluginKind::Source => {
                let call = self.connection(call, &fixture.secrets, fixture.now);
                match &fixture.webhook {
                    Some(webhook) => {
                        let webhook = webhook.webhook(&fixture.secrets)?;
                        let stopwatch = Stopwatch::start();
                        Ok(Played::new(self.receive(record.kind, &call, &webhook).await, stopwatch))
                    }
                    None if record.kind == PluginKind::Channel => self.channel_task(&call, fixture).await,
                    None => self.source_task(&call, fixture).await,
                }
            }
        }
    }

    async fn evaluate(&self, call: &PluginCall, fixture: &Fixture) -> Result<Played, String> {
        let subject = fixture.facts.clone().unwrap_or_default().subject(fixture.now, 0)?;
        let stopwatch = Stopwatch::start();
        let answered = one(self.runtime.evaluate(call, &[subject]).await)?;
        Ok(Played::decided(answered, stopwatch, |verdict| Expectation {
            branch: Some(verdict.branch),
            reason: verdict.reason,
            ..Expectation::default()
        }))
    }

    async fn select(&self, call: &PluginCall, fixture: &Fixture) -> Result<Played, String> {
        let subject = fixture.facts.clone().unwrap_or_default().subject(fixture.now, 0)?;
        let candidates = candidates(fixture);
        let stopwatch = Stopwatch::start();
        let answered = one(self.runtime.select(call, &candidates, &[subject]).await)?;
        Ok(Played::decided(answered, stopwatch, |choice| Expectation {
            content: candidates.get(choice.candidate).map(|candidate| candidate.name.clone()),
            variables: Some(choice.variables.into_iter().collect()),
            reason: choice.reason,
            ..Expectation::default()
        }))
    }

    async fn render(&self, call: &PluginCall, fixture: &Fixture) -> Played {
        let parts = parts(fixture);
        let stopwatch = Stopwatch::start();
        let Some(data) = &fixture.data else {
            let checked = self.runtime.check_templates(call, &parts).await;
            let came = checked.map_or_else(
                |failure| Expectation::failed(&failure),
                |report| Expectation {
                    reads: Some(report.variables),
                    errors: Some(report.errors.into_iter().collect()),
                    ..Expectation::default()
                },
            );
            return Played::new(came, stopwatch);
        };
        let mut rendered = self.runtime.render(call, &parts, std::slice::from_ref(data)).await;
        let came = match rendered.pop() {
            Some(Ok(texts)) => Expectation { texts: Some(texts.into_iter().collect()), ..Expectation::default() },
            Some(Err(failure)) => Expectation::failed(&failure),
            None => Expectation::default(),
        };
        Played::new(came, stopwatch)
    }

    /// Verifies a webhook and, where it is authentic, reads it.
    async fn receive(&self, kind: PluginKind, call: &ConnectionCall, webhook: &Webhook) -> Expectation {
        let verification = match self.runtime.verify(call, webhook).await {
            Err(failure) => return Expectation::failed(&failure),
            Ok(Verification::Authentic) => json!("authentic"),
            Ok(Verification::Refused(why)) => return verified(json!({ "refused": why })),
            Ok(Verification::Handshake { status, content_type, body }) => {
                let handshake = json!({ "status": status, "content_type": content_type, "body": Body(body) });
                return verified(json!({ "handshake": handshake }));
            }
        };
        let read = if kind == PluginKind::Source {
            self.runtime.parse(call, webhook).await.map(parsed)
        } else {
            self.runtime.receive(call, webhook).await.map(received)
        };
        let came = read.unwrap_or_else(|failure| Expectation::failed(&failure));
        Expectation { verification: Some(verification), ..came }
    }

    /// Goes through the rounds of a channel's task.
    async fn channel_task(&self, call: &ConnectionCall, fixture: &Fixture) -> Result<Played, String> {
        let task = asked(fixture)?.of_channel(fixture.now)?;
        let stopwatch = Stopwatch::start();
        let mut rounds = Rounds::new(fixture);
        let mut step = self.runtime.channel_begin(call, &task).await;
        loop {
            let (state, answers) = match rounds.next(step.map(|step| done(step, tasks::channel_done)))? {
                Turn::End(came) => return Ok(Played::new(*came, stopwatch)),
                Turn::Resume { state, answers } => (state, answers),
            };
            step = self.runtime.channel_resume(call, task.kind(), &state, &answers).await;
        }
    }

    /// The same for a source.
    async fn source_task(&self, call: &ConnectionCall, fixture: &Fixture) -> Result<Played, String> {
        let task = asked(fixture)?.of_source()?;
        let stopwatch = Stopwatch::start();
        let mut rounds = Rounds::new(fixture);
        let mut step = self.runtime.source_begin(call, &task).await;
        loop {
            let (state, answers) = match rounds.next(step.map(|step| done(step, tasks::source_done)))? {
                Turn::End(came) => return Ok(Played::new(*came, stopwatch)),
                Turn::Resume { state, answers } => (state, answers),
            };
            step = self.runtime.source_resume(call, task.kind(), &state, &answers).await;
        }
    }
}

fn asked(fixture: &Fixture) -> Result<&TaskDocument, String> {
    fixture.task.as_ref().ok_or_else(|| "a fixture needs `task` or `webhook`".to_owned())
}

/// A step with its end as a document.
fn done<T>(step: Step<T>, told: impl FnOnce(&T) -> Value) -> Step<Value> {
    match step {
        Step::Done(end) => Step::Done(told(&end)),
        Step::Call { requests, state } => Step::Call { requests, state },
    }
}

/// How far a task has come, with the answers that the fixture holds.
struct Rounds<'a> {
    answers: &'a [Vec<ResponseDocument>],
    requests: Vec<Vec<Value>>,
}

/// What is next.
enum Turn {
    Resume { state: Vec<u8>, answers: Vec<Response> },
    End(Box<Expectation>),
}

impl<'a> Rounds<'a> {
    fn new(fixture: &'a Fixture) -> Self {
        Self { answers: &fixture.responses, requests: Vec::new() }
    }

    /// Takes a step. An error is the fixture's own: it holds other answers than the plugin asks for.
    fn next(&mut self, step: Result<Step<Value>, PluginFailure>) -> Result<Turn, String> {
        let end = match step {
            Err(failure) => Expectation::failed(&failure),
            Ok(Step::Done(_)) if self.requests.len() < self.answers.len() => {
                return Err(format!(
                    "`responses` holds {}, but the plugin was done after {}; leave the others out",
                    counted(self.answers.len(), "round"),
                    self.requests.len()
                ));
            }
            Ok(Step::Done(outcome)) => Expectation { outcome: Some(outcome), ..Expectation::default() },
            Ok(Step::Call { requests, state }) => {
                let round = self.requests.len();
                let captures: Vec<_> = requests.iter().map(|request| request.captures.clone()).collect();
                let shown = requests.into_iter().map(|request| document(&RequestDocument::from(request)));
                self.requests.push(shown.collect());
                if round == ROUNDS {
                    let words = format!("it asks for more than {ROUNDS} rounds of requests; the limit is {ROUNDS}");
                    Expectation::failed(&PluginFailure::new(Problem::InvalidAnswer, words))
                } else if let Some(answers) = self.answers.get(round) {
                    if answers.len() != captures.len() {
                        let (has, needs) = (counted(answers.len(), "answer"), counted(captures.len(), "request"));
                        return Err(format!("`responses[{round}]` holds {has}, but the plugin made {needs} there"));
                    }
                    let answers = answers.iter().zip(&captures).map(|(answer, captures)| answer.seen(captures));
                    return Ok(Turn::Resume { state, answers: answers.collect() });
                } else {
                    Expectation::default()
                }
            }
        };
        Ok(Turn::End(Box::new(Expectation { requests: Some(std::mem::take(&mut self.requests)), ..end })))
    }
}

pub(crate) fn candidates(fixture: &Fixture) -> Vec<Offered> {
    let offered = fixture.candidates.iter();
    offered.map(|one| Offered { name: one.name.clone(), labels: one.labels.clone() }).collect()
}

pub(crate) fn parts(fixture: &Fixture) -> Vec<TemplatePart> {
    let part = |leaf: &super::fixture::TemplateDocument| TemplatePart {
        name: leaf.name.clone(),
        template: leaf.template.clone(),
        escape: if leaf.html { Escape::Html } else { Escape::None },
    };
    fixture.templates.iter().map(part).collect()
}

fn one<T>(mut answers: Vec<Answered<T>>) -> Result<Answered<T>, String> {
    answers.pop().ok_or_else(|| "the runtime gave no answer".to_owned())
}

fn verified(verification: Value) -> Expectation {
    Expectation { verification: Some(verification), ..Expectation::default() }
}

fn parsed(parsed: Parsed) -> Expectation {
    match parsed {
        Parsed::Events(events) => {
            Expectation { events: Some(events.iter().map(document).collect()), ..Expectation::default() }
        }
        Parsed::UnknownTopic(topic) => Expectation { unknown_topic: Some(topic), ..Expectation::default() },
    }
}

fn received(received: Received) -> Expectation {
    let one = |event: &ReceiptEvent| {
        let mut shown = document(&event.receipt);
        shown["id"] = event.id.clone().into();
        shown["at"] = document(&event.at);
        shown
    };
    let told = |news: &TemplateNews| {
        let TemplateNews { name, locale, state, words, at } = news;
        json!({ "name": name, "locale": locale, "state": state, "words": words, "at": at })
    };
    let templates: Vec<Value> = received.templates.iter().map(told).collect();
    Expectation {
        receipts: Some(received.receipts.iter().map(one).collect()),
        templates: Some(templates).filter(|told| !told.is_empty()),
        ..Expectation::default()
    }
}

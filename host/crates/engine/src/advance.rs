//! Advances runs that are due: facts are loaded in bulk, plugins are asked in batches, the planner decides, and state
//! and messages are committed together. Nothing leaves the process here.

use cartwright_domain::facts::Subject;
use cartwright_domain::ids::{RunId, ShopId};
use cartwright_domain::message::Message;
use cartwright_domain::plan::{Answer, Answers, Plan, Question, Reply, Situation, plan};
use cartwright_domain::plugin::{PluginFailure, PluginKind, PluginRecord, Problem};
use cartwright_domain::run::Run;
use cartwright_domain::shop::Connection;
use cartwright_domain::world::{Entry, World};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Engine;
use crate::batch::changes_of;
use crate::ports::{Answered, PluginCall, StoreError, Wanted};
use crate::settings::ShopSettings;

/// Runs of one transaction.
const BATCH: u32 = 256;

impl Engine {
    /// Advances one batch of due runs; how many.
    pub(crate) async fn advance_runs(&self, shop: ShopId) -> Result<usize, StoreError> {
        let now = self.now();
        let due = self.store.due_runs(shop, now, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        let wanted = Wanted { runs: due.clone(), contacts_since: settings.contacts_since(now), ..Wanted::default() };
        let mut world = self.load_world(&settings, &wanted).await?;
        let channels: BTreeMap<String, Connection> =
            settings.channels.iter().map(|(name, entry)| (name.clone(), entry.value.clone())).collect();
        let mut planned = self.plan_all(&settings, &world, &channels, &due).await;
        for id in &due {
            if let Some(plan) = planned.remove(id) {
                take_plan(&mut world, plan);
            }
        }
        self.store.commit(shop, &changes_of(world)).await?;
        self.failpoints.reach("run.advanced");
        Ok(due.len())
    }

    /// Plans until no run has a question left. Runs ask in rounds, and each round is one batch per plugin.
    async fn plan_all(
        &self,
        settings: &ShopSettings,
        world: &World,
        channels: &BTreeMap<String, Connection>,
        due: &[RunId],
    ) -> BTreeMap<RunId, Plan> {
        let mut answers: BTreeMap<RunId, Answers> = BTreeMap::new();
        let mut open: Vec<RunId> = due.to_vec();
        let mut done = BTreeMap::new();
        let none = Answers::new();
        while !open.is_empty() {
            let mut questions = Vec::new();
            for id in std::mem::take(&mut open) {
                let Some(run) = world.runs.get(&id).map(|entry| &entry.value) else { continue };
                let Some(subject) = world.subject(run, self.now()) else { continue };
                let Some(plan) = plan_of(world, channels, run, &subject, answers.get(&id).unwrap_or(&none)) else {
                    continue;
                };
                match plan.question.clone() {
                    Some(question) => {
                        questions.push((id, Subject { step: question.step.as_str().into(), ..subject }, question))
                    }
                    None => {
                        done.insert(id, plan);
                    }
                }
            }
            for (id, step, answer) in self.ask(settings, questions).await {
                answers.entry(id).or_default().insert(step, answer);
                open.push(id);
            }
        }
        done
    }

    /// Asks each plugin once about all runs that wait for it with the same configuration.
    async fn ask(
        &self,
        settings: &ShopSettings,
        questions: Vec<(RunId, Subject, Question)>,
    ) -> Vec<(RunId, String, Answer)> {
        let mut batches: Vec<(Question, Vec<(RunId, Subject)>)> = Vec::new();
        for (id, subject, question) in questions {
            let same = |(other, _): &&mut (Question, _)| {
                other.plugin == question.plugin
                    && other.config == question.config
                    && other.candidates == question.candidates
                    && other.step == question.step
            };
            match batches.iter_mut().find(same) {
                Some((_, asked)) => asked.push((id, subject)),
                None => batches.push((question, vec![(id, subject)])),
            }
        }
        let mut answers = Vec::new();
        for (question, asked) in batches {
            let (ids, subjects): (Vec<RunId>, Vec<Subject>) = asked.into_iter().unzip();
            let given = self.ask_one(settings, &question, &subjects).await;
            answers.extend(ids.into_iter().zip(given).map(|(id, answer)| (id, question.step.clone(), answer)));
        }
        answers
    }

    async fn ask_one(&self, settings: &ShopSettings, question: &Question, subjects: &[Subject]) -> Vec<Answer> {
        let kind = if question.candidates.is_some() { PluginKind::Selector } else { PluginKind::Condition };
        let Some(plugin) = settings.plugin(kind, &question.plugin) else {
            let failure = PluginFailure::new(
                Problem::NotInstalled,
                format!("no active {kind} `{}`; install it, or change the step", question.plugin),
            );
            let answer =
                Answer { by: question.plugin.to_string(), digest: None, reply: Err(failure), reads: Vec::new() };
            return vec![answer; subjects.len()];
        };
        let config =
            if question.config.is_null() { Value::Object(Default::default()) } else { question.config.clone() };
        let call = PluginCall {
            shop: settings.shop.id,
            digest: plugin.digest.clone(),
            config,
            grants: Arc::new(plugin.grants.clone()),
            limits: plugin.limits,
        };
        match &question.candidates {
            None => {
                let verdicts = self.plugins.evaluate(&call, subjects).await;
                verdicts.into_iter().map(|verdict| answer_of(plugin, verdict, Reply::from)).collect()
            }
            Some(offered) => {
                let choices = self.plugins.select(&call, offered, subjects).await;
                choices.into_iter().map(|choice| answer_of(plugin, choice, |choice| choice.reply(offered))).collect()
            }
        }
    }
}

/// The plan of a run, if its version is known.
pub(crate) fn plan_of(
    world: &World,
    channels: &BTreeMap<String, Connection>,
    run: &Run,
    subject: &Subject,
    answers: &Answers,
) -> Option<Plan> {
    let messages: Vec<&Message> = world.messages_of(run.id).collect();
    Some(plan(&Situation {
        version: world.versions.get(&run.version)?,
        state: world.strategy_state(run),
        run,
        subject,
        channels,
        messages: &messages,
        answers,
    }))
}

fn take_plan(world: &mut World, plan: Plan) {
    let id = plan.run.id;
    if let Some(entry) = world.runs.get_mut(&id) {
        *entry.edit() = plan.run;
    }
    for entry in plan.trace {
        world.tell(id, entry);
    }
    for message in plan.messages {
        world.messages.insert(message.id, Entry::new(message));
    }
}

fn answer_of<T>(plugin: &PluginRecord, answered: Answered<T>, reply: impl FnOnce(T) -> Reply) -> Answer {
    Answer {
        by: plugin.label(),
        digest: Some(plugin.digest.clone()),
        reply: answered.result.map(reply),
        reads: answered.reads,
    }
}

//! Whom a step asks: the active version, its canary for a share of the customers, nobody while somebody stopped the
//! plugin or its circuit breaker is open. What is found out on the way is kept until the batch's commit holds.

use cartwright_domain::decision::{DecisionRecord, TrapRecord};
use cartwright_domain::facts::Subject;
use cartwright_domain::ids::{RunId, ShopId};
use cartwright_domain::plan::{Answer, Question, Reply};
use cartwright_domain::plugin::breaker::counts;
use cartwright_domain::plugin::{Breaker, PluginFailure, PluginKind, PluginRecord, Problem, Stage, is_in_canary};
use cartwright_domain::time::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Engine;
use crate::ports::{Answered, Note, NoteKind, PluginCall};
use crate::settings::ShopSettings;
use crate::shadow::Shadowed;

/// Traps of one call that are kept; more of them tell nothing new.
const TRAPS: usize = 20;

/// What a batch found out about plugins beside its answers.
#[derive(Default)]
pub(crate) struct Findings {
    /// Subjects in order, by version: whether it failed on them.
    pub(crate) outcomes: BTreeMap<String, Vec<bool>>,
    /// Failures with everything they came from.
    pub(crate) traps: Vec<Note>,
    /// What shadows are to be asked.
    pub(crate) shadowed: Vec<Shadowed>,
}

impl Engine {
    /// Asks each plugin once about all runs that wait for it with the same configuration.
    pub(crate) async fn ask(
        &self,
        settings: &ShopSettings,
        questions: Vec<(RunId, Subject, Question)>,
        found: &mut Findings,
    ) -> Vec<(RunId, String, Answer)> {
        let mut batches: Vec<(Question, Vec<(RunId, Subject)>)> = Vec::new();
        for (id, subject, question) in questions {
            match batches.iter_mut().find(|(other, _)| *other == question) {
                Some((_, asked)) => asked.push((id, subject)),
                None => batches.push((question, vec![(id, subject)])),
            }
        }
        let mut answers = Vec::new();
        for (question, asked) in batches {
            let (ids, subjects): (Vec<RunId>, Vec<Subject>) = asked.into_iter().unzip();
            let given = self.ask_one(settings, &question, subjects, found).await;
            answers.extend(ids.into_iter().zip(given).map(|(id, answer)| (id, question.step.clone(), answer)));
        }
        answers
    }

    async fn ask_one(
        &self,
        settings: &ShopSettings,
        question: &Question,
        subjects: Vec<Subject>,
        found: &mut Findings,
    ) -> Vec<Answer> {
        let kind = if question.candidates.is_some() { PluginKind::Selector } else { PluginKind::Condition };
        let Some(active) = settings.active(kind, &question.plugin) else {
            let failure = PluginFailure::new(
                Problem::NotInstalled,
                format!("no active {kind} `{}`; install it, or change the step", question.plugin),
            );
            let by = question.plugin.to_string();
            return vec![Answer { by, digest: None, reply: Err(failure), reads: Vec::new() }; subjects.len()];
        };
        if let Some(kill) = settings.kills.get(&active.name) {
            let why = format!("{} stopped it at {}: {}; revive it to go on", kill.by, kill.at, kill.why);
            return vec![held(active, &why); subjects.len()];
        }
        let mut answers: Vec<Option<Answer>> = vec![None; subjects.len()];
        if let Some(canary) = settings.beside(active, |stage| matches!(stage, Stage::Canary { .. })) {
            self.ask_canary(settings, canary, question, &subjects, &mut answers, found).await;
        }
        let places: Vec<usize> = (0..subjects.len()).filter(|place| answers[*place].is_none()).collect();
        let left: Vec<Subject> = places.iter().map(|place| subjects[*place].clone()).collect();
        let given = self.ask_active(settings, active, question, &left, found).await;
        if let Some(shadow) = settings.beside(active, |stage| *stage == Stage::Shadow)
            && !left.is_empty()
        {
            found.shadowed.push(Shadowed {
                active: active.clone(),
                shadow: shadow.clone(),
                question: question.clone(),
                subjects: left,
                answers: given.clone(),
            });
        }
        for (place, answer) in places.into_iter().zip(given) {
            answers[place] = Some(answer);
        }
        let missing = || held(active, "the runtime left it without an answer");
        answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect()
    }

    /// The canary's answers for its share. Where it fails there is none: the active version decides in the same step
    /// (S12).
    async fn ask_canary(
        &self,
        settings: &ShopSettings,
        canary: &Arc<PluginRecord>,
        question: &Question,
        subjects: &[Subject],
        answers: &mut [Option<Answer>],
        found: &mut Findings,
    ) {
        let Stage::Canary { percent } = canary.stage else { return };
        let is_share = |subject: &Subject| is_in_canary(subject.customer.id, &canary.digest, percent);
        let places: Vec<usize> = (0..subjects.len()).filter(|place| is_share(&subjects[*place])).collect();
        let Some(now) = places.first().map(|place| subjects[*place].now) else { return };
        let mut breaker = self.breakers.of(settings, canary, found, now);
        if breaker.is_open() {
            return;
        }
        let share: Vec<Subject> = places.iter().map(|place| subjects[*place].clone()).collect();
        let given = self.call_plugin(settings, canary, question, &share, &mut found.traps).await;
        for (place, answer) in places.into_iter().zip(given) {
            count(&mut breaker, canary, &answer, now, found);
            answers[place] = answer.reply.is_ok().then_some(answer);
        }
    }

    async fn ask_active(
        &self,
        settings: &ShopSettings,
        active: &Arc<PluginRecord>,
        question: &Question,
        subjects: &[Subject],
        found: &mut Findings,
    ) -> Vec<Answer> {
        let Some(now) = subjects.first().map(|subject| subject.now) else { return Vec::new() };
        let mut breaker = self.breakers.of(settings, active, found, now);
        let mut probed = None;
        if breaker.is_open() {
            let place = match self.take_probe(settings, active, now).await {
                Some(number) => number as usize % subjects.len(),
                None => return vec![held(active, &why_open(&breaker)); subjects.len()],
            };
            let probe = std::slice::from_ref(&subjects[place]);
            let given = self.call_plugin(settings, active, question, probe, &mut found.traps).await;
            let Some(answer) = given.into_iter().next().filter(|answer| outcome_of(answer) == Some(false)) else {
                return vec![held(active, &why_open(&breaker)); subjects.len()];
            };
            if !self.close_breaker(settings, active).await {
                return vec![held(active, &why_open(&breaker)); subjects.len()];
            }
            breaker = Breaker::default();
            probed = Some((place, answer));
        }
        let rest: Vec<Subject> = match &probed {
            Some((place, _)) => subjects
                .iter()
                .enumerate()
                .filter(|(other, _)| other != place)
                .map(|(_, subject)| subject.clone())
                .collect(),
            None => subjects.to_vec(),
        };
        let mut answers = self.call_plugin(settings, active, question, &rest, &mut found.traps).await;
        for answer in &mut answers {
            // From where it opens, whoever it fails on holds instead of taking the branch for errors.
            let was_open = breaker.is_open();
            count(&mut breaker, active, answer, now, found);
            if was_open && outcome_of(answer) == Some(true) {
                *answer = held(active, &why_open(&breaker));
            }
        }
        if let Some((place, answer)) = probed {
            answers.insert(place, answer);
        }
        answers
    }

    /// Calls a version about subjects, and counts what it took. The runtime gives one answer for each.
    pub(crate) async fn call_plugin(
        &self,
        settings: &ShopSettings,
        version: &PluginRecord,
        question: &Question,
        subjects: &[Subject],
        traps: &mut Vec<Note>,
    ) -> Vec<Answer> {
        if subjects.is_empty() {
            return Vec::new();
        }
        let shop = settings.shop.id;
        let call = PluginCall {
            shop,
            digest: version.digest.clone(),
            config: question.asked_config(),
            grants: Arc::new(version.grants.clone()),
            limits: version.limits,
        };
        let answers: Vec<Answer> = match &question.candidates {
            None => {
                let verdicts = self.plugins.evaluate(&call, subjects).await;
                self.observed(shop, version, subjects, &verdicts);
                verdicts.into_iter().map(|verdict| answer_of(version, verdict, Reply::from)).collect()
            }
            Some(offered) => {
                let choices = self.plugins.select(&call, offered, subjects).await;
                self.observed(shop, version, subjects, &choices);
                choices.into_iter().map(|choice| answer_of(version, choice, |choice| choice.reply(offered))).collect()
            }
        };
        let answers: Vec<Answer> = answers.into_iter().map(|answer| drawn(question, answer)).collect();
        traps.extend(self.traps_of(version, question, subjects, &answers));
        answers
    }

    fn observed<T>(&self, shop: ShopId, version: &PluginRecord, subjects: &[Subject], answers: &[Answered<T>]) {
        self.watch.called(shop, &version.digest);
        for (subject, answer) in subjects.iter().zip(answers) {
            self.watch.answered(shop, &version.digest, answer.usage, answer.result.as_ref().err());
            self.watch.logged(shop, &version.digest, Some(subject.now), Some(subject.run), &answer.log);
        }
    }

    fn traps_of(
        &self,
        version: &PluginRecord,
        question: &Question,
        subjects: &[Subject],
        answers: &[Answer],
    ) -> Vec<Note> {
        let mut mint = self.entropy.mint(self.now());
        let failed = subjects.iter().zip(answers).filter(|(_, answer)| outcome_of(answer) == Some(true));
        let trap = |(subject, answer): (&Subject, &Answer)| {
            let failure = answer.reply.as_ref().err()?.clone();
            let decision = DecisionRecord::new(version, question, subject.run, subject.now, answer);
            let record = TrapRecord { id: mint.next(), at: subject.now, failure, decision };
            Some(Note {
                kind: NoteKind::Trap,
                subject: version.digest.clone(),
                id: record.id,
                at: record.at,
                run: Some(subject.run),
                document: json!(record),
            })
        };
        failed.take(TRAPS).filter_map(trap).collect()
    }
}

impl ShopSettings {
    /// The version that stands beside the active one at a stage.
    fn beside(&self, active: &PluginRecord, stage: impl Fn(&Stage) -> bool) -> Option<&Arc<PluginRecord>> {
        self.plugins
            .iter()
            .find(|record| stage(&record.stage) && record.kind == active.kind && record.is_of_line(active))
    }
}

fn outcome_of(answer: &Answer) -> Option<bool> {
    counts(answer.reply.as_ref().map_err(|failure| failure.problem))
}

fn count(breaker: &mut Breaker, version: &PluginRecord, answer: &Answer, now: Timestamp, found: &mut Findings) {
    if let Some(failed) = outcome_of(answer) {
        breaker.count(failed, now);
        found.outcomes.entry(version.digest.clone()).or_default().push(failed);
    }
}

/// An answer that leaves the run where it is.
fn held(version: &PluginRecord, why: &str) -> Answer {
    Answer {
        by: version.label(),
        digest: Some(version.digest.clone()),
        reply: Err(PluginFailure::new(Problem::Held, why)),
        reads: Vec::new(),
    }
}

fn why_open(breaker: &Breaker) -> String {
    let Some(open) = breaker.opened() else { return "its circuit breaker is open".to_owned() };
    let (since, failures, subjects) = (open.since, open.failures, open.subjects);
    format!(
        "its circuit breaker is open since {since}: it failed on {failures} of {subjects} subjects; the first good answer to a probe closes it"
    )
}

/// A branch that leads nowhere is no answer.
fn drawn(question: &Question, mut answer: Answer) -> Answer {
    if let Ok(Reply::Branch { branch, .. }) = &answer.reply
        && !question.drawn.contains(branch)
    {
        let message = format!("it took the branch `{branch}`, which is not drawn at this step");
        answer.reply = Err(PluginFailure::new(Problem::InvalidAnswer, message));
    }
    answer
}

fn answer_of<T>(version: &PluginRecord, answered: Answered<T>, reply: impl FnOnce(T) -> Reply) -> Answer {
    Answer {
        by: version.label(),
        digest: Some(version.digest.clone()),
        reply: answered.result.map(reply),
        reads: answered.reads,
    }
}

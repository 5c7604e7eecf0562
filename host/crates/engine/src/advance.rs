//! Advances runs that are due: facts are loaded in bulk, plugins are asked in batches, the planner decides, and state
//! and messages are committed together. Nothing leaves the process here.

use cartwright_domain::facts::Subject;
use cartwright_domain::ids::{RunId, ShopId};
use cartwright_domain::message::Message;
use cartwright_domain::plan::{Answers, Plan, Situation, plan};
use cartwright_domain::planned;
use cartwright_domain::run::Run;
use cartwright_domain::shop::Connection;
use cartwright_domain::world::World;
use std::collections::BTreeMap;

use crate::Engine;
use crate::asking::Findings;
use crate::batch::changes_of;
use crate::ports::{StoreError, Wanted};
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
        let mut wanted =
            Wanted { runs: due.clone(), contacts_since: settings.contacts_since(now), ..Wanted::default() };
        let mut world = self.load_world(&settings, &wanted).await?;
        // Runs of older versions may look further back than anything that is current.
        let pinned = world.versions.values().filter_map(|version| version.definition.contacts_since(now, &world.shop));
        if let Some(further) = pinned.min().filter(|asked| wanted.contacts_since.is_none_or(|since| *asked < since)) {
            wanted.contacts_since = Some(further);
            world = self.load_world(&settings, &wanted).await?;
        }
        let channels: BTreeMap<String, Connection> =
            settings.channels.iter().map(|(name, entry)| (name.clone(), entry.value.clone())).collect();
        let mut found = Findings::default();
        let mut found_plans = self.plan_all(&settings, &world, &channels, &due, &mut found).await;
        let mut mint = self.entropy.mint(now);
        let plans = due.iter().filter_map(|id| found_plans.remove(id));
        planned::take(&mut world, &mut mint, plans, now);
        self.commit(shop, changes_of(world)).await?;
        self.failpoints.reach("run.advanced");
        self.conclude(&settings, found).await;
        Ok(due.len())
    }

    /// What a batch found out about plugins, once its commit holds. The decisions stand, whatever goes wrong here.
    async fn conclude(&self, settings: &ShopSettings, found: Findings) {
        let shop = settings.shop.id;
        let Findings { outcomes, traps, shadowed } = found;
        let mut notes = traps;
        for shadowed in shadowed {
            notes.extend(self.ask_shadow(settings, shadowed).await);
        }
        let counted = self.count_outcomes(settings, outcomes).await;
        let written = match notes.is_empty() {
            true => Ok(()),
            false => self.store.write_notes(shop, &notes).await,
        };
        let flushed = self.flush_figures_if_due(shop).await;
        for error in [counted, written, flushed].into_iter().filter_map(Result::err) {
            tracing::error!(%shop, %error, "what a batch found out about plugins could not be kept");
        }
    }

    /// Plans until no run has a question left. Runs ask in rounds, and each round is one batch per plugin.
    async fn plan_all(
        &self,
        settings: &ShopSettings,
        world: &World,
        channels: &BTreeMap<String, Connection>,
        due: &[RunId],
        found: &mut Findings,
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
            for (id, step, answer) in self.ask(settings, questions, found).await {
                answers.entry(id).or_default().insert(step, answer);
                open.push(id);
            }
        }
        done
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
        policies: world.policies(run)?,
        run,
        subject,
        channels,
        templates: &world.templates,
        messages: &messages,
        stale_source: world.stale_source(run, subject.now),
        answers,
    }))
}

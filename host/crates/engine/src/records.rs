//! What was written down about plugins, read back as it was meant.

use cartwright_domain::change::Change;
use cartwright_domain::decision::{DecisionAnswer, DecisionRecord, Difference, LogEntry, TrapRecord};
use cartwright_domain::ids::{NoteId, RunId, ShopId, VersionId};
use cartwright_domain::message_step::MessageStep;
use cartwright_domain::plan::{Offered, Reply};
use cartwright_domain::plugin::{
    AuditEntry, Figures, PluginFailure, PluginKind, PluginRecord, Problem, Rejected, Tally,
};
use cartwright_domain::strategy::{Step, Strategy, Version};
use cartwright_domain::time::Span;
use cartwright_domain::trace::{Happening, TraceEntry};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Engine;
use crate::ports::{Note, NoteKind, Page, PageRequest, StoreError};

/// Figures of a version, by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FiguresByDay {
    /// Over all these days.
    pub total: Figures,
    /// Each day, such as `2026-11-21`, in UTC.
    pub days: BTreeMap<String, Figures>,
}

impl Engine {
    /// Uploads that were refused, newest first.
    pub async fn rejected_uploads(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Rejected>, StoreError> {
        read_all(self.store.notes(shop, NoteKind::Rejected, "", page).await?)
    }

    /// Who did what to a plugin, newest first.
    pub async fn plugin_audit(
        &self,
        shop: ShopId,
        name: &str,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        read_all(self.store.notes(shop, NoteKind::Audit, name, page).await?)
    }

    /// Writes down what somebody changed.
    pub async fn record_change(&self, shop: ShopId, change: &Change) -> Result<(), StoreError> {
        let document = serde_json::to_value(change)
            .map_err(|error| StoreError::Failed(format!("a change cannot be written: {error}")))?;
        let (kind, subject) = (NoteKind::Change, String::new());
        let note = Note { kind, subject, id: change.id, at: change.at, run: None, document };
        self.store.write_notes(shop, &[note]).await
    }

    /// What people and programs changed in a shop, newest first.
    pub async fn changes(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Change>, StoreError> {
        read_all(self.store.notes(shop, NoteKind::Change, "", page).await?)
    }

    /// Where a shadow differed, newest first.
    pub async fn plugin_differences(
        &self,
        shop: ShopId,
        digest: &str,
        page: &PageRequest,
    ) -> Result<Page<Difference>, StoreError> {
        read_all(self.store.notes(shop, NoteKind::Difference, digest, page).await?)
    }

    /// Failures of a version with everything they came from, newest first.
    pub async fn plugin_traps(
        &self,
        shop: ShopId,
        digest: &str,
        page: &PageRequest,
    ) -> Result<Page<TrapRecord>, StoreError> {
        read_all(self.store.notes(shop, NoteKind::Trap, digest, page).await?)
    }

    /// One of them.
    pub async fn plugin_trap(&self, shop: ShopId, digest: &str, id: NoteId) -> Result<Option<TrapRecord>, StoreError> {
        self.store.note(shop, NoteKind::Trap, digest, id).await?.map(read).transpose()
    }

    /// Lines of a version's log, newest first. Those of this node are among them; another's follow within seconds.
    pub async fn plugin_logs(
        &self,
        shop: ShopId,
        digest: &str,
        page: &PageRequest,
    ) -> Result<Page<LogEntry>, StoreError> {
        self.flush_figures(shop).await?;
        read_all(self.store.notes(shop, NoteKind::Log, digest, page).await?)
    }

    /// Figures of a version over the last days, today among them.
    pub async fn plugin_figures(&self, shop: ShopId, digest: &str, days: u32) -> Result<FiguresByDay, StoreError> {
        self.flush_figures(shop).await?;
        let since = self.now() - Span::days(i64::from(days.max(1)) - 1);
        let since: String = since.to_string().chars().take(10).collect();
        let (mut total, mut by_day) = (Tally::default(), BTreeMap::<String, Tally>::new());
        for figure in self.store.figures(shop, digest, &since).await? {
            total.add(&figure.name, figure.value);
            by_day.entry(figure.day).or_default().add(&figure.name, figure.value);
        }
        let days = by_day.into_iter().map(|(day, tally)| (day, tally.figures())).collect();
        Ok(FiguresByDay { total: total.figures(), days })
    }

    /// The decisions of plugins in a run, oldest first, each with all that is needed to make it again; none for a run
    /// that is not there.
    pub async fn decisions_of_run(&self, shop: ShopId, run: RunId) -> Result<Option<Vec<DecisionRecord>>, StoreError> {
        let Some(run) = self.store.run(shop, run).await? else { return Ok(None) };
        let entries = self.store.trace(shop, run.id).await?.into_iter().map(|entry| (run.id, entry)).collect();
        let versions = BTreeMap::from([(run.id, run.version)]);
        self.decisions(shop, entries, versions).await.map(Some)
    }

    /// The newest decisions of a version, as far as the traces go.
    pub async fn decisions_of_plugin(
        &self,
        shop: ShopId,
        digest: &str,
        limit: u32,
    ) -> Result<Vec<DecisionRecord>, StoreError> {
        let entries = self.store.decided_by(shop, digest, limit).await?;
        let mut versions = BTreeMap::new();
        for (id, _) in &entries {
            if !versions.contains_key(id)
                && let Some(run) = self.store.run(shop, *id).await?
            {
                versions.insert(*id, run.version);
            }
        }
        self.decisions(shop, entries, versions).await
    }

    async fn decisions(
        &self,
        shop: ShopId,
        entries: Vec<(RunId, TraceEntry)>,
        versions: BTreeMap<RunId, VersionId>,
    ) -> Result<Vec<DecisionRecord>, StoreError> {
        let installed = self.store.plugins(shop).await?;
        let pinned = self.versions(shop, &versions.values().copied().collect::<Vec<_>>()).await?;
        let record = |(run, entry): (RunId, TraceEntry)| {
            let version: &Arc<Version> = pinned.get(versions.get(&run)?)?;
            decision_of(&version.definition, &installed, run, entry)
        };
        Ok(entries.into_iter().filter_map(record).collect())
    }
}

/// A line of a trace as a decision, if a plugin made it.
fn decision_of(
    definition: &Strategy,
    installed: &[PluginRecord],
    run: RunId,
    entry: TraceEntry,
) -> Option<DecisionRecord> {
    let (digest, answer) = match entry.what {
        Happening::Branched { branch, digest, reason, .. } => {
            (digest?, DecisionAnswer::Decided(Reply::Branch { branch, reason }))
        }
        Happening::Selected { content, digest, reason, variables, .. } => {
            (digest?, DecisionAnswer::Decided(Reply::Content { content, variables, reason }))
        }
        Happening::PluginFailed { digest, problem, .. } => {
            let (problem, message) = failure_of(&problem)?;
            (digest?, DecisionAnswer::Failed(PluginFailure::new(problem, message)))
        }
        _ => return None,
    };
    let version = installed.iter().find(|record| record.digest == digest)?;
    let step = entry.step?;
    let (kind, config, candidates) = match definition.steps.get(&step)? {
        Step::Condition { config, .. } => (PluginKind::Condition, config, Vec::new()),
        Step::Message(MessageStep { select: Some(select), .. }) => {
            let labels = |name: &str| definition.content(name).map(|content| content.labels.clone());
            let offered = select
                .candidates
                .iter()
                .map(|name| Offered { name: name.clone(), labels: labels(name).unwrap_or_default() });
            (PluginKind::Selector, &select.config, offered.collect())
        }
        _ => return None,
    };
    Some(DecisionRecord {
        plugin: version.name.clone(),
        version: version.version.clone(),
        digest,
        kind,
        config: if config.is_null() { Value::Object(Map::new()) } else { config.clone() },
        run,
        step,
        now: entry.at,
        candidates,
        facts: entry.facts,
        answer,
    })
}

/// Traces tell a failure as `trap: unreachable`. A plugin that was only held decided nothing.
fn failure_of(told: &str) -> Option<(Problem, String)> {
    let (problem, message) = told.split_once(": ")?;
    let problem = Problem::ALL.into_iter().find(|known| known.to_string() == problem)?;
    (problem != Problem::Held).then(|| (problem, message.to_owned()))
}

/// A document as a note.
pub(crate) fn note_of(kind: NoteKind, entry: &AuditEntry) -> Note {
    Note { kind, subject: entry.plugin.clone(), id: entry.id, at: entry.at, run: None, document: json!(entry) }
}

pub(crate) fn read_all<T: DeserializeOwned>(found: Page<Note>) -> Result<Page<T>, StoreError> {
    let items = found.items.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(Page { items, next: found.next })
}

fn read<T: DeserializeOwned>(note: Note) -> Result<T, StoreError> {
    let kind = note.kind.name();
    serde_json::from_value(note.document)
        .map_err(|error| StoreError::Failed(format!("the stored {kind} {} cannot be read: {error}", note.id)))
}

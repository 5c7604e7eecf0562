//! Sources that are asked: what is new, what was before, whether their webhooks still come, and, before somebody is
//! written to, for orders (S08).
//!
//! A task is begun by a commit, so that nobody else begins it while its lease lasts. Then its requests leave, and what
//! it comes to is one commit again: the events, the cursor, and when it is due next. A crash in between loses nothing:
//! the same page is asked for again, and events that were told twice are one (S02).

mod orders;
mod settling;

use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::plugin::SourceTaskKind;
use cartwright_domain::shop::{Connection, ConnectionKind};
use cartwright_domain::source::{ASKED_EVERY, SourceState, Trouble, TroubleKind};
use cartwright_domain::time::Span;
use cartwright_domain::world::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use crate::Engine;
use crate::ports::{Changes, Refusal, RefusalKind, SourceDone, SourceTask, StoreError};
use crate::settings::{ShopSettings, can_be_asked};

/// No round of a task begins later than this after its first.
const PATIENCE: Span = Span::seconds(60);
/// Conflicts in a row before a commit is given up.
const CONFLICTS: u32 = 10;

/// What a source said, or why it said nothing.
type Said = Result<SourceDone, Trouble>;

/// Why the past of a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BackfillFailure {
    /// There is none.
    #[error("the shop has no source `{0}`; connect it first")]
    NoSource(String),
    /// It cannot.
    #[error("the source `{0}` cannot read its past; its plugin does no `backfill`, or may reach no host")]
    NotAble(String),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Asks the sources of a shop what they are due to be asked; how many tasks were begun.
    pub(crate) async fn ask_sources(&self, shop: ShopId) -> Result<usize, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        if settings.sources.is_empty() || self.rehearsed_silence.is_some() {
            return Ok(0);
        }
        let (mut states, connections) = self.planned(&settings, self.store.source_states(shop).await?);
        let now = self.now();
        let mut begun = Vec::new();
        for state in &mut states {
            if let Some(task) = state.value.due_task(now) {
                state.edit().begin(task, now);
                begun.push((state.value.connection, task));
            }
        }
        states.retain(|state| state.changed);
        if states.is_empty() && connections.is_empty() {
            return Ok(0);
        }
        self.commit(shop, Changes { sources: states, connections, ..Changes::default() }).await?;
        self.failpoints.reach("source.begun");
        let count = begun.len();
        for (connection, task) in begun {
            self.beside(shop, |engine| async move { engine.do_task(shop, connection, task).await }).await?;
        }
        Ok(count)
    }

    /// What is known of each source, with what its plugin can do by now; and the connections that this changes.
    fn planned(
        &self,
        settings: &ShopSettings,
        known: Vec<Entry<SourceState>>,
    ) -> (Vec<Entry<SourceState>>, Vec<Entry<Connection>>) {
        let now = self.now();
        let mut known: BTreeMap<ConnectionId, Entry<SourceState>> =
            known.into_iter().map(|entry| (entry.value.connection, entry)).collect();
        let (mut states, mut connections) = (Vec::new(), Vec::new());
        for source in settings.sources.values() {
            let abilities = match source.value.held {
                Some(_) => &[][..],
                None => settings.source_abilities(&source.value),
            };
            if source.value.can_be_asked != can_be_asked(abilities) {
                let mut changed = source.clone();
                let connection = changed.edit();
                connection.can_be_asked = can_be_asked(abilities);
                connection.heard_at = connection.silence_bound().map(|_| connection.heard_at.unwrap_or(now));
                connections.push(changed);
            }
            let mut state = match known.remove(&source.value.id) {
                Some(state) => state,
                None if abilities.is_empty() => continue,
                None => Entry::new(SourceState::new(source.value.id)),
            };
            let mut planned = state.value.clone();
            planned.plan(abilities, self.is_reachable(), now);
            if planned != state.value {
                *state.edit() = planned;
            }
            states.push(state);
        }
        (states, connections)
    }

    /// A source was saved: what its plugin can do is planned, and what failed is tried at once.
    pub(crate) async fn plan_source(&self, shop: ShopId, connection: ConnectionId) -> Result<(), StoreError> {
        self.change_sources(shop, |state, engine| {
            if state.connection == connection {
                state.try_again(engine.now());
            }
        })
        .await
    }

    /// Reads the past of a source, from its beginning.
    pub async fn begin_backfill(&self, shop: ShopId, name: &str) -> Result<(), BackfillFailure> {
        let settings = self.settings(shop).await?;
        let source = settings.as_ref().and_then(|settings| settings.sources.get(name));
        let (Some(settings), Some(source)) = (&settings, source.map(|entry| &entry.value)) else {
            return Err(BackfillFailure::NoSource(name.to_owned()));
        };
        let reads = settings.source_abilities(source).iter().any(|ability| ability.task == SourceTaskKind::Backfill);
        if !reads {
            return Err(BackfillFailure::NotAble(name.to_owned()));
        }
        let id = source.id;
        self.change_sources(shop, |state, engine| {
            if state.connection == id {
                state.begin_backfill(engine.now());
            }
        })
        .await?;
        Ok(())
    }

    /// Changes what is known of sources as somebody asks for it, whoever works on the shop.
    async fn change_sources(&self, shop: ShopId, change: impl Fn(&mut SourceState, &Self)) -> Result<(), StoreError> {
        if self.rehearsed_silence.is_some() {
            return Ok(());
        }
        for _ in 0..CONFLICTS {
            let Some(settings) = self.settings(shop).await? else { return Ok(()) };
            let (mut states, connections) = self.planned(&settings, self.store.source_states(shop).await?);
            for state in &mut states {
                let mut changed = state.value.clone();
                change(&mut changed, self);
                if changed != state.value {
                    *state.edit() = changed;
                }
            }
            states.retain(|state| state.changed);
            if states.is_empty() && connections.is_empty() {
                return Ok(());
            }
            match self.store.commit(shop, &Changes { sources: states, connections, ..Changes::default() }).await {
                Err(StoreError::Conflict) => {}
                other => {
                    self.wake_for([shop]);
                    return other.map(|_| ());
                }
            }
        }
        Err(StoreError::Conflict)
    }

    /// Does a task that was begun, to its end.
    async fn do_task(&self, shop: ShopId, connection: ConnectionId, kind: SourceTaskKind) -> Result<(), StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(()) };
        let Some(source) = settings.sources.values().find(|entry| entry.value.id == connection) else { return Ok(()) };
        let states = self.store.source_states(shop).await?;
        let Some(state) = states.into_iter().find(|entry| entry.value.connection == connection) else { return Ok(()) };
        let said = match self.task_of(&settings, &state.value, kind).await? {
            Some(task) => Some(self.ask_source(shop, &source.value, &task).await?),
            None => None,
        };
        self.settle_sources(shop, vec![(connection, kind, said)], &[]).await
    }

    /// What a source is asked; none where there is nothing to ask.
    async fn task_of(
        &self,
        settings: &ShopSettings,
        state: &SourceState,
        kind: SourceTaskKind,
    ) -> Result<Option<SourceTask>, StoreError> {
        Ok(match kind {
            SourceTaskKind::Poll => Some(SourceTask::Poll(state.cursor.clone())),
            SourceTaskKind::Backfill => state.backfill.as_ref().and_then(|backfill| {
                Some(SourceTask::Backfill { kind: backfill.reading?, cursor: backfill.cursor.clone() })
            }),
            SourceTaskKind::Subscribe => {
                let address = || SourceTask::Subscribe(self.webhook_address(state.connection));
                self.is_reachable().then(address)
            }
            SourceTaskKind::Probe => Some(SourceTask::Probe),
            SourceTaskKind::OrdersOf => {
                let names = self.names_due_within(settings, ASKED_EVERY).await?;
                let can_probe = state.tasks.contains_key(&SourceTaskKind::Probe);
                match names.is_empty() {
                    false => Some(SourceTask::OrdersOf(names)),
                    true => can_probe.then_some(SourceTask::Probe),
                }
            }
        })
    }

    /// Runs a task of a source to its end.
    async fn ask_source(&self, shop: ShopId, source: &Connection, task: &SourceTask) -> Result<Said, StoreError> {
        debug_assert_eq!(source.kind, ConnectionKind::Source);
        let trouble = |kind, code, text, not_before| Trouble { at: self.now(), kind, code, text, not_before };
        let Some(call) = self.connection_call(shop, source).await? else {
            let text = format!("no active version of the plugin `{}` is installed", source.plugin);
            return Ok(Err(trouble(TroubleKind::Plugin, None, text, None)));
        };
        let said = match self.tasks().run(&call, task, self.now() + PATIENCE).await {
            Ok(SourceDone::Failed(Refusal { kind, code, text })) => {
                let (kind, not_before) = match kind {
                    RefusalKind::Auth => (TroubleKind::Auth, None),
                    RefusalKind::RateLimited(until) => (TroubleKind::RateLimited, until),
                    RefusalKind::Transient => (TroubleKind::Transient, None),
                    RefusalKind::Permanent => (TroubleKind::Permanent, None),
                };
                Err(trouble(kind, code, text, not_before))
            }
            Ok(done) => Ok(done),
            Err(failure) => Err(trouble(TroubleKind::Plugin, None, failure.to_string(), None)),
        };
        if let Err(trouble) = &said {
            tracing::warn!(%shop, source = source.name, text = trouble.text, "a source did not answer");
        }
        Ok(said)
    }

    /// In a rehearsal, a source is down from now on, or up again.
    pub(crate) fn rehearse_silence(&self, name: &str, is_down: bool) {
        let Some(silent) = &self.rehearsed_silence else { return };
        let mut silent = silent.lock().unwrap_or_else(PoisonError::into_inner);
        match is_down {
            true => silent.insert(name.to_owned()),
            false => silent.remove(name),
        };
    }

    /// In a rehearsal, the sources that the log says are down.
    pub(crate) fn silent_in_rehearsal(&self) -> Option<BTreeSet<String>> {
        let silent = self.rehearsed_silence.as_ref()?;
        Some(silent.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

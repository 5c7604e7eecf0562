//! Circuit breakers at work (S13). What was counted since the last failure lies in memory: a batch without failures
//! costs no statement. The first failure brings it all into the database, and where a breaker opens or closes, the
//! revision of the settings moves with it, so that every node knows by its next batch.

use cartwright_domain::alert::{Alarm, AlertCause, AlertCode};
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::breaker::WINDOW;
use cartwright_domain::plugin::{Audited, Breaker, PluginRecord, Stage};
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::Engine;
use crate::asking::Findings;
use crate::install::Audit;
use crate::life::PluginChange;
use crate::ports::{NoteKind, StoreError};
use crate::settings::ShopSettings;

/// Who does what a circuit breaker does, in the audit.
const BY: &str = "circuit breaker";
/// Another node was faster; more often than this only if something is broken.
const CONFLICTS: u32 = 10;
/// More versions than this are forgotten at once rather than kept for ever.
const KEPT: usize = 10_000;

/// What this node has counted.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<HashMap<(ShopId, String), Counted>>);

struct Counted {
    /// Since when the version stands where it does: another stage is another beginning.
    since: Timestamp,
    /// The revision of the settings that the base was last compared with.
    settings: u64,
    /// As it is in the database, as far as this node knows.
    base: Entry<Breaker>,
    /// Subjects since, in order.
    unsaved: Vec<bool>,
}

impl Counted {
    fn breaker(&self, now: Timestamp) -> (Breaker, bool) {
        let mut breaker = self.base.value.clone();
        let mut opened = false;
        for failed in &self.unsaved {
            opened |= breaker.count(*failed, now);
        }
        (breaker, opened)
    }
}

impl Breakers {
    /// The breaker of a version as this batch sees it: the database's, what this node counted, what the batch found.
    pub(crate) fn of(
        &self,
        settings: &ShopSettings,
        version: &PluginRecord,
        found: &Findings,
        now: Timestamp,
    ) -> Breaker {
        self.with(settings, version, |counted| {
            let (mut breaker, _) = counted.breaker(now);
            for failed in found.outcomes.get(&version.digest).into_iter().flatten() {
                breaker.count(*failed, now);
            }
            breaker
        })
    }

    fn with<T>(&self, settings: &ShopSettings, version: &PluginRecord, work: impl FnOnce(&mut Counted) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > KEPT {
            all.clear();
        }
        let fresh = || Counted {
            since: version.since,
            settings: 0,
            base: Entry::loaded(Breaker::default(), 0),
            unsaved: Vec::new(),
        };
        let counted = all.entry((settings.shop.id, version.digest.clone())).or_insert_with(fresh);
        if counted.since != version.since {
            *counted = fresh();
        }
        if counted.settings < settings.revision {
            counted.settings = settings.revision;
            match settings.breakers.get(&version.digest) {
                Some(row) if row.revision >= counted.base.revision => counted.base = row.clone(),
                Some(_) => {}
                None => counted.base = Entry::loaded(Breaker::default(), 0),
            }
        }
        work(counted)
    }
}

impl Engine {
    /// Counts what a batch found, once its commit holds.
    pub(crate) async fn count_outcomes(
        &self,
        settings: &ShopSettings,
        outcomes: std::collections::BTreeMap<String, Vec<bool>>,
    ) -> Result<(), StoreError> {
        for (digest, outcomes) in outcomes {
            let Some(version) = settings.plugins.iter().find(|version| version.digest == digest) else { continue };
            let failed = self.breakers.with(settings, version, |counted| {
                counted.unsaved.extend(outcomes);
                let old = counted.unsaved.len().saturating_sub(WINDOW as usize);
                counted.unsaved.drain(..old);
                counted.unsaved.contains(&true)
            });
            if failed {
                self.save_outcomes(settings, version).await?;
            }
        }
        Ok(())
    }

    async fn save_outcomes(&self, settings: &ShopSettings, version: &PluginRecord) -> Result<(), StoreError> {
        let shop = settings.shop.id;
        for _ in 0..CONFLICTS {
            let now = self.now();
            let (breaker, opened, revision) = self.breakers.with(settings, version, |counted| {
                let (breaker, opened) = counted.breaker(now);
                (breaker, opened, counted.base.revision)
            });
            let entry = Entry::loaded(breaker, revision);
            match self.store.save_breaker(shop, &version.digest, &entry, opened).await {
                Ok(()) => {
                    self.breakers.with(settings, version, |counted| {
                        counted.base = Entry::loaded(entry.value.clone(), revision + 1);
                        counted.unsaved.clear();
                    });
                    if opened {
                        self.breaker_opened(shop, version, &entry.value).await?;
                    }
                    return Ok(());
                }
                Err(StoreError::Conflict) => self.reload(settings, version).await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn reload(&self, settings: &ShopSettings, version: &PluginRecord) -> Result<(), StoreError> {
        let rows = self.store.breakers(settings.shop.id).await?;
        let row = rows.into_iter().find(|(digest, _)| *digest == version.digest);
        let row = row.map_or_else(|| Entry::loaded(Breaker::default(), 0), |(_, row)| row);
        self.breakers.with(settings, version, |counted| counted.base = row);
        Ok(())
    }

    /// A canary goes back where it came from; the active version holds its runs.
    async fn breaker_opened(&self, shop: ShopId, version: &PluginRecord, breaker: &Breaker) -> Result<(), StoreError> {
        let (failures, subjects) = breaker.opened().map_or((0, 0), |open| (open.failures, open.subjects));
        self.tell_breaker(shop, version, Audited::BreakerOpened { failures, subjects }).await?;
        let plugin = version.label();
        if !matches!(version.stage, Stage::Canary { .. }) {
            tracing::error!(%shop, plugin, failures, subjects, "circuit breaker open; runs hold at its steps");
            return self.sound(shop, vec![opened(version, failures, subjects, self.now())]).await;
        }
        let why = format!("it failed on {failures} of {subjects} subjects as a canary; rolled back");
        let change =
            PluginChange::Promote { digest: version.digest.clone(), to: Stage::Installed, why: Some(why.clone()) };
        match self.change_plugin(shop, BY, change).await {
            Ok(_) => tracing::error!(%shop, plugin, why, "canary rolled back"),
            // It is open all the same: nobody asks it.
            Err(error) => tracing::error!(%shop, plugin, %error, "canary open, and could not be rolled back"),
        }
        Ok(())
    }

    /// The right to one probe of an open breaker, and its number; one at a time over all nodes.
    pub(crate) async fn take_probe(
        &self,
        settings: &ShopSettings,
        version: &PluginRecord,
        now: Timestamp,
    ) -> Option<u32> {
        let mut entry = self.breakers.with(settings, version, |counted| counted.base.clone());
        // None as well where it opened within this batch, and is not in the database yet.
        let number = entry.value.take_probe(now)?;
        self.save_turn(settings, version, entry, false).await.then_some(number)
    }

    /// A probe was answered: everything goes on, and is counted anew.
    pub(crate) async fn close_breaker(&self, settings: &ShopSettings, version: &PluginRecord) -> bool {
        let mut entry = self.breakers.with(settings, version, |counted| counted.base.clone());
        if !entry.value.count_probe(false) || !self.save_turn(settings, version, entry, true).await {
            return false;
        }
        let (shop, plugin) = (settings.shop.id, version.label());
        tracing::info!(%shop, plugin, "circuit breaker closed: a probe was answered");
        let clear = Alarm::clear(AlertCause::PluginHeld, &plugin, self.now());
        if let Err(error) = self.sound(shop, vec![clear]).await {
            tracing::warn!(%shop, plugin, %error, "the all-clear comes with the next look at the incident");
        }
        if let Err(error) = self.tell_breaker(shop, version, Audited::BreakerClosed).await {
            tracing::warn!(%shop, plugin, %error, "the audit lacks that a circuit breaker closed");
        }
        true
    }

    /// Stores a turn of an open breaker. If somebody else was faster, theirs holds.
    async fn save_turn(
        &self,
        settings: &ShopSettings,
        version: &PluginRecord,
        entry: Entry<Breaker>,
        turns: bool,
    ) -> bool {
        let saved = self.store.save_breaker(settings.shop.id, &version.digest, &entry, turns).await;
        let reloaded = match &saved {
            Ok(()) => {
                let base = Entry::loaded(entry.value, entry.revision + 1);
                self.breakers.with(settings, version, |counted| {
                    counted.base = base;
                    counted.unsaved.clear();
                });
                Ok(())
            }
            Err(_) => self.reload(settings, version).await,
        };
        for error in [saved.as_ref().err(), reloaded.as_ref().err()].into_iter().flatten() {
            tracing::debug!(plugin = version.label(), %error, "a probe was left to somebody else");
        }
        saved.is_ok()
    }

    async fn tell_breaker(&self, shop: ShopId, version: &PluginRecord, did: Audited) -> Result<(), StoreError> {
        let mut audit = Audit::new(self, BY);
        audit.tell(version, did);
        let notes: Vec<_> = audit.entries.iter().map(|entry| crate::records::note_of(NoteKind::Audit, entry)).collect();
        self.store.write_notes(shop, &notes).await
    }
}

/// Runs hold for a plugin that is not asked any more.
fn opened(version: &PluginRecord, failures: u32, subjects: u32, at: Timestamp) -> Alarm {
    let words = AlertCode::PluginFails.with([("failures", &failures), ("subjects", &subjects)]);
    Alarm::raise(AlertCause::PluginHeld, &version.label(), words, AlertCode::SeeTraps, at)
}

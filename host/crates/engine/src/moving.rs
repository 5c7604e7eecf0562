//! Waiting runs and another version of their strategy (S28): counted before, moved by choice, page by page.

use cartwright_domain::ids::{RunId, ShopId, StrategyId};
use cartwright_domain::moving::{Preview, Waiting, move_run, preview};
use cartwright_domain::run::Run;
use cartwright_domain::strategy::Version;
use cartwright_domain::world::World;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Engine;
use crate::batch::changes_of;
use crate::install::CONFLICTS;
use crate::ports::{PageRequest, RunFilter, StoreError, Wanted};

/// Runs of one page, and of one transaction.
const BATCH: u32 = 200;

impl Engine {
    /// Counts what would become of the runs that wait in other versions of a strategy if they were moved to this one.
    /// None if there is no such version. Nothing is stored.
    pub async fn preview_move(
        &self,
        shop: ShopId,
        strategy: StrategyId,
        number: u32,
    ) -> Result<Option<Preview>, StoreError> {
        let Some(new) = self.version_by_number(shop, strategy, number).await? else { return Ok(None) };
        let mut counted = Preview::default();
        let mut page = PageRequest { after: None, limit: BATCH };
        loop {
            let (ids, next) = self.movable(shop, &new, None, &page).await?;
            if let Some(world) = self.world_of(shop, &ids).await? {
                counted.add(self.count(&world, &ids, &new));
            }
            match next {
                Some(next) => page.after = Some(next),
                None => return Ok(Some(counted)),
            }
        }
    }

    /// Moves the runs that wait in other versions of a strategy to this one: all of them, or those at the named steps.
    /// Counts what became of them; none if there is no such version. If it fails half way, what was moved stays moved,
    /// and asking again moves the rest.
    pub async fn move_runs(
        &self,
        shop: ShopId,
        strategy: StrategyId,
        number: u32,
        steps: Option<&BTreeSet<String>>,
    ) -> Result<Option<Preview>, StoreError> {
        let Some(new) = self.version_by_number(shop, strategy, number).await? else { return Ok(None) };
        let mut moved = Preview::default();
        let mut page = PageRequest { after: None, limit: BATCH };
        loop {
            let (ids, next) = self.movable(shop, &new, steps, &page).await?;
            moved.add(self.move_page(shop, &ids, &new, steps).await?);
            match next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        tracing::info!(%shop, %strategy, number, moved = ?moved.total(), "waiting runs were moved");
        // Some of them may wait no longer.
        self.wake_for([shop]);
        Ok(Some(moved))
    }

    async fn version_by_number(
        &self,
        shop: ShopId,
        strategy: StrategyId,
        number: u32,
    ) -> Result<Option<Arc<Version>>, StoreError> {
        let versions = self.store.versions_of(shop, strategy).await?;
        Ok(versions.into_iter().find(|version| version.number == number).map(Arc::new))
    }

    /// The runs of a page that may be moved, and the cursor of the next page.
    async fn movable(
        &self,
        shop: ShopId,
        new: &Version,
        steps: Option<&BTreeSet<String>>,
        page: &PageRequest,
    ) -> Result<(Vec<RunId>, Option<String>), StoreError> {
        let filter = RunFilter { strategy: Some(new.strategy), active_only: true, ..RunFilter::default() };
        let found = self.store.runs(shop, &filter, page).await?;
        let runs = found.items.iter().filter(|run| run.version != new.id && is_meant(run, steps));
        Ok((runs.map(|run| run.id).collect(), found.next))
    }

    /// What is known of runs; none if there are none.
    pub(crate) async fn world_of(&self, shop: ShopId, ids: &[RunId]) -> Result<Option<World>, StoreError> {
        if ids.is_empty() {
            return Ok(None);
        }
        let Some(settings) = self.settings(shop).await? else { return Ok(None) };
        self.load_world(&settings, &Wanted { runs: ids.to_vec(), ..Wanted::default() }).await.map(Some)
    }

    fn count(&self, world: &World, ids: &[RunId], new: &Version) -> Preview {
        let now = self.now();
        let mut counted = Preview::default();
        for run in ids.iter().filter_map(|id| world.runs.get(id)).map(|entry| &entry.value) {
            let (Some(old), Some(subject)) = (world.versions.get(&run.version), world.subject(run, now)) else {
                continue;
            };
            let waiting = Waiting { run, subject, messages: world.messages_of(run.id).collect() };
            counted.add(preview(old, new, [waiting], now));
        }
        counted
    }

    /// Moves the runs of a page in one transaction. A run that goes on meanwhile is looked at again where it is then.
    async fn move_page(
        &self,
        shop: ShopId,
        ids: &[RunId],
        new: &Arc<Version>,
        steps: Option<&BTreeSet<String>>,
    ) -> Result<Preview, StoreError> {
        for _ in 0..CONFLICTS {
            let Some(mut world) = self.world_of(shop, ids).await? else { return Ok(Preview::default()) };
            let now = self.now();
            let mut moved = Preview::default();
            for id in ids {
                let Some(run) = world.runs.get(id).map(|entry| entry.value.clone()) else { continue };
                if !is_meant(&run, steps) {
                    continue;
                }
                if let Some(fate) = move_run(&mut world, *id, new, now) {
                    moved.count(run.step(), &fate, now);
                }
            }
            match self.store.commit(shop, &changes_of(world)).await {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
                Ok(_) => return Ok(moved),
            }
        }
        Err(StoreError::Conflict)
    }
}

/// Whether a run is at one of the steps; all are where none is named.
fn is_meant(run: &Run, steps: Option<&BTreeSet<String>>) -> bool {
    steps.is_none_or(|steps| run.step().is_some_and(|step| steps.contains(step)))
}

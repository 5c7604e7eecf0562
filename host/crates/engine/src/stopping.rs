//! What becomes of the runs of a strategy that was stopped (S27).

use cartwright_domain::ids::{RunId, ShopId, StrategyId};
use cartwright_domain::stopping::end_runs;

use crate::Engine;
use crate::batch::changes_of;
use crate::install::CONFLICTS;
use crate::ports::{PageRequest, RunFilter, StoreError};

/// Runs of one transaction.
const BATCH: u32 = 200;

impl Engine {
    /// Ends them, page by page. If it fails half way, the others end when they would go on, and stopping again ends
    /// them at once.
    pub(crate) async fn end_runs(&self, shop: ShopId, strategy: StrategyId) -> Result<(), StoreError> {
        let filter = RunFilter { strategy: Some(strategy), active_only: true, ..RunFilter::default() };
        let mut page = PageRequest { after: None, limit: BATCH };
        loop {
            let found = self.store.runs(shop, &filter, &page).await?;
            let ids: Vec<RunId> = found.items.iter().map(|run| run.id).collect();
            self.end_page(shop, strategy, &ids).await?;
            match found.next {
                Some(next) => page.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn end_page(&self, shop: ShopId, strategy: StrategyId, ids: &[RunId]) -> Result<(), StoreError> {
        for _ in 0..CONFLICTS {
            let Some(mut world) = self.world_of(shop, ids).await? else { return Ok(()) };
            end_runs(&mut world, strategy, self.now());
            match self.store.commit(shop, &changes_of(world)).await {
                Err(StoreError::Conflict) => {}
                outcome => return outcome.map(|_| ()),
            }
        }
        Err(StoreError::Conflict)
    }
}

//! Why a customer did, or did not, get something of a strategy.

use cartwright_domain::ids::{CustomerId, ShopId, StrategyId};
use cartwright_domain::why::{Why, why};

use crate::Engine;
use crate::ports::{MessageFilter, PageRequest, RunFilter, StoreError, Wanted};

/// More runs of one customer in one strategy are not told of; the newest are.
const RUNS: u32 = 20;
/// More messages of one run are not told of.
const MESSAGES: u32 = 50;

impl Engine {
    /// Answers for a customer and a strategy of a shop; none if either is not there.
    pub async fn why(
        &self,
        shop: ShopId,
        customer: CustomerId,
        strategy: StrategyId,
    ) -> Result<Option<Why>, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(None) };
        let Some(live) = settings.strategies.iter().find(|live| live.record.id == strategy) else { return Ok(None) };
        // One that was merged is answered as the one it became.
        let Some(known) = self.store.customer(shop, customer).await? else { return Ok(None) };
        let wanted = Wanted { customers: vec![known.id], ..Wanted::default() };
        let world = self.load_world(&settings, &wanted).await?;
        let filter = RunFilter { strategy: Some(strategy), customer: Some(known.id), ..RunFilter::default() };
        let newest = PageRequest { after: None, limit: RUNS };
        let runs = self.store.runs(shop, &filter, &newest).await?.items;
        let mut messages = Vec::new();
        for run in &runs {
            let filter = MessageFilter { run: Some(run.id), ..MessageFilter::default() };
            let page = PageRequest { after: None, limit: MESSAGES };
            messages.extend(self.store.messages(shop, &filter, &page).await?.items.into_iter().rev());
        }
        Ok(why(&world, known.id, live, &runs, &messages, self.now()))
    }
}

//! Previews for the console: a rehearsal for one customer, made for the question and forgotten with the answer.

use async_trait::async_trait;
use cartwright_api::Previews;
use cartwright_domain::ids::ShopId;
use cartwright_engine::ports::{Store, StoreError};
use cartwright_engine::{BEFORE, Preview, PreviewError, Previewed};
use cartwright_plugins::Runtime;
use std::sync::Arc;
use tokio::sync::Semaphore;

use super::Rehearsal;

/// Whoever previews takes a core for a moment; what is due must not wait for many of them.
const AT_ONCE: usize = 2;

/// Tries strategies beside the running service, with its plugins.
pub(crate) struct Previewer {
    store: Arc<dyn Store>,
    runtime: Arc<Runtime>,
    turns: Semaphore,
}

impl Previewer {
    /// For the shops of a store.
    pub(crate) fn new(store: Arc<dyn Store>, runtime: Arc<Runtime>) -> Self {
        Self { store, runtime, turns: Semaphore::new(AT_ONCE) }
    }
}

#[async_trait]
impl Previews for Previewer {
    async fn preview(&self, shop: ShopId, wanted: Preview) -> Result<Previewed, PreviewError> {
        let _turn = self.turns.acquire().await.map_err(failed)?;
        let settings = self.store.shop(shop).await?.ok_or_else(|| failed("the shop is gone"))?;
        let start = wanted.at - BEFORE;
        let rehearsal = Rehearsal::of_shop(&self.store, &settings, self.runtime.clone(), &wanted.strategy, start);
        let rehearsal = rehearsal.await.map_err(|failure| failed(failure.lines().collect::<String>()))?;
        rehearsal.know_templates(&*self.store).await?;
        let Rehearsal { engine, clock, shop } = rehearsal;
        engine.preview(&*clock, shop, &*self.store, wanted).await
    }
}

fn failed(why: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(format!("no rehearsal can be made: {why}"))
}

//! Work beside the worker's rounds: what waits for a platform must not keep other shops from their turn.

use cartwright_domain::ids::ShopId;
use cartwright_domain::shard::Shard;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Engine;
use crate::ports::StoreError;

/// So many platforms are waited for at once.
const MOST: usize = 64;

/// What is under way beside the rounds.
pub(crate) struct Beside {
    under_way: Mutex<JoinSet<()>>,
    places: Arc<Semaphore>,
}

impl Default for Beside {
    fn default() -> Self {
        Self { under_way: Mutex::default(), places: Arc::new(Semaphore::new(MOST)) }
    }
}

impl Beside {
    /// Ends what is under way, as a crash would: whatever it began is begun again when its lease is over.
    pub(crate) async fn end(&self) {
        let mut under_way = std::mem::take(&mut *self.under_way.lock().unwrap_or_else(PoisonError::into_inner));
        under_way.shutdown().await;
    }
}

impl Engine {
    /// Does work of a shop beside the rounds, where there are any; else now. The node does not give the shop's shard
    /// away meanwhile, and what the work commits carries the fence of the batch that began it.
    pub(crate) async fn beside<W>(&self, shop: ShopId, work: impl FnOnce(Self) -> W) -> Result<(), StoreError>
    where
        W: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let Some(beside) = &self.beside else { return work(self.clone()).await };
        let working = match &self.node {
            Some(node) => Some(node.begin_beside(Shard::of(shop)).ok_or(StoreError::Fenced)?),
            None => None,
        };
        let fence = working.as_ref().map(|working| working.fence);
        let work = work(Self { fence, ..self.clone() });
        let places = beside.places.clone();
        let mut under_way = beside.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        while under_way.try_join_next().is_some() {}
        under_way.spawn(async move {
            let _place = places.acquire_owned().await;
            let _working = working;
            if let Err(error) = work.await {
                tracing::error!(%shop, %error, "what a source said could not be taken; it is asked again");
            }
        });
        Ok(())
    }
}

//! The worker: settles what is due, sleeps until something is.
//!
//! In every round of a shop, events that arrived are applied before runs advance, and runs advance before messages
//! leave. Shops take turns, one batch each, so that none waits for another's backlog.

use cartwright_domain::ids::ShopId;
use cartwright_domain::time::Span;
use std::future::Future;

use crate::Engine;
use crate::ports::StoreError;

/// Without a wake-up the worker looks again after this, for work that another process left.
const LOOK_AGAIN: Span = Span::seconds(1);
/// After the database failed.
const AFTER_FAILURE: Span = Span::seconds(2);
/// Conflicts in a row of one shop before its turn is over; the next turn tries again.
const CONFLICTS: u32 = 10;

impl Engine {
    /// Works until told to stop; what is under way is finished first.
    pub async fn work(&self, stop: impl Future<Output = ()>) {
        self.work_until(stop).await;
        self.flush_all_figures().await;
        if let Err(error) = self.flush_uses().await {
            tracing::warn!(%error, "what plugins used since the last time is lost");
        }
    }

    async fn work_until(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            self.flush_uses_now_and_then().await;
            let pause = match self.round().await {
                Ok(true) => Span::ZERO,
                Ok(false) => LOOK_AGAIN,
                Err(error) => {
                    tracing::error!(%error, "the worker's round failed");
                    AFTER_FAILURE
                }
            };
            if pause == Span::ZERO {
                // Give way to whoever waits for the turn, and see whether to stop.
                tokio::select! {
                    biased;
                    () = &mut stop => return,
                    () = tokio::task::yield_now() => continue,
                }
            }
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = self.wake.notified() => {}
                () = self.clock.sleep_until(self.now() + pause) => {}
            }
        }
    }

    /// One batch for each shop with work; whether there was any.
    async fn round(&self) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        self.round_in_turn().await
    }

    /// The same while the caller holds the turn. A shop that fails does not keep the others from their turn.
    pub(crate) async fn round_in_turn(&self) -> Result<bool, StoreError> {
        let mut worked = false;
        let mut failure = None;
        for shop in self.store.shops_with_work(self.now()).await? {
            match self.batch(shop).await {
                Ok(any) => worked |= any,
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(worked), Err)
    }

    /// One batch of each kind of work of a shop; whether there was any.
    async fn batch(&self, shop: ShopId) -> Result<bool, StoreError> {
        for _ in 0..CONFLICTS {
            match self.try_batch(shop).await {
                // Somebody changed what this built on: load again and decide again.
                Err(StoreError::Conflict) => {}
                other => return other,
            }
        }
        tracing::warn!(%shop, "a shop's batch kept conflicting; its next turn tries again");
        Ok(false)
    }

    async fn try_batch(&self, shop: ShopId) -> Result<bool, StoreError> {
        if self.apply_events(shop).await? > 0 {
            // Everything that arrived is applied before any run goes on.
            return Ok(true);
        }
        let advanced = self.advance_runs(shop).await?;
        let dispatched = self.dispatch_messages(shop).await?;
        Ok(advanced + dispatched > 0)
    }

    /// Does everything that is due by now, in every shop.
    pub async fn settle(&self) -> Result<(), StoreError> {
        while self.round().await? {}
        Ok(())
    }

    /// The same while the caller holds the turn.
    pub(crate) async fn settle_in_turn(&self) -> Result<(), StoreError> {
        while self.round_in_turn().await? {}
        Ok(())
    }
}

//! The worker: settles what is due, sleeps until something is.
//!
//! In every round of a shop, events that arrived before it are applied before runs advance, and runs advance before
//! messages leave. Shops take turns, one batch each, so that none waits for another's backlog.

use cartwright_domain::ids::ShopId;
use cartwright_domain::shard::Shard;
use cartwright_domain::time::{Span, Timestamp};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

use crate::Engine;
use crate::applying::APPLIED_AT_ONCE;
use crate::beside::Beside;
use crate::ports::StoreError;

/// Without a wake-up the worker looks again after this, for work that another process left.
const LOOK_AGAIN: Span = Span::seconds(1);
/// The same where other processes wake it.
const LOOK_AGAIN_IF_TOLD: Span = Span::seconds(5);
/// After the database failed.
const AFTER_FAILURE: Span = Span::seconds(2);
/// A node that does no work writes down so often what it counted.
const COUNTED: Span = Span::seconds(10);
/// Conflicts in a row of one shop before its turn is over; the next turn tries again.
const CONFLICTS: u32 = 10;

impl Engine {
    /// Works until told to stop; what is under way is finished first, and what this node had is free for others.
    pub async fn work(&self, stop: impl Future<Output = ()>) {
        let Some(node) = self.node.clone() else { return self.work_alone(stop).await };
        let (end, ended) = watch::channel(false);
        let attending = tokio::spawn({
            let (engine, node) = (self.clone(), node.clone());
            async move {
                tokio::select! {
                    () = engine.attend(&node, ended) => {}
                    () = async { engine.hear_nodes(&node).await; std::future::pending().await } => {}
                }
            }
        });
        match node.role.works() {
            true => self.work_alone(stop).await,
            false => self.count_alone(stop).await,
        }
        end.send_replace(true);
        if let Err(error) = attending.await {
            tracing::error!(%error, "this node did not end well; others take over when its leases end");
        }
    }

    async fn work_alone(&self, stop: impl Future<Output = ()>) {
        let beside = Arc::new(Beside::default());
        Self { beside: Some(beside.clone()), ..self.clone() }.work_until(stop).await;
        beside.end().await;
        self.flush_counts().await;
    }

    /// A node that only answers asks plugins too, and what they did is counted.
    async fn count_alone(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return self.flush_counts().await,
                () = self.clock.sleep_until(self.now() + COUNTED) => self.flush_counts().await,
            }
        }
    }

    async fn flush_counts(&self) {
        self.flush_all_figures().await;
        self.flush_all_deliveries().await;
        if let Err(error) = self.flush_uses().await {
            tracing::warn!(%error, "what plugins used since the last time is lost");
        }
    }

    async fn work_until(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let stopping = AtomicBool::new(false);
        loop {
            self.flush_uses_now_and_then().await;
            self.tend_deliveries().await;
            let mut round = std::pin::pin!(self.round_and_nap(&stopping));
            let nap = tokio::select! {
                biased;
                nap = &mut round => nap,
                () = &mut stop => {
                    // The batch that is under way is finished, and no other begun.
                    stopping.store(true, Ordering::Relaxed);
                    round.await;
                    return;
                }
            };
            let Some(until) = nap else {
                // Give way to whoever waits for the turn, and see whether to stop.
                tokio::select! {
                    biased;
                    () = &mut stop => return,
                    () = tokio::task::yield_now() => continue,
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = self.wake.notified() => {}
                () = self.clock.sleep_until(until) => {}
            }
        }
    }

    /// A round, and until when to sleep if there was nothing to do in it.
    async fn round_and_nap(&self, stopping: &AtomicBool) -> Option<Timestamp> {
        match self.round(stopping).await {
            Ok(true) => None,
            Ok(false) => Some(self.next_look().await),
            Err(error) => {
                tracing::error!(%error, "the worker's round failed");
                Some(self.now() + AFTER_FAILURE)
            }
        }
    }

    /// When the next thing is due, or somebody may have left something unsaid.
    async fn next_look(&self) -> Timestamp {
        let now = self.now();
        let latest = now + if self.is_told_of_work() { LOOK_AGAIN_IF_TOLD } else { LOOK_AGAIN };
        match self.store.next_due(&self.shards()).await {
            Ok(Some(due)) if due > now => due.min(latest),
            // What is due and could not be done must not keep the worker from sleeping.
            Ok(Some(_)) => now + LOOK_AGAIN,
            Ok(None) => latest,
            Err(_) => now + AFTER_FAILURE,
        }
    }

    /// One batch for each shop with work; whether there was any.
    async fn round(&self, stopping: &AtomicBool) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        self.round_in_turn(stopping).await
    }

    /// The same while the caller holds the turn. A shop that fails does not keep the others from their turn.
    async fn round_in_turn(&self, stopping: &AtomicBool) -> Result<bool, StoreError> {
        let mut worked = false;
        let mut failure = None;
        for shop in self.store.shops_with_work(&self.shards(), self.now()).await? {
            if stopping.load(Ordering::Relaxed) {
                break;
            }
            match self.batch_in_shard(shop).await {
                Ok(any) => worked |= any,
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(worked), Err)
    }

    /// One batch, if the shop's shard is this node's, and as long as it is.
    async fn batch_in_shard(&self, shop: ShopId) -> Result<bool, StoreError> {
        let Some(node) = &self.node else { return self.batch(shop).await };
        let Some(working) = node.begin(Shard::of(shop)) else { return Ok(false) };
        match self.batch(shop).await {
            Err(StoreError::Fenced) => {
                working.lost();
                Ok(false)
            }
            other => other,
        }
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
        let applied = self.apply_events(shop).await?;
        if applied == APPLIED_AT_ONCE {
            // A backlog is applied before any run goes on.
            return Ok(true);
        }
        // What arrives meanwhile waits for the next batch: a shop whose events never cease sends all the same, and an
        // order among them keeps every message of the shop from leaving (S08).
        let asked =
            self.ask_sources(shop).await? + self.ask_for_templates(shop).await? + self.ask_for_prices(shop).await?;
        let advanced = self.advance_runs(shop).await?;
        let dispatched = self.dispatch_messages(shop).await?;
        let tended = self.tend_incidents(shop).await? + self.tend_replies(shop).await?;
        Ok(applied + asked + advanced + dispatched + tended > 0)
    }

    /// One batch of a shop, and whether there was any work: for tests that say which node does what, and when.
    #[doc(hidden)]
    pub async fn work_on(&self, shop: ShopId) -> Result<bool, StoreError> {
        self.batch_in_shard(shop).await
    }

    /// Does everything that is due by now, in every shop.
    pub async fn settle(&self) -> Result<(), StoreError> {
        while self.round(&AtomicBool::new(false)).await? {}
        Ok(())
    }

    /// The same while the caller holds the turn.
    pub(crate) async fn settle_in_turn(&self) -> Result<(), StoreError> {
        while self.round_in_turn(&AtomicBool::new(false)).await? {}
        Ok(())
    }
}

//! How a node keeps its place among the others: it tells that it lives, renews its leases, takes its share of what is
//! free, and gives back what is more.

use cartwright_domain::shard::share;
use cartwright_domain::time::Span;
use tokio::sync::watch;

use crate::Engine;
use crate::node::Node;
use crate::ports::{SeenNode, Standing, StoreError, Wake};

/// After the database failed, and while nobody vouches for it.
const TRY_AGAIN: Span = Span::seconds(1);

impl Engine {
    /// Attends as a node until told to stop; then what it had is free at once.
    pub(crate) async fn attend(&self, node: &Node, mut stop: watch::Receiver<bool>) {
        let mut joined = false;
        loop {
            let renew = Span::from_millis((node.lease.millis() / 3).max(1));
            let pause = match self.in_time(node, self.beat(node, &mut joined)).await {
                Ok(()) if node.standing() == Standing::Sound => renew,
                Ok(()) => renew.min(TRY_AGAIN),
                Err(error) => {
                    tracing::error!(%error, "this node could not renew its leases");
                    renew.min(TRY_AGAIN)
                }
            };
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                () = node.poked.notified() => {}
                () = self.clock.sleep_until(self.now() + pause) => {}
            }
        }
        if let Err(error) = self.in_time(node, self.store.leave(node.id)).await {
            tracing::warn!(%error, "this node could not give its shards back; others take them over when its leases end");
        }
    }

    /// A connection may be cut in a way that is never told: what takes longer than a lease is as good as failed.
    async fn in_time<T>(
        &self,
        node: &Node,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::select! {
            biased;
            done = work => done,
            () = self.clock.sleep_until(self.now() + node.lease) => Err(StoreError::Failed("it did not answer in time".into())),
        }
    }

    async fn beat(&self, node: &Node, joined: &mut bool) -> Result<(), StoreError> {
        let before = node.seen();
        let database = self.store.instance().await?;
        node.look_at(before, database);
        if !*joined {
            self.store.join(&node.record()).await?;
            self.store.wake(&[Wake::Nodes]).await?;
            *joined = true;
        }
        let nodes = self.store.beat(&node.record()).await?;
        node.listen_to(&nodes, database);
        let held = self.store.keep_shards(node.id, node.lease).await?;
        node.hold(&held);
        let wanted = if node.role.works() && self.pause().is_none() { share(workers(&nodes, node)) } else { 0 };
        if held.len() > wanted {
            self.give_back(node, held.len() - wanted).await
        } else {
            self.take(node, wanted - held.len()).await
        }
    }

    async fn give_back(&self, node: &Node, surplus: usize) -> Result<(), StoreError> {
        let spare = node.let_go(surplus);
        if spare.is_empty() {
            return Ok(());
        }
        self.store.give_back_shards(node.id, &spare).await?;
        self.store.wake(&[Wake::Nodes]).await
    }

    async fn take(&self, node: &Node, missing: usize) -> Result<(), StoreError> {
        if missing == 0 {
            return Ok(());
        }
        let taken = self.store.take_shards(node.id, missing, node.lease).await?;
        if !taken.is_empty() {
            tracing::info!(node = %node.id, shards = taken.len(), "took shards");
            node.hold_too(&taken);
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Hears what other nodes tell, for as long as it is polled.
    pub(crate) async fn hear_nodes(&self, node: &Node) {
        loop {
            match self.store.wakes().await {
                Ok(None) => return,
                Ok(Some(mut wakes)) => {
                    node.hears(true);
                    // Whatever was told before is looked for once.
                    self.wake.notify_one();
                    while let Ok(wake) = wakes.next().await {
                        match wake {
                            Wake::Work(shard) if node.holds(shard) => self.wake.notify_one(),
                            Wake::Work(_) => {}
                            Wake::Nodes => node.poked.notify_one(),
                        }
                    }
                    node.hears(false);
                    tracing::warn!("other nodes cannot be heard; this one looks for work every second");
                }
                Err(error) => tracing::debug!(%error, "other nodes cannot be heard yet"),
            }
            self.clock.sleep_until(self.now() + TRY_AGAIN).await;
        }
    }
}

/// How many nodes share the work: those that live and may work, this one among them.
fn workers(nodes: &[SeenNode], own: &Node) -> usize {
    let lives = |seen: &&SeenNode| {
        let SeenNode { node, silent_for, .. } = seen;
        node.id != own.id && node.role.works() && node.standing == Standing::Sound && *silent_for <= own.lease
    };
    1 + nodes.iter().filter(lives).count()
}

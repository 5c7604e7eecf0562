//! Nodes and their leases lie beside the settings: there is one process, and whether it has a lease is asked rarely.

use async_trait::async_trait;
use cartwright_domain::ids::NodeId;
use cartwright_domain::shard::Shard;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{Instance, Lease, NodeRecord, Nodes, SeenNode, StoreError, Wake, Wakes};

use super::MemoryStore;

#[async_trait]
impl Nodes for MemoryStore {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.settings.now().await
    }

    async fn instance(&self) -> Result<Instance, StoreError> {
        let id = self.settings.instance().await?.id;
        Ok(Instance { id, hand_overs: self.state().hand_overs })
    }

    async fn join(&self, node: &NodeRecord) -> Result<(), StoreError> {
        self.settings.join(node).await
    }

    async fn beat(&self, node: &NodeRecord) -> Result<Vec<SeenNode>, StoreError> {
        self.settings.beat(node).await
    }

    async fn nodes(&self) -> Result<Vec<SeenNode>, StoreError> {
        self.settings.nodes().await
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.settings.leave(node).await
    }

    async fn keep_shards(&self, node: NodeId, lease: Span) -> Result<Vec<Lease>, StoreError> {
        self.settings.keep_shards(node, lease).await
    }

    async fn take_shards(&self, node: NodeId, most: usize, lease: Span) -> Result<Vec<Lease>, StoreError> {
        // Not while somebody commits on the strength of a lease.
        let _turn = self.commits.lock().await;
        self.settings.take_shards(node, most, lease).await
    }

    async fn give_back_shards(&self, node: NodeId, shards: &[Shard]) -> Result<(), StoreError> {
        self.settings.give_back_shards(node, shards).await
    }

    async fn wake(&self, wakes: &[Wake]) -> Result<(), StoreError> {
        self.settings.wake(wakes).await
    }

    async fn wakes(&self) -> Result<Option<Box<dyn Wakes>>, StoreError> {
        self.settings.wakes().await
    }
}

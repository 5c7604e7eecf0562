//! Nodes and their leases. There is one worker, so the one that joins has not to wait for the leases of one that was
//! killed; and whoever wakes it is in its own process.

use async_trait::async_trait;
use cartwright_domain::ids::{InstanceId, NodeId};
use cartwright_domain::shard::Shard;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{Instance, Lease, NodeRecord, Nodes, SeenNode, StoreError, Wake, Wakes};
use serde_json::Value;
use uuid::Uuid;

use super::SqliteStore;
use crate::error::failed;
use crate::nodes::{FORGOTTEN_AFTER, NodeRow, leases, seen};

#[async_trait]
impl Nodes for SqliteStore {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        let now: i64 = sqlx::query_scalar("select cast(unixepoch('subsec') * 1000 as integer)")
            .fetch_one(&self.reader)
            .await
            .map_err(failed)?;
        Ok(Timestamp::from_millis(now))
    }

    async fn instance(&self) -> Result<Instance, StoreError> {
        let (id, last): (Uuid, i64) =
            sqlx::query_as("select instance_id, last from instances, numbers where name = 'hand_overs'")
                .fetch_one(&self.reader)
                .await
                .map_err(failed)?;
        Ok(Instance { id: InstanceId(id), hand_overs: last.cast_unsigned() })
    }

    async fn join(&self, node: &NodeRecord) -> Result<(), StoreError> {
        if node.role.works() {
            let mut transaction = self.begin().await?;
            sqlx::query("update shard_leases set node_id = null, expires_at = 0 where node_id <> $1")
                .bind(node.id.0)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            sqlx::query("delete from nodes where node_id <> $1 and role <> 'api'")
                .bind(node.id.0)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            self.end(transaction).await?;
        }
        self.beat(node).await.map(drop)
    }

    async fn beat(&self, node: &NodeRecord) -> Result<Vec<SeenNode>, StoreError> {
        let now = self.now().await?;
        let mut transaction = self.begin().await?;
        sqlx::query("delete from nodes where heartbeat_at < $1")
            .bind((now - FORGOTTEN_AFTER).millis())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query(
            "insert into nodes (node_id, role, version, standing, beats, heartbeat_at) values ($1, $2, $3, $4, 1, $5)
             on conflict (node_id) do update
             set standing = excluded.standing, beats = beats + 1, heartbeat_at = excluded.heartbeat_at",
        )
        .bind(node.id.0)
        .bind(node.role.name())
        .bind(&node.version)
        .bind(node.standing.name())
        .bind(now.millis())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        self.end(transaction).await?;
        self.nodes().await
    }

    async fn nodes(&self) -> Result<Vec<SeenNode>, StoreError> {
        let now = self.now().await?;
        let found: Vec<NodeRow> = sqlx::query_as(
            "select node_id, role, version, standing, beats, $1 - heartbeat_at,
                    (select count(*) from shard_leases l where l.node_id = n.node_id and expires_at > $1)
             from nodes n order by node_id",
        )
        .bind(now.millis())
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        found.into_iter().map(seen).collect()
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.give_back_shards(node, &Shard::ALL).await?;
        let mut transaction = self.begin().await?;
        sqlx::query("delete from nodes where node_id = $1")
            .bind(node.0)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await
    }

    async fn keep_shards(&self, node: NodeId, lease: Span) -> Result<Vec<Lease>, StoreError> {
        let until = self.now().await? + lease;
        let mut transaction = self.begin().await?;
        let kept: Vec<(i64, i64)> =
            sqlx::query_as("update shard_leases set expires_at = $2 where node_id = $1 returning shard, generation")
                .bind(node.0)
                .bind(until.millis())
                .fetch_all(&mut *transaction)
                .await
                .map_err(failed)?;
        self.end(transaction).await?;
        Ok(leases(kept))
    }

    async fn take_shards(&self, node: NodeId, most: usize, lease: Span) -> Result<Vec<Lease>, StoreError> {
        let now = self.now().await?;
        let mut transaction = self.begin().await?;
        let taken: Vec<(i64, i64)> = sqlx::query_as(
            "update shard_leases set node_id = $1, generation = generation + 1, expires_at = $4
             where shard in (select shard from shard_leases where node_id is null or expires_at <= $3
                             order by shard limit $2)
             returning shard, generation",
        )
        .bind(node.0)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .bind(now.millis())
        .bind((now + lease).millis())
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        self.end(transaction).await?;
        Ok(leases(taken))
    }

    async fn give_back_shards(&self, node: NodeId, shards: &[Shard]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "update shard_leases set node_id = null, expires_at = 0
             where node_id = $1 and shard in (select value from json_each($2))",
        )
        .bind(node.0)
        .bind(Value::from_iter(shards.iter().map(|shard| shard.0)).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        self.end(transaction).await
    }

    async fn wake(&self, _: &[Wake]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn wakes(&self) -> Result<Option<Box<dyn Wakes>>, StoreError> {
        Ok(None)
    }
}

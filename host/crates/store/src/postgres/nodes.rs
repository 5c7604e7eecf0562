//! Nodes and their leases, by the database's clock; and what wakes nodes, by LISTEN and NOTIFY.
//!
//! A commit of due work holds its row of `shard_leases` under a share lock until its end, so a shard changes hands
//! before such a commit or after it, never beside it. Whoever takes over skips what is locked: there work is going on.

use async_trait::async_trait;
use cartwright_domain::ids::{InstanceId, NodeId};
use cartwright_domain::shard::Shard;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{Instance, Lease, NodeRecord, Nodes, SeenNode, StoreError, Wake, Wakes};
use sqlx::postgres::PgListener;
use uuid::Uuid;

use super::PostgresStore;
use crate::error::failed;
use crate::nodes::{FORGOTTEN_AFTER, NodeRow, leases, seen};

/// Where nodes listen. The payload is the number of a shard, or nothing.
const CHANNEL: &str = "cartwright";

#[async_trait]
impl Nodes for PostgresStore {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        let now: i64 = sqlx::query_scalar("select (extract(epoch from clock_timestamp()) * 1000)::bigint")
            .fetch_one(&self.pool)
            .await
            .map_err(failed)?;
        Ok(Timestamp::from_millis(now))
    }

    async fn instance(&self) -> Result<Instance, StoreError> {
        let (id, last): (Uuid, i64) =
            sqlx::query_as("select instance_id, last from instances, numbers where name = 'hand_overs'")
                .fetch_one(&self.pool)
                .await
                .map_err(failed)?;
        Ok(Instance { id: InstanceId(id), hand_overs: last.cast_unsigned() })
    }

    async fn join(&self, node: &NodeRecord) -> Result<(), StoreError> {
        self.beat(node).await.map(drop)
    }

    async fn beat(&self, node: &NodeRecord) -> Result<Vec<SeenNode>, StoreError> {
        sqlx::query(
            "with now (millis) as (select (extract(epoch from clock_timestamp()) * 1000)::bigint),
                  forgotten as (delete from nodes where heartbeat_at < (select millis from now) - $5 and node_id <> $1)
             insert into nodes (node_id, role, version, standing, beats, heartbeat_at)
             select $1, $2, $3, $4, 1, millis from now
             on conflict (node_id) do update
             set standing = excluded.standing, beats = nodes.beats + 1, heartbeat_at = excluded.heartbeat_at",
        )
        .bind(node.id.0)
        .bind(node.role.name())
        .bind(&node.version)
        .bind(node.standing.name())
        .bind(FORGOTTEN_AFTER.millis())
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        self.nodes().await
    }

    async fn nodes(&self) -> Result<Vec<SeenNode>, StoreError> {
        let found: Vec<NodeRow> = sqlx::query_as(
            "with now (millis) as (select (extract(epoch from clock_timestamp()) * 1000)::bigint)
             select node_id, role, version, standing, beats, millis - heartbeat_at,
                    (select count(*) from shard_leases l where l.node_id = n.node_id and expires_at > millis)
             from nodes n, now order by node_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        found.into_iter().map(seen).collect()
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.give_back_shards(node, &Shard::ALL).await?;
        sqlx::query("delete from nodes where node_id = $1").bind(node.0).execute(&self.pool).await.map_err(failed)?;
        self.wake(&[Wake::Nodes]).await
    }

    async fn keep_shards(&self, node: NodeId, lease: Span) -> Result<Vec<Lease>, StoreError> {
        let kept: Vec<(i64, i64)> = sqlx::query_as(
            "update shard_leases set expires_at = (extract(epoch from clock_timestamp()) * 1000)::bigint + $2
             where node_id = $1 returning shard, generation",
        )
        .bind(node.0)
        .bind(lease.millis())
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        Ok(leases(kept))
    }

    async fn take_shards(&self, node: NodeId, most: usize, lease: Span) -> Result<Vec<Lease>, StoreError> {
        let taken: Vec<(i64, i64)> = sqlx::query_as(
            "with now (millis) as materialized (select (extract(epoch from clock_timestamp()) * 1000)::bigint),
                  free as materialized (
                      select shard from shard_leases, now where node_id is null or expires_at <= millis
                      order by shard limit $2 for update of shard_leases skip locked)
             update shard_leases l set node_id = $1, generation = generation + 1, expires_at = millis + $3
             from free, now where l.shard = free.shard returning l.shard, l.generation",
        )
        .bind(node.0)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .bind(lease.millis())
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        Ok(leases(taken))
    }

    async fn give_back_shards(&self, node: NodeId, shards: &[Shard]) -> Result<(), StoreError> {
        sqlx::query(
            "update shard_leases set node_id = null, expires_at = 0 where node_id = $1 and shard = any($2::bigint[])",
        )
        .bind(node.0)
        .bind(numbers(shards))
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// In a transaction of its own, which writes nothing: one that notifies would hold up all others that do until
    /// it is on the disk.
    async fn wake(&self, wakes: &[Wake]) -> Result<(), StoreError> {
        let payloads: Vec<String> = wakes
            .iter()
            .map(|wake| match wake {
                Wake::Work(shard) => shard.to_string(),
                Wake::Nodes => String::new(),
            })
            .collect();
        sqlx::query("select pg_notify($1, payload) from unnest($2::text[]) payload")
            .bind(CHANNEL)
            .bind(payloads)
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn wakes(&self) -> Result<Option<Box<dyn Wakes>>, StoreError> {
        let mut listener = PgListener::connect_with(&self.pool).await.map_err(failed)?;
        // A pool that closes does not wait for somebody who listens for ever.
        listener.ignore_pool_close_event(true);
        listener.listen(CHANNEL).await.map_err(failed)?;
        Ok(Some(Box::new(Listening(listener))))
    }
}

struct Listening(PgListener);

#[async_trait]
impl Wakes for Listening {
    async fn next(&mut self) -> Result<Wake, StoreError> {
        match self.0.try_recv().await.map_err(failed)? {
            Some(told) => Ok(told.payload().parse().map_or(Wake::Nodes, |number| Wake::Work(Shard(number)))),
            None => Err(StoreError::Failed("the connection that listened was lost".into())),
        }
    }
}

/// Shards as a parameter.
pub(super) fn numbers(shards: &[Shard]) -> Vec<i64> {
    shards.iter().map(|shard| i64::from(shard.0)).collect()
}

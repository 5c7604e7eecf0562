//! Rows of nodes and leases, as both databases give them.

use cartwright_domain::ids::NodeId;
use cartwright_domain::shard::Shard;
use cartwright_domain::time::Span;
use cartwright_engine::ports::{Lease, NodeRecord, Role, SeenNode, Standing, StoreError};
use uuid::Uuid;

/// A node that has not told for so long is forgotten.
pub(crate) const FORGOTTEN_AFTER: Span = Span::days(1);

/// Id, role, version, standing, beats, milliseconds since the last, shards.
pub(crate) type NodeRow = (Uuid, String, String, String, i64, i64, i64);

pub(crate) fn seen((id, role, version, standing, beats, silent_for, shards): NodeRow) -> Result<SeenNode, StoreError> {
    let unknown = |word: &str| StoreError::Failed(format!("a newer node says `{word}` of itself"));
    let node = NodeRecord {
        id: NodeId(id),
        role: Role::named(&role).ok_or_else(|| unknown(&role))?,
        version,
        standing: Standing::named(&standing).ok_or_else(|| unknown(&standing))?,
    };
    let shards = u32::try_from(shards).unwrap_or(u32::MAX);
    Ok(SeenNode { node, beats: beats.cast_unsigned(), silent_for: Span::from_millis(silent_for), shards })
}

pub(crate) fn leases(rows: Vec<(i64, i64)>) -> Vec<Lease> {
    let lease = |(shard, generation): (i64, i64)| {
        Some(Lease { shard: Shard(u8::try_from(shard).ok()?), generation: generation.cast_unsigned() })
    };
    rows.into_iter().filter_map(lease).collect()
}

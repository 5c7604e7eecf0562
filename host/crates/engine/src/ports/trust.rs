//! The port to storage, as far as it is about trust: whose signatures count, and which key seals which secret.

use async_trait::async_trait;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::trust::TrustPolicy;

use super::StoreError;

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretPlace {
    /// Whose.
    pub shop: ShopId,
    /// Of which connection.
    pub connection: ConnectionId,
    /// Its name.
    pub name: String,
}

/// A secret that does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedSecret {
    /// Where it stands.
    pub place: SecretPlace,
    /// Why, and what to do.
    pub why: String,
}

/// What became of one batch of secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resealed {
    /// So many are sealed with the newest key now, and were not before.
    pub resealed: u64,
    /// These stay as they are.
    pub closed: Vec<ClosedSecret>,
    /// Where to go on; none when all were looked at.
    pub next: Option<SecretPlace>,
}

/// Whose signatures count, and which key seals which secret.
#[async_trait]
pub trait Trust: Send + Sync {
    /// Which signatures a shop trusts, as it was saved last.
    async fn trust(&self, shop: ShopId) -> Result<TrustPolicy, StoreError>;
    /// Says which signatures a shop trusts.
    async fn save_trust(&self, shop: ShopId, policy: &TrustPolicy) -> Result<(), StoreError>;

    /// How many secrets are sealed with each key, by the key's id, in all shops: for the operator.
    async fn sealings(&self) -> Result<Vec<(String, u64)>, StoreError>;
    /// Seals the next `limit` secrets behind `after` that another key seals with the newest one, all in one
    /// transaction. A secret that somebody sets at the same time stays as they set it.
    async fn reseal(&self, after: Option<&SecretPlace>, limit: u32) -> Result<Resealed, StoreError>;
}

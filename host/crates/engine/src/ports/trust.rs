//! The port to storage, as far as it is about trust: whose signatures count, and which key seals which secret.

use async_trait::async_trait;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::trust::TrustPolicy;

use super::StoreError;

/// What a version used of what it was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// In which shop.
    pub shop: ShopId,
    /// SHA-256 of the component, hex.
    pub digest: String,
    /// Of which kind it is.
    pub kind: UseKind,
    /// Fact, `host:port`, or name of the secret.
    pub name: String,
    /// So many times.
    pub times: u64,
}

/// The kinds of what is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UseKind {
    /// A fact with personal data, for each decision that read it.
    Fact,
    /// A host, for each request that went there.
    Host,
    /// A secret, each time it was filled in, signed with or compared.
    Secret,
}

impl UseKind {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Host => "host",
            Self::Secret => "secret",
        }
    }
}

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

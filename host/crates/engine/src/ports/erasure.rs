//! The port to what is known of those who were erased (S45). Who is erased is a commit of the ledger
//! ([`super::Changes::erased`]).

use async_trait::async_trait;
use cartwright_domain::ids::ShopId;

use super::StoreError;

/// What is left of the erased.
#[async_trait]
pub trait Erasure: Send + Sync {
    /// The key of a shop's hashes; none where nobody was erased yet.
    async fn erasure_key(&self, shop: ShopId) -> Result<Option<[u8; 32]>, StoreError>;
    /// Gives a shop its key, where it has none; the one that counts.
    async fn make_erasure_key(&self, shop: ShopId, key: [u8; 32]) -> Result<[u8; 32], StoreError>;
    /// Which of these are hashes of addresses of somebody who was erased.
    async fn erased_among(&self, shop: ShopId, hashes: &[[u8; 32]]) -> Result<Vec<[u8; 32]>, StoreError>;
}

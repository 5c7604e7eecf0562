//! The port to the keys that seal links in messages: what such a link says is believed without a row of its own.

use async_trait::async_trait;
use cartwright_domain::ids::ShopId;

use super::StoreError;

/// Keys of links, one for each shop, for ever.
#[async_trait]
pub trait Links: Send + Sync {
    /// The key of a shop's links; none where no message had a link yet.
    async fn link_key(&self, shop: ShopId) -> Result<Option<[u8; 32]>, StoreError>;
    /// Gives a shop its key, where it has none; the one that counts.
    async fn make_link_key(&self, shop: ShopId, key: [u8; 32]) -> Result<[u8; 32], StoreError>;
}

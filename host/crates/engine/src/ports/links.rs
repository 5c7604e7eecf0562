//! The port to links in messages: the keys that seal them, and whose a short one is. What a link to unsubscribe says is
//! believed without a row of its own.

use async_trait::async_trait;
use cartwright_domain::ids::{MessageId, ShopId};

use super::StoreError;

/// Keys of links, one for each shop, for ever; short links as long as their messages.
#[async_trait]
pub trait Links: Send + Sync {
    /// The key of a shop's links; none where no message had a link yet.
    async fn link_key(&self, shop: ShopId) -> Result<Option<[u8; 32]>, StoreError>;
    /// Gives a shop its key, where it has none; the one that counts.
    async fn make_link_key(&self, shop: ShopId, key: [u8; 32]) -> Result<[u8; 32], StoreError>;
    /// Of which message a short link is, and of which shop: whoever opens one names none.
    async fn short_link(&self, token: &str) -> Result<Option<(ShopId, MessageId)>, StoreError>;
}

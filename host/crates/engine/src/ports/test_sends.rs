//! The port to test sends (S26). They are handed over and settled by commits of the ledger
//! ([`super::Changes::test_sends`]), because a local inbox takes its entry in the same commit.

use async_trait::async_trait;
use cartwright_domain::contact::Address;
use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_domain::test_send::{TestAddress, TestKind, TestSend};
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;

use super::{Page, PageRequest, StoreError};

/// Test sends, and the addresses that they go to.
#[async_trait]
pub trait TestSends: Send + Sync {
    /// The shop's own addresses, by kind and value.
    async fn test_addresses(&self, shop: ShopId) -> Result<Vec<Entry<TestAddress>>, StoreError>;
    /// Stores one. `Conflict` if it has moved on: of two who type in codes both are counted.
    async fn save_test_address(&self, shop: ShopId, address: &Entry<TestAddress>) -> Result<(), StoreError>;
    /// Forgets one. Returns whether there was one.
    async fn remove_test_address(&self, shop: ShopId, address: &Address) -> Result<bool, StoreError>;
    /// One of the test sends.
    async fn test_send(&self, shop: ShopId, test: MessageId) -> Result<Option<Entry<TestSend>>, StoreError>;
    /// All of them, newest first.
    async fn test_sends(&self, shop: ShopId, page: &PageRequest) -> Result<Page<TestSend>, StoreError>;
    /// How many of a kind were handed over at a moment or later.
    async fn count_test_sends(&self, shop: ShopId, kind: TestKind, since: Timestamp) -> Result<u64, StoreError>;
}

//! The port to what customers write, and to what is sent because of it. Both are written by commits of the ledger
//! ([`super::Changes::replies`], [`super::Changes::reply_sends`]), together with the receipt that told of them.

use async_trait::async_trait;
use cartwright_domain::ids::{CustomerId, MessageId, ReplyId, ShopId};
use cartwright_domain::reply::{Reply, ReplySend};
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;

use super::{Page, PageRequest, StoreError};

/// What to list of replies.
#[derive(Debug, Clone, Default)]
pub struct ReplyFilter {
    /// Of a customer.
    pub customer: Option<CustomerId>,
    /// Over a channel, by name.
    pub channel: Option<String>,
    /// Only those that ask for an answer and have none.
    pub waiting_only: bool,
}

/// A reply as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReply {
    /// What was written.
    pub reply: Reply,
    /// Whether it asks for an answer, and no answer to the customer on this channel was written since it came in; those
    /// that came to nothing do not count.
    pub waits: bool,
}

/// Which answers and notices: all that one of these names.
#[derive(Debug, Clone, Default)]
pub struct ReplySendFilter {
    /// Those of these replies.
    pub replies: Vec<ReplyId>,
    /// These.
    pub ids: Vec<MessageId>,
    /// Those that providers know under these ids.
    pub provider_ids: Vec<String>,
}

/// Replies, answers and notices.
#[async_trait]
pub trait Replies: Send + Sync {
    /// One reply.
    async fn reply(&self, shop: ShopId, reply: ReplyId) -> Result<Option<KeptReply>, StoreError>;
    /// Replies, newest first. A customer that was merged is found as the one it became.
    async fn replies(
        &self,
        shop: ShopId,
        filter: &ReplyFilter,
        page: &PageRequest,
    ) -> Result<Page<KeptReply>, StoreError>;
    /// Answers and notices, oldest first.
    async fn reply_sends(&self, shop: ShopId, filter: &ReplySendFilter) -> Result<Vec<Entry<ReplySend>>, StoreError>;
    /// Answers and notices that are to be looked at, earliest first.
    async fn due_reply_sends(
        &self,
        shop: ShopId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Entry<ReplySend>>, StoreError>;
    /// How many notices of a moment or later have left, or may have.
    async fn count_notices(&self, shop: ShopId, since: Timestamp) -> Result<u64, StoreError>;
}

//! What customers write, and what is sent because of it.

use async_trait::async_trait;
use cartwright_domain::ids::{ReplyId, ShopId};
use cartwright_domain::reply::{Reply, ReplySend, SendKind};
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{KeptReply, Page, PageRequest, Replies, ReplyFilter, ReplySendFilter, StoreError};
use std::cmp::Reverse;

use super::MemoryStore;
use super::tables::{Row, Tables};
use crate::page;

#[async_trait]
impl Replies for MemoryStore {
    async fn reply(&self, shop: ShopId, reply: ReplyId) -> Result<Option<KeptReply>, StoreError> {
        Ok(self.read(shop, |tables| tables.replies.get(&reply).map(|reply| kept(tables, reply))))
    }

    async fn replies(
        &self,
        shop: ShopId,
        filter: &ReplyFilter,
        page: &PageRequest,
    ) -> Result<Page<KeptReply>, StoreError> {
        let before = page::before_moment(page);
        let place = |reply: &Reply| (reply.at.millis(), reply.id.0);
        Ok(self.read(shop, |tables| {
            let customer = filter.customer.map(|customer| tables.heir(customer));
            let mut listed: Vec<KeptReply> = tables.replies.values().map(|reply| kept(tables, reply)).collect();
            listed.retain(|kept| {
                place(&kept.reply) < before
                    && customer.is_none_or(|customer| customer == kept.reply.customer)
                    && filter.channel.as_ref().is_none_or(|channel| *channel == kept.reply.channel)
                    && (kept.waits || !filter.waiting_only)
            });
            listed.sort_by_key(|kept| Reverse(place(&kept.reply)));
            listed.truncate(page::rows(page) as usize);
            let cursor = |kept: &KeptReply| page::moment_cursor(kept.reply.at.millis(), kept.reply.id.0);
            page::page(listed.into_iter().map(|kept| (cursor(&kept), kept)).collect(), page)
        }))
    }

    async fn reply_sends(&self, shop: ShopId, filter: &ReplySendFilter) -> Result<Vec<Entry<ReplySend>>, StoreError> {
        let is_meant = |send: &ReplySend| {
            filter.replies.contains(&send.reply)
                || filter.ids.contains(&send.id)
                || send.provider_id.as_ref().is_some_and(|id| filter.provider_ids.contains(id))
        };
        Ok(self.read(shop, |tables| {
            let meant = tables.reply_sends.values().filter(|row| is_meant(&row.value));
            let mut found: Vec<_> = meant.map(Row::entry).collect();
            found.sort_by_key(|entry| (entry.value.at, entry.value.id));
            found
        }))
    }

    async fn due_reply_sends(
        &self,
        shop: ShopId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Entry<ReplySend>>, StoreError> {
        Ok(self.read(shop, |tables| {
            let is_due = |row: &&Row<ReplySend>| row.value.due_at().is_some_and(|due| due <= now);
            let mut due: Vec<_> = tables.reply_sends.values().filter(is_due).map(Row::entry).collect();
            due.sort_by_key(|entry| (entry.value.due_at(), entry.value.id));
            due.truncate(limit as usize);
            due
        }))
    }

    async fn count_notices(&self, shop: ShopId, since: Timestamp) -> Result<u64, StoreError> {
        let has_left = |send: &ReplySend| {
            send.kind == SendKind::Notice && send.at >= since && send.due_at().is_none() && !send.came_to_nothing()
        };
        Ok(self.read(shop, |tables| tables.reply_sends.values().filter(|row| has_left(&row.value)).count() as u64))
    }
}

/// What an answer says, it says to everything that its customer wrote on the channel before.
fn kept(tables: &Tables, reply: &Reply) -> KeptReply {
    let answers = |send: &ReplySend| {
        send.kind == SendKind::Answer
            && send.customer == reply.customer
            && send.channel == reply.channel
            && send.at >= reply.received_at
            && !send.came_to_nothing()
    };
    let waits = reply.asks && !tables.reply_sends.values().any(|row| answers(&row.value));
    KeptReply { reply: reply.clone(), waits }
}

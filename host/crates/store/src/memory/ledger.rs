//! Due work, and the way to what a batch loads and commits.

use async_trait::async_trait;
use cartwright_domain::ids::{MessageId, RunId, ShopId};
use cartwright_domain::message::MessageState;
use cartwright_domain::shard::Shard;
use cartwright_domain::source::SourceState;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::{Entry, Identity};
use cartwright_engine::ports::{Changes, Committed, Ledger, Slice, StoreError, Wanted};
use std::collections::BTreeSet;

use super::MemoryStore;
use super::tables::{Row, Tables};
use crate::rows::SENT_BEFORE;

#[async_trait]
impl Ledger for MemoryStore {
    async fn shops_with_work(&self, shards: &[Shard], now: Timestamp) -> Result<Vec<ShopId>, StoreError> {
        let has_work = |tables: &Tables| !tables.pending.is_empty() || tables.next_due().is_some_and(|due| due <= now);
        let state = self.state();
        let with_work = state.shops.iter().filter(|(_, tables)| has_work(tables)).map(|(shop, _)| *shop);
        Ok(with_work.filter(|shop| is_among(shards, *shop)).collect())
    }

    async fn next_due(&self, shards: &[Shard]) -> Result<Option<Timestamp>, StoreError> {
        let state = self.state();
        let own = state.shops.iter().filter(|(shop, _)| is_among(shards, **shop));
        Ok(own.filter_map(|(_, tables)| tables.next_due()).min())
    }

    async fn due_runs(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<RunId>, StoreError> {
        Ok(self.read(shop, |tables| due(&tables.due_runs, now, limit)))
    }

    async fn due_messages(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        Ok(self.read(shop, |tables| due(&tables.due_messages, now, limit)))
    }

    async fn due_prices(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        Ok(self.read(shop, |tables| due(&tables.due_prices, now, limit)))
    }

    async fn sent_before(&self, shop: ShopId, names: &[(Identity, Timestamp)]) -> Result<Vec<MessageId>, StoreError> {
        Ok(self.read(shop, |tables| {
            let found: BTreeSet<MessageId> = names
                .iter()
                .filter_map(|(name, until)| Some((tables.messages_of.get(tables.identities.get(name)?)?, *until)))
                .flat_map(|(ids, until)| ids.iter().map(move |id| (id, until)))
                .filter_map(|(id, until)| {
                    let message = &tables.messages.get(id)?.value;
                    let is_meant = message.state == MessageState::Accepted
                        && message.created_at <= until
                        && message.created_at > until - SENT_BEFORE;
                    is_meant.then_some(*id)
                })
                .collect();
            found.into_iter().collect()
        }))
    }

    async fn source_states(&self, shop: ShopId) -> Result<Vec<Entry<SourceState>>, StoreError> {
        Ok(self.read(shop, |tables| tables.sources.values().map(Row::entry).collect()))
    }

    async fn load(&self, shop: ShopId, wanted: &Wanted) -> Result<Slice, StoreError> {
        Ok(self.read(shop, |tables| super::load::load(tables, wanted)))
    }

    async fn commit(&self, shop: ShopId, changes: &Changes) -> Result<Committed, StoreError> {
        super::commit::commit(self, shop, changes).await
    }
}

/// Whether a shop is of one of these shards. Mostly they are all there are.
fn is_among(shards: &[Shard], shop: ShopId) -> bool {
    shards.len() == Shard::ALL.len() || shards.contains(&Shard::of(shop))
}

fn due<T: Copy>(by_due: &BTreeSet<(Timestamp, T)>, now: Timestamp, limit: u32) -> Vec<T> {
    by_due.iter().take_while(|(due, _)| *due <= now).take(limit as usize).map(|(_, id)| *id).collect()
}

//! Due work, and the way to what a batch loads and commits.

use async_trait::async_trait;
use cartwright_domain::ids::{MessageId, RunId, ShopId};
use cartwright_domain::shard::Shard;
use cartwright_domain::source::SourceState;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::{Entry, Identity};
use cartwright_engine::ports::{Changes, Committed, Ledger, Slice, StoreError, Wanted};
use serde_json::{Value, json};
use uuid::Uuid;

use super::SqliteStore;
use crate::error::failed;
use crate::rows::{self, SENT_BEFORE};
use crate::text::column;

/// Messages whose price is due to be asked for.
pub(crate) const DUE_PRICES: &str = "select message_id from messages where shop_id = $1 and price_due_at <= $2
                                     order by price_due_at, message_id limit $3";

/// Messages that were sent to whoever has these names, looked for in this order: a customer has few messages, a shop
/// many of each state.
pub(crate) const SENT_TO: &str = "select distinct m.message_id from json_each($2) told
     cross join identities i on i.shop_id = $1 and i.kind = told.value ->> 0 and i.value = told.value ->> 1
     cross join messages m on m.shop_id = $1 and m.customer_id = i.customer_id
     where +m.state = 'accepted' and +m.created_at <= told.value ->> 2 and +m.created_at > told.value ->> 3
     order by m.message_id";

#[async_trait]
impl Ledger for SqliteStore {
    async fn shops_with_work(&self, shards: &[Shard], now: Timestamp) -> Result<Vec<ShopId>, StoreError> {
        let found: Vec<Uuid> = sqlx::query_scalar(
            "select shop_id from shops s
             where exists (select 1 from pending_events where shop_id = s.shop_id)
                or exists (select 1 from runs where shop_id = s.shop_id and due_at <= $1)
                or exists (select 1 from messages where shop_id = s.shop_id and due_at <= $1)
                or exists (select 1 from messages where shop_id = s.shop_id and price_due_at <= $1)
                or exists (select 1 from source_states where shop_id = s.shop_id and due_at <= $1)
                or exists (select 1 from template_books where shop_id = s.shop_id and due_at <= $1)
                or exists (select 1 from incidents where shop_id = s.shop_id and due_at <= $1)
                or exists (select 1 from reply_sends where shop_id = s.shop_id and due_at <= $1)
             order by shop_id",
        )
        .bind(now.millis())
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        Ok(found.into_iter().map(ShopId).filter(|shop| shards.contains(&Shard::of(*shop))).collect())
    }

    async fn next_due(&self, shards: &[Shard]) -> Result<Option<Timestamp>, StoreError> {
        // Shop by shop: the first entry of each index, never a walk over all that waits.
        type First = Option<i64>;
        type Firsts = (Uuid, First, First, First, First, First, First, First);
        let firsts: Vec<Firsts> = sqlx::query_as(
            "select shop_id,
                    (select min(due_at) from runs where shop_id = s.shop_id and due_at is not null),
                    (select min(due_at) from messages where shop_id = s.shop_id and due_at is not null),
                    (select min(price_due_at) from messages where shop_id = s.shop_id and price_due_at is not null),
                    (select min(due_at) from source_states where shop_id = s.shop_id and due_at is not null),
                    (select min(due_at) from template_books where shop_id = s.shop_id and due_at is not null),
                    (select min(due_at) from incidents where shop_id = s.shop_id and due_at is not null),
                    (select min(due_at) from reply_sends where shop_id = s.shop_id and due_at is not null)
             from shops s",
        )
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        let own = firsts.into_iter().filter(|(shop, ..)| shards.contains(&Shard::of(ShopId(*shop))));
        let due = own.flat_map(|(_, run, message, price, source, book, incident, send)| {
            [run, message, price, source, book, incident, send]
        });
        Ok(due.flatten().min().map(Timestamp::from_millis))
    }

    async fn due_runs(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<RunId>, StoreError> {
        let found: Vec<Uuid> = sqlx::query_scalar(
            "select run_id from runs where shop_id = $1 and due_at <= $2 order by due_at, run_id limit $3",
        )
        .bind(shop.0)
        .bind(now.millis())
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        Ok(found.into_iter().map(RunId).collect())
    }

    async fn due_messages(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        let found: Vec<Uuid> = sqlx::query_scalar(
            "select message_id from messages where shop_id = $1 and due_at <= $2 order by due_at, message_id limit $3",
        )
        .bind(shop.0)
        .bind(now.millis())
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        Ok(found.into_iter().map(MessageId).collect())
    }

    async fn due_prices(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        let found: Vec<Uuid> = sqlx::query_scalar(DUE_PRICES)
            .bind(shop.0)
            .bind(now.millis())
            .bind(limit)
            .fetch_all(&self.reader)
            .await
            .map_err(failed)?;
        Ok(found.into_iter().map(MessageId).collect())
    }

    async fn sent_before(&self, shop: ShopId, names: &[(Identity, Timestamp)]) -> Result<Vec<MessageId>, StoreError> {
        let told = names.iter().map(|(name, until)| {
            let until = until.millis();
            json!([name.kind.name(), column(&name.value), until, until - SENT_BEFORE.millis()])
        });
        let found: Vec<Uuid> = sqlx::query_scalar(SENT_TO)
            .bind(shop.0)
            .bind(Value::from_iter(told).to_string())
            .fetch_all(&self.reader)
            .await
            .map_err(failed)?;
        Ok(found.into_iter().map(MessageId).collect())
    }

    async fn source_states(&self, shop: ShopId) -> Result<Vec<Entry<SourceState>>, StoreError> {
        let found: Vec<(i64, String)> =
            sqlx::query_as("select revision, document from source_states where shop_id = $1 order by connection_id")
                .bind(shop.0)
                .fetch_all(&self.reader)
                .await
                .map_err(failed)?;
        found.into_iter().map(rows::source_state).collect()
    }

    async fn load(&self, shop: ShopId, wanted: &Wanted) -> Result<Slice, StoreError> {
        super::load::load(self, shop, wanted).await
    }

    async fn commit(&self, shop: ShopId, changes: &Changes) -> Result<Committed, StoreError> {
        super::commit::commit(self, shop, changes).await
    }
}

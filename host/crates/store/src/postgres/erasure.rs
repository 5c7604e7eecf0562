//! Who was erased: what is deleted of them, and by what they are known again (S45).

use async_trait::async_trait;
use cartwright_domain::erasure::Erased;
use cartwright_domain::ids::ShopId;
use cartwright_engine::ports::{Erasure, NoteKind, StoreError};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::PostgresStore;
use super::settings::move_settings;
use crate::error::failed;
use crate::rows::key_of;

#[async_trait]
impl Erasure for PostgresStore {
    async fn erasure_key(&self, shop: ShopId) -> Result<Option<[u8; 32]>, StoreError> {
        let found: Option<Vec<u8>> = sqlx::query_scalar("select key from erasure_keys where shop_id = $1")
            .bind(shop.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)?;
        found.map(key_of).transpose()
    }

    async fn make_erasure_key(&self, shop: ShopId, key: [u8; 32]) -> Result<[u8; 32], StoreError> {
        if let Some(known) = self.erasure_key(shop).await? {
            return Ok(known);
        }
        let mut transaction = self.begin().await?;
        sqlx::query("insert into erasure_keys (shop_id, key) values ($1, $2) on conflict do nothing")
            .bind(shop.0)
            .bind(&key[..])
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        move_settings(&mut transaction, shop).await?;
        self.end(transaction).await?;
        Ok(self.erasure_key(shop).await?.unwrap_or(key))
    }

    async fn erased_among(&self, shop: ShopId, hashes: &[[u8; 32]]) -> Result<Vec<[u8; 32]>, StoreError> {
        let asked: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
        let found: Vec<Vec<u8>> =
            sqlx::query_scalar("select hash from erased_addresses where shop_id = $1 and hash = any($2)")
                .bind(shop.0)
                .bind(asked)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
        found.into_iter().map(key_of).collect()
    }
}

/// Deletes what is not a row of the ledger that the batch has changed.
pub(super) async fn erase(
    transaction: &mut Transaction<'_, Postgres>,
    shop: ShopId,
    erased: &Erased,
) -> Result<(), StoreError> {
    let runs: Vec<Uuid> = erased.runs.iter().map(|run| run.0).collect();
    let messages: Vec<Uuid> = erased.messages.iter().map(|message| message.0).collect();
    for (sql, list) in [
        ("delete from traces where shop_id = $1 and run_id = any($2)", &runs),
        ("delete from plugin_notes where shop_id = $1 and run_id = any($2)", &runs),
        ("delete from inbox where shop_id = $1 and message_id = any($2)", &messages),
        ("delete from short_links where shop_id = $1 and message_id = any($2)", &messages),
    ] {
        sqlx::query(sql).bind(shop.0).bind(list).execute(&mut **transaction).await.map_err(failed)?;
    }
    for sql in [
        "delete from events where shop_id = $1 and sequence = any($2)",
        "delete from pending_events where shop_id = $1 and sequence = any($2)",
    ] {
        sqlx::query(sql).bind(shop.0).bind(&erased.events).execute(&mut **transaction).await.map_err(failed)?;
    }
    if let Some(customer) = erased.customer {
        for sql in [
            "delete from identities where shop_id = $1 and customer_id = $2",
            "delete from carts where shop_id = $1 and customer_id = $2",
            // What was tried with their data, with what the local inbox shows of it.
            "delete from inbox where shop_id = $1
             and message_id in (select send_id from test_sends where shop_id = $1 and customer_id = $2)",
            "delete from test_sends where shop_id = $1 and customer_id = $2",
            // What they wrote, what they were answered, and what people of the shop were told of it.
            "delete from inbox where shop_id = $1
             and message_id in (select send_id from reply_sends where shop_id = $1 and customer_id = $2)",
            "delete from reply_sends where shop_id = $1 and customer_id = $2",
            "delete from replies where shop_id = $1 and customer_id = $2",
        ] {
            sqlx::query(sql).bind(shop.0).bind(customer.0).execute(&mut **transaction).await.map_err(failed)?;
        }
    }
    // First, so that whoever writes deliveries down is done with it, or sees that it came too late.
    sqlx::query("update shops set erased_at = greatest(coalesce(erased_at, $2), $2) where shop_id = $1")
        .bind(shop.0)
        .bind(erased.at.millis())
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    sqlx::query("delete from plugin_notes where shop_id = $1 and kind = $2")
        .bind(shop.0)
        .bind(NoteKind::Delivery.name())
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    for text in &erased.traits {
        sqlx::query("delete from asides where shop_id = $1 and strpos(lower(document), $2) > 0")
            .bind(shop.0)
            .bind(text)
            .execute(&mut **transaction)
            .await
            .map_err(failed)?;
    }
    for hash in &erased.hashes {
        sqlx::query(
            "insert into erased_addresses (shop_id, hash, erased_at) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(shop.0)
        .bind(&hash[..])
        .bind(erased.at.millis())
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

//! What seals the links in messages (S18), and whose the short ones are.

use async_trait::async_trait;
use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_engine::ports::{Links, StoreError};
use uuid::Uuid;

use super::PostgresStore;
use crate::error::failed;
use crate::rows::key_of;

#[async_trait]
impl Links for PostgresStore {
    async fn link_key(&self, shop: ShopId) -> Result<Option<[u8; 32]>, StoreError> {
        let found: Option<Vec<u8>> = sqlx::query_scalar("select key from link_keys where shop_id = $1")
            .bind(shop.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)?;
        found.map(key_of).transpose()
    }

    async fn make_link_key(&self, shop: ShopId, key: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("insert into link_keys (shop_id, key) values ($1, $2) on conflict do nothing")
            .bind(shop.0)
            .bind(&key[..])
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await?;
        Ok(self.link_key(shop).await?.unwrap_or(key))
    }

    async fn short_link(&self, token: &str) -> Result<Option<(ShopId, MessageId)>, StoreError> {
        let found: Option<(Uuid, Uuid)> =
            sqlx::query_as("select shop_id, message_id from short_links where token = $1 limit 1")
                .bind(token)
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        Ok(found.map(|(shop, message)| (ShopId(shop), MessageId(message))))
    }
}

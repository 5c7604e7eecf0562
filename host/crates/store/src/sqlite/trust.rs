//! Whose signatures count, and which key seals which secret.

use async_trait::async_trait;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::trust::TrustPolicy;
use cartwright_engine::ports::{Resealed, SecretPlace, StoreError, Trust};
use uuid::Uuid;

use super::SqliteStore;
use super::settings::move_settings;
use crate::error::failed;
use crate::rows;
use crate::secrets::{self, HEAD, Turned};
use crate::text::{column, from_column};

#[async_trait]
impl Trust for SqliteStore {
    async fn trust(&self, shop: ShopId) -> Result<TrustPolicy, StoreError> {
        let found: Option<String> = sqlx::query_scalar("select document from trust_policies where shop_id = $1")
            .bind(shop.0)
            .fetch_optional(&self.reader)
            .await
            .map_err(failed)?;
        Ok(found.map(|document| rows::read(&document)).transpose()?.unwrap_or_default())
    }

    async fn save_trust(&self, shop: ShopId, policy: &TrustPolicy) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "insert into trust_policies (shop_id, document) values ($1, $2)
             on conflict (shop_id) do update set document = excluded.document",
        )
        .bind(shop.0)
        .bind(rows::write(policy)?)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        move_settings(&mut transaction, shop).await?;
        self.end(transaction).await
    }

    async fn sealings(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let heads: Vec<Vec<u8>> = sqlx::query_scalar("select substr(sealed, 1, $1) from connection_secrets")
            .bind(HEAD)
            .fetch_all(&self.reader)
            .await
            .map_err(failed)?;
        Ok(secrets::count(&heads))
    }

    async fn reseal(&self, after: Option<&SecretPlace>, limit: u32) -> Result<Resealed, StoreError> {
        let newest = self.keys.newest_head()?;
        let (shop, connection, name) = secrets::begin_after(after);
        let mut transaction = self.begin().await?;
        let found: Vec<(Uuid, Uuid, String, Vec<u8>)> = sqlx::query_as(
            "select shop_id, connection_id, name, sealed from connection_secrets
             where (shop_id, connection_id, name) > ($1, $2, $3) and substr(sealed, 1, $4) <> $5
             order by shop_id, connection_id, name limit $6",
        )
        .bind(shop)
        .bind(connection)
        .bind(column(name))
        .bind(newest.len() as i64)
        .bind(&newest)
        .bind(limit)
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        let place = |shop, connection, name| SecretPlace {
            shop: ShopId(shop),
            connection: ConnectionId(connection),
            name: from_column(name),
        };
        let found = found.into_iter().map(|(shop, connection, name, sealed)| (place(shop, connection, name), sealed));
        let Turned { sealed, mut batch } = self.keys.turn(found.collect(), limit)?;
        for (SecretPlace { shop, connection, name }, before, now) in &sealed {
            let done = sqlx::query(
                "update connection_secrets set sealed = $5
                 where shop_id = $1 and connection_id = $2 and name = $3 and sealed = $4",
            )
            .bind(shop.0)
            .bind(connection.0)
            .bind(column(name))
            .bind(before)
            .bind(now)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
            batch.resealed += done.rows_affected();
        }
        self.end(transaction).await?;
        Ok(batch)
    }
}

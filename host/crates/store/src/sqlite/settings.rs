//! What people configure.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::content::Content;
use cartwright_domain::ids::{ConnectionId, KeyId, ShopId, StrategyId, VersionId};
use cartwright_domain::replacing::Replacement;
use cartwright_domain::shop::{Connection, ConnectionKind, Shop};
use cartwright_domain::strategy::{StateChange, StrategyRecord, StrategyState, Version};
use cartwright_domain::template::TemplateBook;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{
    ApiKey, Captured, Components, Page, PageRequest, Publication, Secret, Settings, StoreError,
};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::plugins::move_settings_from;
use super::{SqliteStore, ids, publication};
use crate::error::{failed, taken};
use crate::page;
use crate::rows;
use crate::secrets::Place;
use crate::text::{column, from_column};

/// A page of strategies, behind a name.
pub(crate) const STRATEGIES_PAGE: &str =
    "select name, document from strategies where shop_id = $1 and name > $2 order by name limit $3";

/// A page of the newest revisions, behind a name.
pub(crate) const CONTENTS_PAGE: &str = "select name, document, revision from contents c
     where shop_id = $1 and name > $2
       and revision = (select max(revision) from contents where shop_id = c.shop_id and name = c.name)
     order by name limit $3";

#[async_trait]
impl Settings for SqliteStore {
    async fn add_shop(&self, shop: &Shop) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("insert into shops (shop_id, name, document) values ($1, $2, $3)")
            .bind(shop.id.0)
            .bind(column(&shop.name))
            .bind(rows::write(shop)?)
            .execute(&mut *transaction)
            .await
            .map_err(taken(|| format!("the shop id {}", shop.id)))?;
        move_settings(&mut transaction, shop.id).await?;
        self.end(transaction).await
    }

    async fn save_shop(&self, shop: &Shop) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let saved = sqlx::query("update shops set name = $2, document = $3 where shop_id = $1")
            .bind(shop.id.0)
            .bind(column(&shop.name))
            .bind(rows::write(shop)?)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if saved.rows_affected() == 0 {
            return Err(StoreError::Conflict);
        }
        move_settings(&mut transaction, shop.id).await?;
        self.end(transaction).await
    }

    async fn shop(&self, shop: ShopId) -> Result<Option<Arc<Shop>>, StoreError> {
        let found: Option<String> = sqlx::query_scalar("select document from shops where shop_id = $1")
            .bind(shop.0)
            .fetch_optional(&self.reader)
            .await
            .map_err(failed)?;
        found.map(|document| rows::read(&document).map(Arc::new)).transpose()
    }

    async fn shops(&self) -> Result<Vec<Shop>, StoreError> {
        let found: Vec<String> = sqlx::query_scalar("select document from shops order by name, shop_id")
            .fetch_all(&self.reader)
            .await
            .map_err(failed)?;
        found.iter().map(|document| rows::read(document)).collect()
    }

    async fn add_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("insert into api_keys (hash, key_id, shop_id, label, created_at) values ($1, $2, $3, $4, $5)")
            .bind(&key.hash[..])
            .bind(key.id.0)
            .bind(key.shop.map(|shop| shop.0))
            .bind(column(&key.label))
            .bind(key.created_at.millis())
            .execute(&mut *transaction)
            .await
            .map_err(taken(|| "that key".into()))?;
        self.end(transaction).await
    }

    async fn key(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let found: Option<rows::KeyRow> =
            sqlx::query_as("select hash, key_id, shop_id, label, created_at from api_keys where hash = $1")
                .bind(&hash[..])
                .fetch_optional(&self.reader)
                .await
                .map_err(failed)?;
        found.map(rows::key).transpose()
    }

    async fn keys(&self, shop: ShopId) -> Result<Vec<ApiKey>, StoreError> {
        let found: Vec<rows::KeyRow> = sqlx::query_as(
            "select hash, key_id, shop_id, label, created_at from api_keys where shop_id = $1 order by key_id",
        )
        .bind(shop.0)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        found.into_iter().map(rows::key).collect()
    }

    async fn remove_key(&self, shop: ShopId, key: KeyId) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let removed = sqlx::query("delete from api_keys where shop_id = $1 and key_id = $2")
            .bind(shop.0)
            .bind(key.0)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await?;
        Ok(removed.rows_affected() > 0)
    }

    async fn save_connection(&self, shop: ShopId, connection: &Connection) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "insert into connections (shop_id, connection_id, kind, name, revision, document) values ($1, $2, $3, $4, 1, $5)
             on conflict (shop_id, connection_id) do update set
                 kind = excluded.kind, name = excluded.name, revision = revision + 1, document = excluded.document",
        )
        .bind(shop.0)
        .bind(connection.id.0)
        .bind(rows::kind_name(connection.kind))
        .bind(column(&connection.name))
        .bind(rows::write(connection)?)
        .execute(&mut *transaction)
        .await
        .map_err(taken(|| format!("the {} `{}`", rows::kind_name(connection.kind), connection.name)))?;
        move_settings(&mut transaction, shop).await?;
        self.end(transaction).await
    }

    async fn connections(&self, shop: ShopId) -> Result<Vec<Entry<Connection>>, StoreError> {
        let found: Vec<(i64, String)> =
            sqlx::query_as("select revision, document from connections where shop_id = $1 order by kind, name")
                .bind(shop.0)
                .fetch_all(&self.reader)
                .await
                .map_err(failed)?;
        let entry =
            |(revision, document): (i64, String)| Ok(Entry::loaded(rows::read(&document)?, revision.cast_unsigned()));
        found.into_iter().map(entry).collect()
    }

    async fn template_books(&self, shop: ShopId) -> Result<Vec<Entry<TemplateBook>>, StoreError> {
        let found: Vec<(i64, String)> =
            sqlx::query_as("select revision, document from template_books where shop_id = $1 order by connection_id")
                .bind(shop.0)
                .fetch_all(&self.reader)
                .await
                .map_err(failed)?;
        found.into_iter().map(rows::template_book).collect()
    }

    async fn connection(&self, connection: ConnectionId) -> Result<Option<(ShopId, Connection)>, StoreError> {
        let found: Option<(Uuid, String)> =
            sqlx::query_as("select shop_id, document from connections where connection_id = $1")
                .bind(connection.0)
                .fetch_optional(&self.reader)
                .await
                .map_err(failed)?;
        found.map(|(shop, document)| Ok((ShopId(shop), rows::read(&document)?))).transpose()
    }

    async fn remove_connection(&self, shop: ShopId, kind: ConnectionKind, name: &str) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let removed: Option<Uuid> = sqlx::query_scalar(
            "delete from connections where shop_id = $1 and kind = $2 and name = $3 returning connection_id",
        )
        .bind(shop.0)
        .bind(rows::kind_name(kind))
        .bind(column(name))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        if let Some(connection) = removed {
            sqlx::query("delete from connection_secrets where shop_id = $1 and connection_id = $2")
                .bind(shop.0)
                .bind(connection)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            move_settings(&mut transaction, shop).await?;
        }
        self.end(transaction).await?;
        Ok(removed.is_some())
    }

    async fn save_secret(
        &self,
        shop: ShopId,
        connection: ConnectionId,
        name: &str,
        secret: &Secret,
    ) -> Result<(), StoreError> {
        let sealed = self.keys.seal(&Place { shop, connection, name }, secret)?;
        let mut transaction = self.begin().await?;
        sqlx::query(
            "insert into connection_secrets (shop_id, connection_id, name, sealed) values ($1, $2, $3, $4)
             on conflict (shop_id, connection_id, name) do update set sealed = excluded.sealed, expires_at = null",
        )
        .bind(shop.0)
        .bind(connection.0)
        .bind(column(name))
        .bind(sealed)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        move_settings(&mut transaction, shop).await?;
        self.end(transaction).await
    }

    async fn keep_secrets(
        &self,
        shop: ShopId,
        connection: ConnectionId,
        captured: &[Captured],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for one in captured {
            sqlx::query(
                "insert into connection_secrets (shop_id, connection_id, name, sealed, expires_at)
                 values ($1, $2, $3, $4, $5) on conflict (shop_id, connection_id, name)
                 do update set sealed = excluded.sealed, expires_at = excluded.expires_at",
            )
            .bind(shop.0)
            .bind(connection.0)
            .bind(column(&one.name))
            .bind(self.keys.seal(&Place { shop, connection, name: &one.name }, &one.secret)?)
            .bind(one.expires_at.map(Timestamp::millis))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        self.end(transaction).await
    }

    async fn secret_expiries(
        &self,
        shop: ShopId,
        connection: ConnectionId,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let found: Vec<(String, i64)> = sqlx::query_as(
            "select name, expires_at from connection_secrets
             where shop_id = $1 and connection_id = $2 and expires_at is not null order by name",
        )
        .bind(shop.0)
        .bind(connection.0)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        Ok(found.into_iter().map(|(name, at)| (from_column(name), Timestamp::from_millis(at))).collect())
    }

    async fn secrets(&self, shop: ShopId, connection: ConnectionId) -> Result<Vec<(String, Secret)>, StoreError> {
        let found: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "select name, sealed from connection_secrets where shop_id = $1 and connection_id = $2 order by name",
        )
        .bind(shop.0)
        .bind(connection.0)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        let open = |(name, sealed): (String, Vec<u8>)| {
            let name = from_column(name);
            let secret = self.keys.open(&Place { shop, connection, name: &name }, &sealed)?;
            Ok((name, secret))
        };
        found.into_iter().map(open).collect()
    }

    async fn secret_names(&self, shop: ShopId, connection: ConnectionId) -> Result<Vec<String>, StoreError> {
        let found: Vec<String> = sqlx::query_scalar(
            "select name from connection_secrets where shop_id = $1 and connection_id = $2 order by name",
        )
        .bind(shop.0)
        .bind(connection.0)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        Ok(found.into_iter().map(from_column).collect())
    }

    async fn save_content(&self, shop: ShopId, content: &Content, at: Timestamp) -> Result<u32, StoreError> {
        let mut transaction = self.begin().await?;
        let revision = publication::revise(&mut transaction, shop, content, at).await?;
        move_settings(&mut transaction, shop).await?;
        self.end(transaction).await?;
        Ok(revision)
    }

    async fn contents(&self, shop: ShopId) -> Result<Vec<(Content, u32)>, StoreError> {
        let found: Vec<(String, u32)> = sqlx::query_as(
            "select document, revision from contents c
             where shop_id = $1
               and revision = (select max(revision) from contents where shop_id = c.shop_id and name = c.name)
             order by name",
        )
        .bind(shop.0)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        found.into_iter().map(|(document, revision)| Ok((rows::read(&document)?, revision))).collect()
    }

    async fn contents_page(&self, shop: ShopId, page: &PageRequest) -> Result<Page<(Content, u32)>, StoreError> {
        let found: Vec<(String, String, u32)> = sqlx::query_as(CONTENTS_PAGE)
            .bind(shop.0)
            .bind(page::after_name(page))
            .bind(page::rows(page))
            .fetch_all(&self.reader)
            .await
            .map_err(failed)?;
        let contents =
            found.into_iter().map(|(name, document, revision)| Ok((name, (rows::read(&document)?, revision))));
        Ok(page::page(contents.collect::<Result<_, StoreError>>()?, page))
    }

    async fn replace_content(
        &self,
        shop: ShopId,
        content: (&str, u32),
        versions: &[VersionId],
        at: Timestamp,
        revision: u64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        move_settings_from(&mut transaction, shop, revision).await?;
        publication::replace(&mut transaction, shop, content, versions, at).await?;
        self.end(transaction).await
    }

    async fn replacements(&self, shop: ShopId, versions: &[VersionId]) -> Result<Vec<Replacement>, StoreError> {
        publication::replacements(&self.reader, shop, versions).await
    }

    async fn publish(&self, shop: ShopId, publication: &Publication<'_>) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        move_settings_from(&mut transaction, shop, publication.revision).await?;
        publication::save(&mut transaction, shop, publication).await?;
        self.end(transaction).await
    }

    async fn set_strategy_state(
        &self,
        shop: ShopId,
        strategy: StrategyId,
        state: StrategyState,
        change: &StateChange,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let found: Option<String> =
            sqlx::query_scalar("select document from strategies where shop_id = $1 and strategy_id = $2")
                .bind(shop.0)
                .bind(strategy.0)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(failed)?;
        let Some(document) = found else { return Ok(false) };
        let record = rows::read::<StrategyRecord>(&document)?.with_state(state, change);
        sqlx::query("update strategies set document = $3 where shop_id = $1 and strategy_id = $2")
            .bind(shop.0)
            .bind(strategy.0)
            .bind(rows::write(&record)?)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        move_settings(&mut transaction, shop).await?;
        self.end(transaction).await?;
        Ok(true)
    }

    async fn remove_strategy(&self, shop: ShopId, strategy: StrategyId, revision: u64) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        move_settings_from(&mut transaction, shop, revision).await?;
        let is_at_work: bool = sqlx::query_scalar(
            "select exists (select 1 from runs where shop_id = $1 and strategy_id = $2 and active = 1)",
        )
        .bind(shop.0)
        .bind(strategy.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        if is_at_work {
            return Err(StoreError::Conflict);
        }
        let gone = sqlx::query("delete from strategies where shop_id = $1 and strategy_id = $2")
            .bind(shop.0)
            .bind(strategy.0)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await?;
        Ok(gone.rows_affected() > 0)
    }

    async fn strategies_page(&self, shop: ShopId, page: &PageRequest) -> Result<Page<StrategyRecord>, StoreError> {
        let found: Vec<(String, String)> = sqlx::query_as(STRATEGIES_PAGE)
            .bind(shop.0)
            .bind(page::after_name(page))
            .bind(page::rows(page))
            .fetch_all(&self.reader)
            .await
            .map_err(failed)?;
        let strategies = found.into_iter().map(|(name, document)| Ok((name, rows::read(&document)?)));
        Ok(page::page(strategies.collect::<Result<_, StoreError>>()?, page))
    }

    async fn strategies(&self, shop: ShopId) -> Result<Vec<StrategyRecord>, StoreError> {
        let found: Vec<String> = sqlx::query_scalar("select document from strategies where shop_id = $1 order by name")
            .bind(shop.0)
            .fetch_all(&self.reader)
            .await
            .map_err(failed)?;
        found.iter().map(|document| rows::read(document)).collect()
    }

    async fn versions(&self, shop: ShopId, versions: &[VersionId]) -> Result<Vec<Version>, StoreError> {
        let found: Vec<String> = sqlx::query_scalar(
            "select document from versions
             where shop_id = $1 and version_id in (select unhex(value, '-') from json_each($2)) order by version_id",
        )
        .bind(shop.0)
        .bind(ids(versions.iter().map(|version| version.0)))
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        found.iter().map(|document| rows::read(document)).collect()
    }

    async fn versions_of(&self, shop: ShopId, strategy: StrategyId) -> Result<Vec<Version>, StoreError> {
        let found: Vec<String> = sqlx::query_scalar(
            "select document from versions where shop_id = $1 and strategy_id = $2 order by number desc",
        )
        .bind(shop.0)
        .bind(strategy.0)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        found.iter().map(|document| rows::read(document)).collect()
    }

    async fn settings_revision(&self, shop: ShopId) -> Result<u64, StoreError> {
        let found: Option<i64> = sqlx::query_scalar("select revision from settings_revisions where shop_id = $1")
            .bind(shop.0)
            .fetch_optional(&self.reader)
            .await
            .map_err(failed)?;
        Ok(found.unwrap_or_default().cast_unsigned())
    }
}

#[async_trait]
impl Components for SqliteStore {
    async fn component(&self, shop: ShopId, digest: &str) -> Result<Option<Bytes>, StoreError> {
        super::plugins::component(&self.reader, shop, digest).await
    }
}

/// Tells every cache of the shop's settings that it is stale.
pub(super) async fn move_settings(
    transaction: &mut Transaction<'static, Sqlite>,
    shop: ShopId,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into settings_revisions (shop_id, revision) values ($1, 1)
         on conflict (shop_id) do update set revision = revision + 1",
    )
    .bind(shop.0)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

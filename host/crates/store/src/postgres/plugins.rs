//! Installed plugins: versions with their stages, who was stopped, circuit breakers. The component lies apart from the
//! record, so that no list reads it.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::ids::{NoteId, RunId, ShopId, VersionId};
use cartwright_domain::plugin::{Breaker, Kill, PluginRecord, Stage};
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Figure, Note, NoteKind, Page, PageRequest, PluginChanges, PluginLife, StoreError};
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::settings::move_settings;
use super::{PostgresStore, notes};
use crate::error::failed;
use crate::rows;
use crate::text::column;

#[async_trait]
impl PluginLife for PostgresStore {
    async fn change_plugins(&self, shop: ShopId, changes: &PluginChanges) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        move_settings_from(&mut transaction, shop, changes.revision).await?;
        // Whoever gives up a place does so before another takes it.
        let (taking, giving): (Vec<_>, Vec<_>) =
            changes.records.iter().partition(|record| matches!(record.stage, Stage::Active | Stage::Canary { .. }));
        for record in giving.into_iter().chain(taking) {
            save(&mut transaction, shop, record).await?;
        }
        if let (Some(component), Some(record)) = (&changes.component, changes.records.first()) {
            save_component(&mut transaction, shop, &record.digest, component).await?;
        }
        if let Some(kill) = &changes.killed {
            sqlx::query(
                "insert into plugin_kills (shop_id, name, document) values ($1, $2, $3)
                 on conflict (shop_id, name) do update set document = excluded.document",
            )
            .bind(shop.0)
            .bind(column(&kill.plugin))
            .bind(rows::write(kill)?)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        if let Some(name) = &changes.revived {
            sqlx::query("delete from plugin_kills where shop_id = $1 and name = $2")
                .bind(shop.0)
                .bind(column(name))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        notes::write(&mut transaction, shop, &rows::audit(&changes.audit)?).await?;
        self.end(transaction).await
    }

    async fn plugins(&self, shop: ShopId) -> Result<Vec<PluginRecord>, StoreError> {
        let found: Vec<(String, String)> = sqlx::query_as(
            "select stage, document from plugins where shop_id = $1 order by installed_at desc, name, digest",
        )
        .bind(shop.0)
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        found.iter().map(|(stage, document)| rows::plugin(stage, document)).collect()
    }

    async fn plugin_component(&self, shop: ShopId, digest: &str) -> Result<Option<Bytes>, StoreError> {
        component(&self.pool, shop, digest).await
    }

    async fn plugin_kills(&self, shop: ShopId) -> Result<Vec<Kill>, StoreError> {
        let found: Vec<String> =
            sqlx::query_scalar("select document from plugin_kills where shop_id = $1 order by name")
                .bind(shop.0)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
        found.iter().map(|document| rows::read(document)).collect()
    }

    async fn runs_by_version(&self, shop: ShopId) -> Result<Vec<(VersionId, u64)>, StoreError> {
        let found: Vec<(Uuid, i64)> = sqlx::query_as(
            "select version_id, count(*) from runs where shop_id = $1 and active and version_id is not null
             group by version_id order by version_id",
        )
        .bind(shop.0)
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        Ok(found.into_iter().map(|(version, count)| (VersionId(version), count.cast_unsigned())).collect())
    }

    async fn breakers(&self, shop: ShopId) -> Result<Vec<(String, Entry<Breaker>)>, StoreError> {
        let found: Vec<(String, i64, String)> =
            sqlx::query_as("select digest, revision, document from plugin_breakers where shop_id = $1 order by digest")
                .bind(shop.0)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
        let breaker = |(digest, revision, document): (String, i64, String)| {
            Ok((digest, Entry::loaded(rows::read(&document)?, revision.cast_unsigned())))
        };
        found.into_iter().map(breaker).collect()
    }

    async fn save_breaker(
        &self,
        shop: ShopId,
        digest: &str,
        breaker: &Entry<Breaker>,
        turns: bool,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let saved = sqlx::query(match breaker.revision {
            0 => {
                "insert into plugin_breakers (shop_id, digest, revision, document) values ($1, $2, $3 + 1, $4)
                 on conflict do nothing"
            }
            _ => {
                "update plugin_breakers set revision = revision + 1, document = $4
                 where shop_id = $1 and digest = $2 and revision = $3"
            }
        })
        .bind(shop.0)
        .bind(digest)
        .bind(breaker.revision.cast_signed())
        .bind(rows::write(&breaker.value)?)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if saved.rows_affected() != 1 {
            return Err(StoreError::Conflict);
        }
        if turns {
            move_settings(&mut transaction, shop).await?;
        }
        self.end(transaction).await
    }

    async fn write_notes(&self, shop: ShopId, notes: &[Note]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        notes::write(&mut transaction, shop, notes).await?;
        self.end(transaction).await
    }

    async fn forget_notes(&self, shop: ShopId, kind: NoteKind, before: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        notes::forget(&mut transaction, shop, kind, before).await?;
        self.end(transaction).await
    }

    async fn notes(
        &self,
        shop: ShopId,
        kind: NoteKind,
        subject: &str,
        page: &PageRequest,
    ) -> Result<Page<Note>, StoreError> {
        notes::list(&self.pool, shop, kind, subject, page).await
    }

    async fn note(&self, shop: ShopId, kind: NoteKind, subject: &str, id: NoteId) -> Result<Option<Note>, StoreError> {
        notes::one(&self.pool, shop, kind, subject, id).await
    }

    async fn add_figures(&self, shop: ShopId, figures: &[Figure]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        notes::add_figures(&mut transaction, shop, figures).await?;
        self.end(transaction).await
    }

    async fn figures(&self, shop: ShopId, digest: &str, since: &str) -> Result<Vec<Figure>, StoreError> {
        notes::figures(&self.pool, shop, digest, since).await
    }

    async fn decided_by(&self, shop: ShopId, digest: &str, limit: u32) -> Result<Vec<(RunId, TraceEntry)>, StoreError> {
        notes::decided_by(&self.pool, shop, digest, limit).await
    }
}

async fn save(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    record: &PluginRecord,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into plugins (shop_id, digest, name, major, stage, installed_at, document) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (shop_id, digest) do update set stage = excluded.stage, document = excluded.document",
    )
    .bind(shop.0)
    .bind(&record.digest)
    .bind(column(&record.name))
    .bind(record.major().cast_signed())
    .bind(record.stage.name())
    .bind(record.installed_at.millis())
    .bind(rows::write(record)?)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    sqlx::query("delete from plugin_breakers where shop_id = $1 and digest = $2")
        .bind(shop.0)
        .bind(&record.digest)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn save_component(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    digest: &str,
    component: &Bytes,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into plugin_components (shop_id, digest, component) values ($1, $2, $3)
         on conflict (shop_id, digest) do nothing",
    )
    .bind(shop.0)
    .bind(digest)
    .bind(&component[..])
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Moves the revision of the settings on from one that somebody decided on.
pub(super) async fn move_settings_from(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    revision: u64,
) -> Result<(), StoreError> {
    let moved =
        sqlx::query("update settings_revisions set revision = revision + 1 where shop_id = $1 and revision = $2")
            .bind(shop.0)
            .bind(revision.cast_signed())
            .execute(&mut **transaction)
            .await
            .map_err(failed)?;
    if moved.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

pub(super) async fn component(pool: &PgPool, shop: ShopId, digest: &str) -> Result<Option<Bytes>, StoreError> {
    let found: Option<Vec<u8>> =
        sqlx::query_scalar("select component from plugin_components where shop_id = $1 and digest = $2")
            .bind(shop.0)
            .bind(digest)
            .fetch_optional(pool)
            .await
            .map_err(failed)?;
    Ok(found.map(Bytes::from))
}

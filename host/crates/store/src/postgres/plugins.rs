//! Installed plugins. The component lies apart from the record, so that no list reads it.

use bytes::Bytes;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::PluginRecord;
use cartwright_engine::ports::StoreError;
use sqlx::{PgPool, Postgres, Transaction};

use crate::error::failed;
use crate::rows;
use crate::text::column;

/// The same digest again changes nothing but grants and activity.
pub(super) async fn save(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    plugin: &PluginRecord,
    component: Option<Bytes>,
) -> Result<(), StoreError> {
    let found: Option<String> =
        sqlx::query_scalar("select document from plugins where shop_id = $1 and digest = $2 for update")
            .bind(shop.0)
            .bind(&plugin.digest)
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed)?;
    let installed: Option<PluginRecord> = found.map(|document| rows::read(&document)).transpose()?;
    if installed.is_none() && component.is_none() {
        return Err(StoreError::Failed(format!("{} is not installed, and no component came with it", plugin.label())));
    }
    let record = rows::installed_as(installed, plugin);
    if record.active {
        sqlx::query("update plugins set active = false where shop_id = $1 and name = $2 and major = $3 and active")
            .bind(shop.0)
            .bind(column(&record.name))
            .bind(record.major().cast_signed())
            .execute(&mut **transaction)
            .await
            .map_err(failed)?;
    }
    sqlx::query(
        "insert into plugins (shop_id, digest, name, major, active, installed_at, document) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (shop_id, digest) do update set active = excluded.active, document = excluded.document",
    )
    .bind(shop.0)
    .bind(&record.digest)
    .bind(column(&record.name))
    .bind(record.major().cast_signed())
    .bind(record.active)
    .bind(record.installed_at.millis())
    .bind(rows::write(&record)?)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    if let Some(component) = component {
        sqlx::query(
            "insert into plugin_components (shop_id, digest, component) values ($1, $2, $3)
             on conflict (shop_id, digest) do nothing",
        )
        .bind(shop.0)
        .bind(&record.digest)
        .bind(&component[..])
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// All installed versions, newest first. Whether one is active stands in the column: another one takes its place
/// without a look at its document.
pub(super) async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<PluginRecord>, StoreError> {
    let found: Vec<(bool, String)> = sqlx::query_as(
        "select active, document from plugins where shop_id = $1 order by installed_at desc, name, digest",
    )
    .bind(shop.0)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    found.into_iter().map(|(active, document)| Ok(PluginRecord { active, ..rows::read(&document)? })).collect()
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

//! What is saved when a strategy is published: contents as revisions, and an immutable version.

use cartwright_domain::content::Content;
use cartwright_domain::ids::ShopId;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{Publication, StoreError};
use sqlx::{Sqlite, Transaction};

use crate::error::{failed, taken};
use crate::rows;
use crate::text::column;

/// Saves a content as its next revision; the revision.
pub(super) async fn revise(
    transaction: &mut Transaction<'static, Sqlite>,
    shop: ShopId,
    content: &Content,
    at: Timestamp,
) -> Result<u32, StoreError> {
    sqlx::query_scalar(
        "insert into contents (shop_id, name, revision, saved_at, document)
         select $1, $2, coalesce(max(revision), 0) + 1, $3, $4 from contents where shop_id = $1 and name = $2
         returning revision",
    )
    .bind(shop.0)
    .bind(column(&content.name))
    .bind(at.millis())
    .bind(rows::write(content)?)
    .fetch_one(&mut **transaction)
    .await
    .map_err(failed)
}

/// Saves the strategy, its version and the contents that come along.
pub(super) async fn save(
    transaction: &mut Transaction<'static, Sqlite>,
    shop: ShopId,
    publication: &Publication<'_>,
) -> Result<(), StoreError> {
    let Publication { record, version, contents, .. } = publication;
    for content in *contents {
        revise(transaction, shop, content, version.published_at).await?;
    }
    sqlx::query(
        "insert into strategies (shop_id, strategy_id, name, document) values ($1, $2, $3, $4)
         on conflict (shop_id, strategy_id) do update set name = excluded.name, document = excluded.document",
    )
    .bind(shop.0)
    .bind(record.id.0)
    .bind(column(&record.name))
    .bind(rows::write(record)?)
    .execute(&mut **transaction)
    .await
    .map_err(taken(|| format!("the strategy `{}`", record.name)))?;
    sqlx::query(
        "insert into versions (shop_id, version_id, strategy_id, number, document) values ($1, $2, $3, $4, $5)",
    )
    .bind(shop.0)
    .bind(version.id.0)
    .bind(version.strategy.0)
    .bind(version.number)
    .bind(rows::write(version)?)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

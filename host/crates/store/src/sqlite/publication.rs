//! What is saved when a strategy is published: contents as revisions, and an immutable version.

use cartwright_domain::content::Content;
use cartwright_domain::ids::{ShopId, VersionId};
use cartwright_domain::replacing::Replacement;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{Publication, StoreError};
use sqlx::{Sqlite, SqlitePool, Transaction};
use uuid::Uuid;

use super::ids;
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

/// Puts a revision of a content in the place of the one that versions have.
pub(super) async fn replace(
    transaction: &mut Transaction<'static, Sqlite>,
    shop: ShopId,
    (name, content_revision): (&str, u32),
    versions: &[VersionId],
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into content_replacements (shop_id, version_id, name, revision, replaced_at)
         select $1, unhex(value, '-'), $3, $4, $5 from json_each($2)",
    )
    .bind(shop.0)
    .bind(ids(versions.iter().map(|version| version.0)))
    .bind(column(name))
    .bind(content_revision)
    .bind(at.millis())
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

/// The newest replacement of each content in versions.
pub(super) async fn replacements(
    pool: &SqlitePool,
    shop: ShopId,
    versions: &[VersionId],
) -> Result<Vec<Replacement>, StoreError> {
    let found: Vec<(Uuid, String, u32, i64)> = sqlx::query_as(
        "select r.version_id, c.document, r.revision, r.replaced_at from content_replacements r
         join contents c on c.shop_id = r.shop_id and c.name = r.name and c.revision = r.revision
         where r.shop_id = $1 and r.version_id in (select unhex(value, '-') from json_each($2))
           and r.revision = (select max(revision) from content_replacements
                             where shop_id = r.shop_id and version_id = r.version_id and name = r.name)
         order by r.version_id, r.name",
    )
    .bind(shop.0)
    .bind(ids(versions.iter().map(|version| version.0)))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let replacement = |(version, document, revision, at): (Uuid, String, u32, i64)| {
        Ok(Replacement {
            version: VersionId(version),
            content: rows::read(&document)?,
            revision,
            replaced_at: Timestamp::from_millis(at),
        })
    };
    found.into_iter().map(replacement).collect()
}

//! What is written down beside the ledger, and the figures of plugins.

use cartwright_domain::ids::{NoteId, RunId, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_engine::ports::{Figure, Note, NoteKind, Page, PageRequest, StoreError};
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::each;
use crate::error::failed;
use crate::text::{column, from_column};
use crate::{page, rows};

/// Writes notes down, and drops those that are more or older than is kept.
pub(super) async fn write(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    notes: &[Note],
) -> Result<(), StoreError> {
    let erased_at = match notes.iter().any(|note| note.kind.goes_with_anybody()) {
        true => erased_at(transaction, shop).await?,
        false => None,
    };
    let notes = &rows::not_erased(notes, erased_at);
    if notes.is_empty() {
        return Ok(());
    }
    let documents: Vec<String> = notes.iter().map(|note| rows::write(&note.document)).collect::<Result<_, _>>()?;
    sqlx::query(
        "insert into plugin_notes (shop_id, kind, subject, note_id, at, run_id, document)
         select $1, * from unnest($2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::uuid[], $7::text[])
         on conflict do nothing",
    )
    .bind(shop.0)
    .bind(each(notes, |note| note.kind.name()))
    .bind(each(notes, |note| column(&note.subject)))
    .bind(each(notes, |note| note.id.0))
    .bind(each(notes, |note| note.at.millis()))
    .bind(each(notes, |note| note.run.map(|run| run.0)))
    .bind(documents)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    for (kind, subject, newest) in rows::subjects(notes) {
        let Some(kept) = kind.kept() else { continue };
        sqlx::query(
            "delete from plugin_notes where shop_id = $1 and kind = $2 and subject = $3 and (at < $4 or note_id <=
                 (select note_id from plugin_notes where shop_id = $1 and kind = $2 and subject = $3
                  order by note_id desc limit 1 offset $5))",
        )
        .bind(shop.0)
        .bind(kind.name())
        .bind(column(subject))
        .bind(kind.age().map_or(i64::MIN, |age| (newest - age).millis()))
        .bind(i64::from(kept))
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// When somebody was erased last. Nobody is until the notes of this transaction are there to be deleted.
async fn erased_at(transaction: &mut Transaction<'static, Postgres>, shop: ShopId) -> Result<Option<i64>, StoreError> {
    let found: Option<Option<i64>> = sqlx::query_scalar("select erased_at from shops where shop_id = $1 for share")
        .bind(shop.0)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(found.flatten())
}

/// Drops notes of a kind that are older than a moment.
pub(super) async fn forget(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    kind: NoteKind,
    before: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("delete from plugin_notes where shop_id = $1 and kind = $2 and at < $3")
        .bind(shop.0)
        .bind(kind.name())
        .bind(before.millis())
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(())
}

/// The page of notes of a kind about a subject, newest first: an audit, deliveries, refused uploads, a plugin's log.
pub(crate) const NOTES: &str = "select note_id, at, run_id, document from plugin_notes
                                where shop_id = $1 and kind = $2 and subject = $3 and note_id < $4
                                order by note_id desc limit $5";

pub(super) async fn list(
    pool: &PgPool,
    shop: ShopId,
    kind: NoteKind,
    subject: &str,
    page: &PageRequest,
) -> Result<Page<Note>, StoreError> {
    let found: Vec<rows::NoteRow> = sqlx::query_as(NOTES)
        .bind(shop.0)
        .bind(kind.name())
        .bind(column(subject))
        .bind(page::before_id(page))
        .bind(page::rows(page))
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    let notes = found.into_iter().map(|row| Ok((row.0.to_string(), rows::note(kind, subject, row)?)));
    Ok(page::page(notes.collect::<Result<_, StoreError>>()?, page))
}

pub(super) async fn one(
    pool: &PgPool,
    shop: ShopId,
    kind: NoteKind,
    subject: &str,
    id: NoteId,
) -> Result<Option<Note>, StoreError> {
    let found: Option<rows::NoteRow> = sqlx::query_as(
        "select note_id, at, run_id, document from plugin_notes
         where shop_id = $1 and kind = $2 and subject = $3 and note_id = $4",
    )
    .bind(shop.0)
    .bind(kind.name())
    .bind(column(subject))
    .bind(id.0)
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    found.map(|row| rows::note(kind, subject, row)).transpose()
}

/// Figures add up, but for those that are the greatest.
pub(super) async fn add_figures(
    transaction: &mut Transaction<'static, Postgres>,
    shop: ShopId,
    figures: &[Figure],
) -> Result<(), StoreError> {
    if figures.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into plugin_figures as known (shop_id, digest, day, name, value)
         select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[])
         on conflict (shop_id, digest, day, name) do update set value = case
             when known.name like 'max\\_%' then greatest(known.value, excluded.value)
             else known.value + excluded.value end",
    )
    .bind(shop.0)
    .bind(each(figures, |figure| figure.digest.as_str()))
    .bind(each(figures, |figure| figure.day.as_str()))
    .bind(each(figures, |figure| column(&figure.name)))
    .bind(each(figures, |figure| figure.value.cast_signed()))
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn figures(pool: &PgPool, shop: ShopId, digest: &str, since: &str) -> Result<Vec<Figure>, StoreError> {
    let found: Vec<(String, String, i64)> = sqlx::query_as(
        "select day, name, value from plugin_figures
         where shop_id = $1 and digest = $2 and day >= $3 order by day, name",
    )
    .bind(shop.0)
    .bind(digest)
    .bind(since)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let figure = |(day, name, value): (String, String, i64)| Figure {
        digest: digest.to_owned(),
        day,
        name: from_column(name),
        value: value.cast_unsigned(),
    };
    Ok(found.into_iter().map(figure).collect())
}

/// Runs are numbered by time, so the newest come first without a look at the rest.
pub(super) async fn decided_by(
    pool: &PgPool,
    shop: ShopId,
    digest: &str,
    limit: u32,
) -> Result<Vec<(RunId, TraceEntry)>, StoreError> {
    let found: Vec<(Uuid, String)> = sqlx::query_as(
        "select run_id, document from traces where shop_id = $1 and digest = $2
         order by run_id desc, sequence desc limit $3",
    )
    .bind(shop.0)
    .bind(digest)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    found.into_iter().map(|(run, document)| Ok((RunId(run), rows::read(&document)?))).collect()
}

//! What is written down beside the ledger, and the figures of plugins.

use cartwright_domain::ids::{NoteId, RunId, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_engine::ports::{Figure, Note, NoteKind, Page, PageRequest, StoreError};
use sqlx::{QueryBuilder, Sqlite, SqlitePool, Transaction};
use uuid::Uuid;

use crate::error::failed;
use crate::text::{column, from_column};
use crate::{page, rows};

/// Rows of one statement.
const ROWS: usize = 100;

/// Writes notes down, and drops those that are more or older than is kept.
pub(super) async fn write(
    transaction: &mut Transaction<'static, Sqlite>,
    shop: ShopId,
    notes: &[Note],
) -> Result<(), StoreError> {
    let erased_at = match notes.iter().any(|note| note.kind.goes_with_anybody()) {
        true => erased_at(transaction, shop).await?,
        false => None,
    };
    let notes = &rows::not_erased(notes, erased_at);
    for notes in notes.chunks(ROWS) {
        let documents: Vec<String> = notes.iter().map(|note| rows::write(&note.document)).collect::<Result<_, _>>()?;
        let mut insert: QueryBuilder<Sqlite> =
            QueryBuilder::new("insert into plugin_notes (shop_id, kind, subject, note_id, at, run_id, document) ");
        insert.push_values(notes.iter().zip(documents), |mut row, (note, document)| {
            row.push_bind(shop.0).push_bind(note.kind.name()).push_bind(column(&note.subject)).push_bind(note.id.0);
            row.push_bind(note.at.millis()).push_bind(note.run.map(|run| run.0)).push_bind(document);
        });
        insert.push(" on conflict do nothing");
        insert.build().execute(&mut **transaction).await.map_err(failed)?;
    }
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

/// When somebody was erased last.
async fn erased_at(transaction: &mut Transaction<'static, Sqlite>, shop: ShopId) -> Result<Option<i64>, StoreError> {
    let found: Option<Option<i64>> = sqlx::query_scalar("select erased_at from shops where shop_id = $1")
        .bind(shop.0)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(found.flatten())
}

/// Drops notes of a kind that are older than a moment.
pub(super) async fn forget(
    transaction: &mut Transaction<'static, Sqlite>,
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
    reader: &SqlitePool,
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
        .fetch_all(reader)
        .await
        .map_err(failed)?;
    let notes = found.into_iter().map(|row| Ok((row.0.to_string(), rows::note(kind, subject, row)?)));
    Ok(page::page(notes.collect::<Result<_, StoreError>>()?, page))
}

pub(super) async fn one(
    reader: &SqlitePool,
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
    .fetch_optional(reader)
    .await
    .map_err(failed)?;
    found.map(|row| rows::note(kind, subject, row)).transpose()
}

/// Figures add up, but for those that are the greatest.
pub(super) async fn add_figures(
    transaction: &mut Transaction<'static, Sqlite>,
    shop: ShopId,
    figures: &[Figure],
) -> Result<(), StoreError> {
    if figures.is_empty() {
        return Ok(());
    }
    for figures in figures.chunks(ROWS) {
        let mut insert: QueryBuilder<Sqlite> =
            QueryBuilder::new("insert into plugin_figures (shop_id, digest, day, name, value) ");
        insert.push_values(figures, |mut row, figure| {
            row.push_bind(shop.0).push_bind(&figure.digest).push_bind(&figure.day);
            row.push_bind(column(&figure.name)).push_bind(figure.value.cast_signed());
        });
        insert.push(
            " on conflict (shop_id, digest, day, name) do update set value = case
                 when name like 'max\\_%' escape '\\' then max(value, excluded.value)
                 else value + excluded.value end",
        );
        insert.build().execute(&mut **transaction).await.map_err(failed)?;
    }
    Ok(())
}

pub(super) async fn figures(
    reader: &SqlitePool,
    shop: ShopId,
    digest: &str,
    since: &str,
) -> Result<Vec<Figure>, StoreError> {
    let found: Vec<(String, String, i64)> = sqlx::query_as(
        "select day, name, value from plugin_figures
         where shop_id = $1 and digest = $2 and day >= $3 order by day, name",
    )
    .bind(shop.0)
    .bind(digest)
    .bind(since)
    .fetch_all(reader)
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
    reader: &SqlitePool,
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
    .fetch_all(reader)
    .await
    .map_err(failed)?;
    found.into_iter().map(|(run, document)| Ok((RunId(run), rows::read(&document)?))).collect()
}

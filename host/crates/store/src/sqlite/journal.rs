//! What arrived (S02).

use std::collections::BTreeMap;

use async_trait::async_trait;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{
    Arrival, Arrived, Aside, Journal, KeptAside, Page, PageRequest, PendingEvent, StoreError,
};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use uuid::Uuid;

use super::SqliteStore;
use crate::arrivals::FactKey;
use crate::error::failed;
use crate::rows::AsideRow;
use crate::{arrivals, page, rows, text};

/// Rows of one statement: every statement is a walk to the thread of the connection and back.
const ROWS: usize = 100;

#[async_trait]
impl Journal for SqliteStore {
    async fn accept(&self, arrivals: &[Arrival]) -> Result<Vec<Arrived>, StoreError> {
        if arrivals.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = self.begin().await?;
        let outcomes = take_in(&mut transaction, arrivals).await?;
        self.end(transaction).await?;
        Ok(outcomes)
    }

    async fn put_aside(&self, aside: &Aside) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let sequence = take_numbers(&mut transaction, "journal", 1).await?;
        sqlx::query(
            "insert into asides (shop_id, sequence, connection_id, received_at, reason, document)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(aside.shop.0)
        .bind(sequence)
        .bind(aside.connection.map(|connection| connection.0))
        .bind(aside.received_at.millis())
        .bind(text::column(&aside.reason))
        .bind(rows::write(&aside.raw)?)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        self.end(transaction).await
    }

    async fn asides(
        &self,
        shop: ShopId,
        connection: Option<ConnectionId>,
        page: &PageRequest,
    ) -> Result<Page<KeptAside>, StoreError> {
        let mut query = select_asides("", shop, connection, page);
        let found: Vec<AsideRow> = query.build_query_as().fetch_all(&self.reader).await.map_err(failed)?;
        let asides = found.into_iter().map(|row| Ok((row.0.to_string(), rows::aside(shop, row)?)));
        Ok(page::page(asides.collect::<Result<_, StoreError>>()?, page))
    }

    async fn aside(&self, shop: ShopId, number: i64) -> Result<Option<KeptAside>, StoreError> {
        let found: Option<AsideRow> = sqlx::query_as(
            "select sequence, connection_id, received_at, reason, document, taken_at from asides
             where shop_id = $1 and sequence = $2",
        )
        .bind(shop.0)
        .bind(number)
        .fetch_optional(&self.reader)
        .await
        .map_err(failed)?;
        found.map(|row| rows::aside(shop, row)).transpose()
    }

    async fn settle_aside(
        &self,
        shop: ShopId,
        number: i64,
        outcome: Result<Timestamp, &str>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "update asides set taken_at = $3, reason = coalesce($4, reason)
             where shop_id = $1 and sequence = $2 and taken_at is null",
        )
        .bind(shop.0)
        .bind(number)
        .bind(outcome.ok().map(Timestamp::millis))
        .bind(outcome.err().map(text::column))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        self.end(transaction).await
    }

    async fn count(&self, shop: ShopId, counter: &str, times: u64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "insert into counts (shop_id, name, count) values ($1, $2, $3)
             on conflict (shop_id, name) do update set count = count + excluded.count",
        )
        .bind(shop.0)
        .bind(text::column(counter))
        .bind(times.cast_signed())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        self.end(transaction).await
    }

    async fn counts(&self, shop: ShopId) -> Result<Vec<(String, u64)>, StoreError> {
        let found: Vec<(String, i64)> =
            sqlx::query_as("select name, count from counts where shop_id = $1 order by name")
                .bind(shop.0)
                .fetch_all(&self.reader)
                .await
                .map_err(failed)?;
        Ok(found.into_iter().map(|(name, count)| (text::from_column(name), count.cast_unsigned())).collect())
    }

    async fn pending_events(&self, shop: ShopId, limit: u32) -> Result<Vec<PendingEvent>, StoreError> {
        let found: Vec<EventRow> = sqlx::query_as(
            "select sequence, origin, received_at, document from pending_events
             where shop_id = $1 order by received_at, sequence limit $2",
        )
        .bind(shop.0)
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        events(found)
    }

    async fn recorded_events(
        &self,
        shop: ShopId,
        after: Option<(Timestamp, i64)>,
        limit: u32,
    ) -> Result<Vec<PendingEvent>, StoreError> {
        let (received_at, sequence) = after.map_or((i64::MIN, i64::MIN), |(at, sequence)| (at.millis(), sequence));
        let found: Vec<EventRow> = sqlx::query_as(
            "select sequence, origin, received_at, document from events
             where shop_id = $1 and (received_at, sequence) > ($2, $3) order by received_at, sequence limit $4",
        )
        .bind(shop.0)
        .bind(received_at)
        .bind(sequence)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        events(found)
    }

    async fn forget_events(&self, shop: ShopId, before: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let gone = sqlx::query("delete from events where shop_id = $1 and received_at < $2")
            .bind(shop.0)
            .bind(before.millis())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await?;
        Ok(gone.rows_affected())
    }
}

/// Sequence, origin, moment of receipt, event.
type EventRow = (i64, Uuid, i64, String);

fn events(found: Vec<EventRow>) -> Result<Vec<PendingEvent>, StoreError> {
    let event = |(sequence, origin, received_at, document): EventRow| {
        Ok(PendingEvent {
            sequence,
            origin: arrivals::origin(origin),
            received_at: Timestamp::from_millis(received_at),
            event: rows::read(&document)?,
        })
    };
    found.into_iter().map(event).collect()
}

/// The page of deliveries that were put aside; `before` it may stand `explain`.
pub(crate) fn select_asides(
    before: &str,
    shop: ShopId,
    connection: Option<ConnectionId>,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(format!(
        "{before}select sequence, connection_id, received_at, reason, document, taken_at from asides where shop_id = "
    ));
    query.push_bind(shop.0);
    if let Some(connection) = connection {
        query.push(" and connection_id = ").push_bind(connection.0);
    }
    query.push(" and sequence < ").push_bind(page::before_number(page));
    query.push(" order by sequence desc limit ").push_bind(page::rows(page));
    query
}

/// Makes arrivals durable within a transaction; what became of each.
pub(super) async fn take_in(
    transaction: &mut Transaction<'static, Sqlite>,
    arrivals: &[Arrival],
) -> Result<Vec<Arrived>, StoreError> {
    if arrivals.is_empty() {
        return Ok(Vec::new());
    }
    let firsts = arrivals::firsts(arrivals);
    let known = remember(transaction, arrivals, &firsts).await?;
    let outcomes = arrivals::outcomes(arrivals, &firsts, &known);
    append(transaction, &arrivals::new(arrivals, &outcomes)).await?;
    Ok(outcomes)
}

/// Remembers the ids of facts; the digests of those that were there before.
async fn remember(
    transaction: &mut Transaction<'static, Sqlite>,
    arrivals: &[Arrival],
    firsts: &BTreeMap<FactKey<'_>, usize>,
) -> Result<BTreeMap<usize, Vec<u8>>, StoreError> {
    let facts: Vec<(&FactKey<'_>, &usize)> = firsts.iter().collect();
    let mut known = BTreeMap::new();
    for facts in facts.chunks(ROWS) {
        let mut insert = QueryBuilder::new("insert into event_ids (shop_id, origin, event_id, digest, received_at) ");
        insert.push_values(facts, |mut row, ((shop, origin, id), place)| {
            let arrival = &arrivals[**place];
            row.push_bind(shop).push_bind(origin).push_bind(text::column(id));
            row.push_bind(&arrival.digest[..]).push_bind(arrival.received_at.millis());
        });
        insert.push(" on conflict do nothing returning shop_id, origin, event_id");
        let new: Vec<(Uuid, Uuid, String)> =
            insert.build_query_as().fetch_all(&mut **transaction).await.map_err(failed)?;
        if new.len() == facts.len() {
            continue;
        }
        for ((shop, origin, id), place) in arrivals::others(facts, new) {
            let digest =
                sqlx::query_scalar("select digest from event_ids where shop_id = $1 and origin = $2 and event_id = $3");
            let digest = digest.bind(shop).bind(origin).bind(text::column(id));
            known.insert(*place, digest.fetch_one(&mut **transaction).await.map_err(failed)?);
        }
    }
    Ok(known)
}

/// Adds events to those that wait to be applied.
async fn append(transaction: &mut Transaction<'static, Sqlite>, arrivals: &[&Arrival]) -> Result<(), StoreError> {
    let mut sequence = take_numbers(transaction, "journal", arrivals.len()).await?;
    for arrivals in arrivals.chunks(ROWS) {
        let documents: Vec<String> =
            arrivals.iter().map(|arrival| rows::write(&arrival.event)).collect::<Result<_, _>>()?;
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "insert into pending_events (shop_id, sequence, origin, received_at, urgent, names, document) ",
        );
        insert.push_values((sequence..).zip(arrivals).zip(documents), |mut row, ((sequence, arrival), document)| {
            row.push_bind(arrival.shop.0).push_bind(sequence).push_bind(arrivals::origin_id(arrival.origin));
            row.push_bind(arrival.received_at.millis()).push_bind(arrival.event.what.is_urgent());
            row.push_bind(arrivals::names_of(&arrival.event)).push_bind(document);
        });
        insert.build().execute(&mut **transaction).await.map_err(failed)?;
        sequence += ROWS as i64;
    }
    Ok(())
}

/// Takes numbers that nobody had before; the first of them.
pub(super) async fn take_numbers(
    transaction: &mut Transaction<'static, Sqlite>,
    name: &str,
    count: usize,
) -> Result<i64, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query_scalar("update numbers set last = last + $2 where name = $1 returning last")
        .bind(name)
        .bind(count)
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(last - count + 1)
}

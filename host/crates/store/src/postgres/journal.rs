//! What arrived (S02).

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{
    Arrival, Arrived, Aside, Journal, KeptAside, Page, PageRequest, PendingEvent, StoreError,
};
use sqlx::{Postgres, QueryBuilder, Transaction};
use uuid::Uuid;

use super::{PostgresStore, each, lock_number};
use crate::arrivals::FactKey;
use crate::error::failed;
use crate::rows::AsideRow;
use crate::{arrivals, page, rows, text};

#[async_trait]
impl Journal for PostgresStore {
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
        sqlx::query(
            "insert into asides (shop_id, connection_id, received_at, reason, document) values ($1, $2, $3, $4, $5)",
        )
        .bind(aside.shop.0)
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
        let found: Vec<AsideRow> = query.build_query_as().fetch_all(&self.pool).await.map_err(failed)?;
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
        .fetch_optional(&self.pool)
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
             on conflict (shop_id, name) do update set count = counts.count + excluded.count",
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
                .fetch_all(&self.pool)
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
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
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
        .fetch_all(&self.pool)
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
) -> QueryBuilder<Postgres> {
    let mut query: QueryBuilder<Postgres> = QueryBuilder::new(format!(
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
    transaction: &mut Transaction<'static, Postgres>,
    arrivals: &[Arrival],
) -> Result<Vec<Arrived>, StoreError> {
    if arrivals.is_empty() {
        return Ok(Vec::new());
    }
    let firsts = arrivals::firsts(arrivals);
    lock_out_hand_overs(transaction, arrivals).await?;
    let known = remember(transaction, arrivals, &firsts).await?;
    let outcomes = arrivals::outcomes(arrivals, &firsts, &known);
    append(transaction, &arrivals::new(arrivals, &outcomes)).await?;
    Ok(outcomes)
}

/// Many may accept urgent events of a shop at once, but none while a hand-over of the shop commits.
async fn lock_out_hand_overs(
    transaction: &mut Transaction<'static, Postgres>,
    arrivals: &[Arrival],
) -> Result<(), StoreError> {
    let urgent = arrivals.iter().filter(|arrival| arrival.event.what.is_urgent());
    let locks: BTreeSet<i64> = urgent.map(|arrival| lock_number(arrival.shop)).collect();
    if locks.is_empty() {
        return Ok(());
    }
    sqlx::query("select pg_advisory_xact_lock_shared(number) from unnest($1::bigint[]) number")
        .bind(locks.into_iter().collect::<Vec<i64>>())
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Remembers the ids of facts; the digests of those that were there before.
async fn remember(
    transaction: &mut Transaction<'static, Postgres>,
    arrivals: &[Arrival],
    firsts: &BTreeMap<FactKey<'_>, usize>,
) -> Result<BTreeMap<usize, Vec<u8>>, StoreError> {
    let facts: Vec<(&FactKey<'_>, &usize)> = firsts.iter().collect();
    let new: Vec<(Uuid, Uuid, String)> = sqlx::query_as(
        "insert into event_ids (shop_id, origin, event_id, digest, received_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::bigint[])
         on conflict do nothing returning shop_id, origin, event_id",
    )
    .bind(each(&facts, |((shop, _, _), _)| *shop))
    .bind(each(&facts, |((_, origin, _), _)| *origin))
    .bind(each(&facts, |((_, _, id), _)| text::column(id)))
    .bind(each(&facts, |(_, place)| &arrivals[**place].digest[..]))
    .bind(each(&facts, |(_, place)| arrivals[**place].received_at.millis()))
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    if new.len() == facts.len() {
        return Ok(BTreeMap::new());
    }
    let old: Vec<(&FactKey<'_>, &usize)> = arrivals::others(&facts, new).collect();
    let digests: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "select fact.place, known.digest
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) fact (shop_id, origin, event_id, place)
         join event_ids known using (shop_id, origin, event_id)",
    )
    .bind(each(&old, |((shop, _, _), _)| *shop))
    .bind(each(&old, |((_, origin, _), _)| *origin))
    .bind(each(&old, |((_, _, id), _)| text::column(id)))
    .bind(each(&old, |(_, place)| **place as i64))
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(digests.into_iter().map(|(place, digest)| (place as usize, digest)).collect())
}

/// Adds events to those that wait to be applied.
async fn append(transaction: &mut Transaction<'static, Postgres>, arrivals: &[&Arrival]) -> Result<(), StoreError> {
    if arrivals.is_empty() {
        return Ok(());
    }
    let documents: Vec<String> =
        arrivals.iter().map(|arrival| rows::write(&arrival.event)).collect::<Result<_, _>>()?;
    sqlx::query(
        "insert into pending_events (shop_id, origin, received_at, urgent, names, document)
         select shop_id, origin, received_at, urgent,
                (select array_agg(value) from json_array_elements_text(names::json) value), document
         from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::boolean[], $5::text[], $6::text[]) with ordinality
             event (shop_id, origin, received_at, urgent, names, document, place)
         order by place",
    )
    .bind(each(arrivals, |arrival| arrival.shop.0))
    .bind(each(arrivals, |arrival| arrivals::origin_id(arrival.origin)))
    .bind(each(arrivals, |arrival| arrival.received_at.millis()))
    .bind(each(arrivals, |arrival| arrival.event.what.is_urgent()))
    .bind(each(arrivals, |arrival| arrivals::names_of(&arrival.event)))
    .bind(documents)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

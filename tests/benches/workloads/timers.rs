//! W3: runs that are due at one instant, each second, while many more wait for a day to come; every firing is durable,
//! exactly once. And W7: what it costs that a hundred times as many wait, in firings and in the memory of a node that
//! has nothing to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cartwright_domain::time::Span;
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use cartwright_testkit::database::Database;
use cartwright_tests::serving::Place;
use cartwright_tests::wiring;
use cartwright_tests::world::MONDAY_MORNING;
use sqlx::types::Uuid;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::durable;
use crate::figures::{Figures, Unit};
use crate::ingest::RAW_BATCH;
use crate::layout::Layout;

/// Runs that are due at the instant.
const DUE: u32 = 100_000;
/// Runs that wait, in the small shop and in the large one.
const FEW: u32 = 10_000;

/// Until when the others wait: long after any day of a real clock.
pub(crate) const FAR: Span = Span::days(36_500);
/// A node has taken its shards, and has looked at all there is, after this.
const AT_REST: Duration = Duration::from_secs(5);

/// How many wait in the large shop; the full size of W7, 10 million, takes an hour to lay out.
pub(crate) fn many() -> u32 {
    std::env::var("CARTWRIGHT_BENCH_WAITING").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

pub(crate) async fn measure(name: &str, few: &Database, large: &Database, figures: &mut Figures) {
    let floor = floor_of(few.url()).await;
    let how = if few.url().starts_with("sqlite") { "claim and outcome" } else { "delete by id and outcome" };
    figures.floor(&format!("W3 {name}: raw {how}, {RAW_BATCH} a commit"), Unit::EachSecond, floor);
    let little = fired(few, FEW).await;
    figures.add(&format!("W3 {name}: {DUE} due, {FEW} waiting"), Unit::EachSecond, little, floor);
    let much = fired(large, many()).await;
    figures.add(&format!("W3 {name}: {DUE} due, {} waiting", many()), Unit::EachSecond, much, floor);
    figures.add(&format!("W7 {name}: many waiting beside few"), Unit::EachSecond, much, little);
    let (small, large) = (idle(few.url()).await, idle(large.url()).await);
    figures.floor(&format!("W7 {name}: idle node, {FEW} waiting"), Unit::Bytes, small);
    figures.add(&format!("W7 {name}: idle node, {} waiting", many()), Unit::Bytes, large, small);
}

/// The memory of a node that has nothing to do.
async fn idle(url: &str) -> f64 {
    let place = Place::beside("127.0.0.1:9".to_owned());
    let mut node = place.start(0, url);
    tokio::time::sleep(AT_REST).await;
    let held = node.memory();
    assert_eq!(node.terminate(), Some(0));
    held as f64
}

/// Runs that fire each second.
async fn fired(database: &Database, waiting: u32) -> f64 {
    let due = at(MONDAY_MORNING) + Span::hours(1);
    let layout = Layout::of_a_shop(database, at(MONDAY_MORNING)).await;
    layout.runs(database.url(), 0..waiting, due + FAR, Span::ZERO).await;
    layout.runs(database.url(), waiting..waiting + DUE, due, Span::ZERO).await;
    let clock = Arc::new(ManualClock::new(due));
    let engine = wiring::engine(database.store(), clock, Arc::new(SeededEntropy::new(3)));
    let started = Instant::now();
    engine.settle().await.unwrap();
    let elapsed = started.elapsed().as_secs_f64();
    assert_eq!(active(database.url()).await, i64::from(waiting), "each that was due fired, and none that waits");
    f64::from(DUE) / elapsed
}

/// Runs that have not fired.
async fn active(url: &str) -> i64 {
    durable::number(url, "select count(*) from runs where active").await
}

/// Firings each second of nothing but timers: on PostgreSQL floor C (the node knows what is due, deletes by id and
/// writes the outcome), on SQLite the claim and its outcome in one transaction.
pub(crate) async fn floor_of(url: &str) -> f64 {
    let ids: Vec<Uuid> = (0..DUE).map(|number| Uuid::from_u128(u128::from(number) + 1)).collect();
    if url.starts_with("sqlite") { sqlite_floor(url, &ids).await } else { postgres_floor(url, &ids).await }
}

async fn postgres_floor(url: &str, ids: &[Uuid]) -> f64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    for statement in [
        "create table raw_timers (run_id uuid primary key, due_at bigint not null)",
        "create table raw_outcomes (run_id uuid not null, fired_at bigint not null)",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let insert = sqlx::query("insert into raw_timers select id, 1 from unnest($1::uuid[]) id");
    insert.bind(ids).execute(&mut connection).await.unwrap();
    let started = Instant::now();
    for batch in ids.chunks(RAW_BATCH) {
        let fire = sqlx::query(
            "with fired as (delete from raw_timers where run_id = any($1) returning run_id)
             insert into raw_outcomes select run_id, 1 from fired",
        );
        assert_eq!(fire.bind(batch).execute(&mut connection).await.unwrap().rows_affected(), batch.len() as u64);
    }
    ids.len() as f64 / started.elapsed().as_secs_f64()
}

async fn sqlite_floor(url: &str, ids: &[Uuid]) -> f64 {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    for statement in [
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "create table raw_timers (run_id blob primary key, due_at integer not null) without rowid",
        "create index raw_due on raw_timers (due_at)",
        "create table raw_outcomes (run_id blob primary key, fired_at integer not null) without rowid",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let mut transaction = connection.begin().await.unwrap();
    for id in ids {
        sqlx::query("insert into raw_timers values ($1, 1)").bind(id).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let started = Instant::now();
    for _ in ids.chunks(RAW_BATCH) {
        let mut transaction = connection.begin().await.unwrap();
        let limit = RAW_BATCH as i64;
        sqlx::query(
            "insert into raw_outcomes select run_id, 1 from raw_timers where due_at <= 1 order by due_at limit $1",
        )
        .bind(limit)
        .execute(&mut *transaction)
        .await
        .unwrap();
        sqlx::query("delete from raw_timers where run_id in (select run_id from raw_timers where due_at <= 1 order by due_at limit $1)")
            .bind(limit)
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
    ids.len() as f64 / started.elapsed().as_secs_f64()
}

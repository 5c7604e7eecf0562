//! W2: events taken for good, each second: 64 requesters with one event each, and batches of 100; against a raw
//! batched insert of the same rows on the same database.

use std::sync::Arc;
use std::time::Instant;

use cartwright_domain::event::{Event, Line, Origin};
use cartwright_domain::ids::ShopId;
use cartwright_engine::{Engine, EventAnswer};
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use cartwright_testkit::database::Database;
use cartwright_testkit::values;
use cartwright_tests::wiring;
use cartwright_tests::world::MONDAY_MORNING;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

use crate::figures::{Figures, Unit};

const REQUESTERS: usize = 64;
const SINGLES: usize = 50;
const BATCHES: usize = 200;
const RAW_ROWS: usize = 20_000;
pub(crate) const RAW_BATCH: usize = 1_000;

pub(crate) async fn measure(name: &str, database: &Database, figures: &mut Figures) {
    let floor = raw(database.url()).await;
    figures.floor(&format!("W2 {name}: raw insert, {RAW_BATCH} a commit"), Unit::EachSecond, floor);
    let clock = Arc::new(ManualClock::new(at(MONDAY_MORNING)));
    let engine = wiring::engine(database.store(), clock, Arc::new(SeededEntropy::new(1)));
    let shop = engine.make_shop(&format!("W2 {name}"), "EUR".parse().unwrap(), None, None).await.unwrap().id;
    let singles = taken(&engine, shop, REQUESTERS, SINGLES, 1).await;
    figures.add(&format!("W2 {name}: {REQUESTERS} requesters, 1 event each"), Unit::EachSecond, singles, floor);
    let batches = taken(&engine, shop, 4, BATCHES / 4, 100).await;
    figures.add(&format!("W2 {name}: batches of 100"), Unit::EachSecond, batches, floor);
}

async fn taken(engine: &Engine, shop: ShopId, requesters: usize, requests: usize, events: usize) -> f64 {
    let prepared: Vec<Vec<Vec<Event>>> = (0..requesters)
        .map(|who| (0..requests).map(|which| batch(&format!("{events}-{who}-{which}"), events)).collect())
        .collect();
    let started = Instant::now();
    let tasks: Vec<_> = prepared
        .into_iter()
        .map(|requests| {
            let engine = engine.clone();
            tokio::spawn(async move {
                for events in requests {
                    let answers = engine.ingest(shop, Origin::Api, events).await.unwrap();
                    assert!(answers.iter().all(|answer| *answer == EventAnswer::Accepted));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    (requesters * requests * events) as f64 / started.elapsed().as_secs_f64()
}

/// Carts of four lines: about 1.5 kB each.
fn batch(id: &str, count: usize) -> Vec<Event> {
    (0..count).map(|place| cart(&format!("{id}-{place}"))).collect()
}

fn cart(id: &str) -> Event {
    let line = |number: u32| Line {
        title: format!("Copper teapot with a lid, number {number}, hand made"),
        sku: Some(format!("TEAPOT-{number:05}")),
        product_id: Some(format!("{}", 49_148_385_722_661_000_u64 + u64::from(number))),
        variant_id: Some(format!("{}", 49_148_385_722_662_000_u64 + u64::from(number))),
        quantity: 1 + number,
        categories: vec!["kitchen".into(), "copper".into()],
        image_url: Some(format!("https://img.acorn.example/products/teapots/{number:05}/front.jpg")),
        product_url: Some(format!("https://acorn.example/products/copper-teapot-{number:05}")),
        ..Line::default()
    };
    values::cart_updated(id, id, (0..4).map(line).collect(), at(MONDAY_MORNING))
}

/// Rows of the same size, written as fast as the database takes them.
pub(crate) async fn raw(url: &str) -> f64 {
    let bodies: Vec<(String, Vec<u8>)> = (0..RAW_ROWS)
        .map(|number| {
            let event = cart(&format!("raw-{number}"));
            (event.id.clone(), serde_json::to_vec(&event).unwrap())
        })
        .collect();
    if url.starts_with("sqlite") { raw_sqlite(url, &bodies).await } else { raw_postgres(url, &bodies).await }
}

async fn raw_sqlite(url: &str, rows: &[(String, Vec<u8>)]) -> f64 {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    for statement in [
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "create table raw (id text primary key, body blob not null) without rowid",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let started = Instant::now();
    for batch in rows.chunks(RAW_BATCH) {
        let mut transaction = connection.begin().await.unwrap();
        for (id, body) in batch {
            sqlx::query("insert into raw (id, body) values (?, ?) on conflict do nothing")
                .bind(id)
                .bind(body)
                .execute(&mut *transaction)
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
    }
    rows.len() as f64 / started.elapsed().as_secs_f64()
}

async fn raw_postgres(url: &str, rows: &[(String, Vec<u8>)]) -> f64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let durable = sqlx::query("show fsync").fetch_one(&mut connection).await.unwrap().get::<String, _>(0);
    assert_eq!(durable, "on", "a bench without durable commits measures nothing");
    sqlx::query("create table raw (id text primary key, body bytea not null)").execute(&mut connection).await.unwrap();
    let started = Instant::now();
    for batch in rows.chunks(RAW_BATCH) {
        let (ids, bodies): (Vec<&str>, Vec<&[u8]>) =
            batch.iter().map(|(id, body)| (id.as_str(), body.as_slice())).unzip();
        sqlx::query("insert into raw (id, body) select * from unnest($1::text[], $2::bytea[]) on conflict do nothing")
            .bind(ids)
            .bind(bodies)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    rows.len() as f64 / started.elapsed().as_secs_f64()
}

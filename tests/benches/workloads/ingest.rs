//! W2: events of 1.5 kB over HTTP, each answered once it is durable: 64 keep-alive connections with one event a request,
//! then batches of 100; one in a hundred is told twice. A hundred strategies are live, five of them on carts, so each
//! event also moves five runs and their timers, and how fast that is done is told apart. Against a raw batched insert of
//! the same rows on the same database. What the requesters cost is counted apart from the node.

use std::time::{Duration, Instant, UNIX_EPOCH};

use cartwright_domain::event::{Event, Line};
use cartwright_domain::time::Timestamp;
use cartwright_testkit::database::Database;
use cartwright_testkit::values;
use cartwright_tests::Client;
use cartwright_tests::serving::{Node, Place, cpu_of};
use serde_json::json;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

use crate::durable;
use crate::figures::{Figures, Unit};

const REQUESTERS: usize = 64;
const SINGLES: usize = 200;
const BATCHES: usize = 2;
const BATCH: usize = 100;
/// Carts that the events are about, in turn.
const CARTS: usize = 1_000;
const STRATEGIES: usize = 100;
const ON_CARTS: usize = 5;
const RAW_ROWS: usize = 20_000;
pub(crate) const RAW_BATCH: usize = 1_000;

pub(crate) async fn measure(name: &str, database: &Database, figures: &mut Figures) {
    let floor = raw(database.url()).await;
    figures.floor(&format!("W2 {name}: raw insert, {RAW_BATCH} a commit"), Unit::EachSecond, floor);
    let place = Place::beside("127.0.0.1:9".to_owned());
    let node = place.start(0, database.url());
    let shop = shop(&place, &node).await;
    for (how, requests, events) in [("1 event each", SINGLES, 1), ("batches of 100", BATCHES, BATCH)] {
        let taken = take(&shop, &node, requests, events).await;
        let what = |what: &str| format!("W2 {name}: {how}, {what}");
        figures.add(&what("answered"), Unit::EachSecond, taken.answered, floor);
        figures.add(&what("applied"), Unit::EachSecond, taken.applied, floor);
        figures.absolute(&what("p50"), Unit::NanosecondsEach, taken.median);
        figures.add(&what("p99"), Unit::NanosecondsEach, taken.p99, figures.sync_time());
        figures.absolute(&what("CPU of the node"), Unit::NanosecondsEach, taken.cpu);
        figures.absolute(&what("CPU of the requesters"), Unit::NanosecondsEach, taken.own_cpu);
    }
}

/// A shop with all its strategies.
async fn shop(place: &Place, node: &Node) -> Client {
    let key = place.ask(&["key", "add", "--database-url", node.database()]);
    let operator = Client::new(&node.base, &key);
    let made = operator.post("/v1/shops", &json!({ "name": "W2", "currency": "EUR" })).await.ok();
    let shop = operator.of_shop(made["id"].as_str().unwrap());
    for number in 0..STRATEGIES {
        let trigger = match number < ON_CARTS {
            true => json!({ "on": "cart", "settle": "4h", "next": "done" }),
            false => json!({ "on": "custom", "event": format!("shop.event_{number}"), "next": "done" }),
        };
        let strategy = json!({
            "name": format!("W2 {number}"), "trigger": trigger, "steps": { "done": { "kind": "exit" } }
        });
        shop.post("/v1/strategies", &strategy).await.ok();
    }
    shop
}

struct Taken {
    /// Events each second until the last answer.
    answered: f64,
    /// … and until all of them had moved their runs.
    applied: f64,
    /// Nanoseconds from a request to its answer.
    median: f64,
    p99: f64,
    /// Nanoseconds of CPU for an event.
    cpu: f64,
    own_cpu: f64,
}

async fn take(shop: &Client, node: &Node, requests: usize, events: usize) -> Taken {
    let now = now();
    let bodies: Vec<Vec<Vec<u8>>> = (0..REQUESTERS)
        .map(|who| (0..requests).map(|which| body(who * requests + which, events, now)).collect())
        .collect();
    let (cpu, own_cpu) = (node.cpu(), cpu_of(std::process::id()));
    let started = Instant::now();
    let tasks: Vec<_> = bodies.into_iter().map(|bodies| tokio::spawn(tell(shop.clone(), bodies))).collect();
    let mut waits: Vec<Duration> = Vec::with_capacity(REQUESTERS * requests);
    for task in tasks {
        waits.extend(task.await.unwrap());
    }
    let answered = started.elapsed();
    until_applied(node.database()).await;
    let applied = started.elapsed();
    waits.sort_unstable();
    let count = (REQUESTERS * requests * events) as f64;
    let each = |used: Duration| used.as_nanos() as f64 / count;
    Taken {
        answered: count / answered.as_secs_f64(),
        applied: count / applied.as_secs_f64(),
        median: waits[waits.len() / 2].as_nanos() as f64,
        p99: waits[waits.len() * 99 / 100].as_nanos() as f64,
        cpu: each(node.cpu() - cpu),
        own_cpu: each(cpu_of(std::process::id()) - own_cpu),
    }
}

/// One after the other, on a connection that is kept; how long each waited for its answer.
async fn tell(shop: Client, bodies: Vec<Vec<u8>>) -> Vec<Duration> {
    let mut waits = Vec::with_capacity(bodies.len());
    for body in bodies {
        let started = Instant::now();
        let status = shop.post_text("/v1/events", body).await;
        waits.push(started.elapsed());
        assert_eq!(status, 202);
    }
    waits
}

/// A request; every hundredth event is one that was told before.
fn body(request: usize, events: usize, at: Timestamp) -> Vec<u8> {
    let event = |place: usize| {
        let number = request * events + place;
        let known = if number % 100 == 99 { number - 1 } else { number };
        cart(&format!("{events}-{known}"), known % CARTS, at)
    };
    match events {
        1 => serde_json::to_vec(&event(0)),
        _ => serde_json::to_vec(&(0..events).map(event).collect::<Vec<_>>()),
    }
    .unwrap()
}

/// By the clock that a node has.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(UNIX_EPOCH.elapsed().unwrap().as_millis() as i64)
}

async fn until_applied(url: &str) {
    while durable::number(url, "select count(*) from pending_events").await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A cart of four lines: about 1.5 kB.
fn cart(id: &str, number: usize, at: Timestamp) -> Event {
    let line = |number: u32| Line {
        title: format!("Copper teapot with a lid, number {number}, hand made"),
        sku: Some(format!("TEAPOT-{number:05}")),
        product_id: Some(format!("{}", 49_148_385_722_661_000_u64 + u64::from(number))),
        variant_id: Some(format!("{}", 49_148_385_722_662_000_u64 + u64::from(number))),
        quantity: 1 + number,
        categories: ["kitchen", "copper"].into(),
        image_url: Some(format!("https://img.acorn.example/products/teapots/{number:05}/front.jpg")),
        product_url: Some(format!("https://acorn.example/products/copper-teapot-{number:05}")),
        ..Line::default()
    };
    values::cart_updated(id, &format!("cart-{number}"), (0..4).map(line).collect(), at)
}

/// Rows of the same size, written as fast as the database takes them.
pub(crate) async fn raw(url: &str) -> f64 {
    let bodies: Vec<(String, Vec<u8>)> = (0..RAW_ROWS)
        .map(|number| {
            let event = cart(&format!("raw-{number}"), number, Timestamp::default());
            (event.id.clone(), serde_json::to_vec(&event).unwrap())
        })
        .collect();
    if url.starts_with("sqlite") { raw_sqlite(url, &bodies).await } else { raw_postgres(url, &bodies).await }
}

/// From a table in memory, so that nothing but the engine's own inserting takes time.
async fn raw_sqlite(url: &str, rows: &[(String, Vec<u8>)]) -> f64 {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    for statement in [
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "pragma temp_store = memory",
        "create table raw (id text primary key, body blob not null) without rowid",
        "create temp table given (number integer primary key, id text not null, body blob not null)",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    for (number, (id, body)) in rows.iter().enumerate() {
        let give = sqlx::query("insert into given values (?, ?, ?)").bind(number as i64).bind(id).bind(body);
        give.execute(&mut connection).await.unwrap();
    }
    let started = Instant::now();
    for first in (0..rows.len()).step_by(RAW_BATCH) {
        sqlx::query(
            "insert into raw (id, body) select id, body from given where number >= $1 and number < $1 + $2
             on conflict do nothing",
        )
        .bind(first as i64)
        .bind(RAW_BATCH as i64)
        .execute(&mut connection)
        .await
        .unwrap();
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

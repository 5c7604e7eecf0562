//! W3 at a steady rate: a thousand runs are due each second beside many that wait, on a real node and a real clock. How
//! late: the age of the oldest run that is due and not done, looked at every other millisecond; a run is never later
//! than that was at some look. Against five times what it takes to make a page durable, or 50 ms.

use std::time::Duration;

use cartwright_domain::time::Span;
use cartwright_testkit::database::Database;
use cartwright_tests::serving::Place;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::figures::{Figures, Unit};
use crate::ingest::now;
use crate::layout::Layout;
use crate::timers::{FAR, many};

const EACH_SECOND: u32 = 1_000;
const SECONDS: u32 = 30;
/// Until the first is due: the node has taken its shards by then.
const AT_REST: Span = Span::seconds(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// What is wanted where the disk is fast.
const WANTED: f64 = 50e6;

pub(crate) async fn measure(name: &str, database: &Database, figures: &mut Figures) {
    let layout = Layout::of_a_shop(database, now()).await;
    layout.runs(database.url(), 0..many(), now() + FAR, Span::ZERO).await;
    let (due, count) = (now() + AT_REST + AT_REST, EACH_SECOND * SECONDS);
    layout.runs(database.url(), many()..many() + count, due, Span::from_millis(1)).await;
    let place = Place::beside("127.0.0.1:9".to_owned());
    let node = place.start(0, database.url());
    assert!(now() + AT_REST < due, "it took too long to lay the runs out");
    let mut watch = Watch::begin(database.url()).await;
    let mut ages: Vec<i64> = Vec::new();
    loop {
        let oldest = watch.oldest().await;
        let at = now();
        if oldest > at.millis() + FAR.millis() / 2 {
            break;
        }
        if at >= due {
            ages.push((at.millis() - oldest).max(0));
        }
        tokio::time::sleep(LOOK).await;
    }
    drop(node);
    ages.sort_unstable();
    let allowed = (5.0 * figures.sync_time()).max(WANTED);
    for (place, part) in [("p50", 50), ("p99", 99), ("max", 100)] {
        let age = ages[(ages.len() * part / 100).min(ages.len() - 1)] as f64 * 1e6;
        let what = format!("W3 {name}: {EACH_SECOND} due a second, {} waiting, lateness {place}", many());
        figures.add(&what, Unit::NanosecondsEach, age, allowed);
    }
}

/// Who looks, on a connection of its own.
enum Watch {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Watch {
    async fn begin(url: &str) -> Self {
        match url.starts_with("sqlite") {
            true => Self::Sqlite(SqliteConnection::connect(url).await.unwrap()),
            false => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    /// When the first of all runs that have not fired is due, in milliseconds.
    async fn oldest(&mut self) -> i64 {
        let question = "select due_at from runs where due_at is not null order by shop_id, due_at, run_id limit 1";
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(question).fetch_one(connection).await.unwrap(),
            Self::Postgres(connection) => sqlx::query_scalar(question).fetch_one(connection).await.unwrap(),
        }
    }
}

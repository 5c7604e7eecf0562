//! What Cartwright costs, each figure beside its floor of the same run: `cargo xtask bench [w1|w2|w3|w4|w5|w6|w7]`.
//!
//! Absolute figures say something about this machine at this moment; only ratios may be compared. Times are taken
//! here and nowhere in the tests.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench takes times and prints them"
)]

mod condition;
mod durable;
mod figures;
mod ingest;
mod journeys;
mod lateness;
mod layout;
mod neighbours;
mod timers;
mod versions;

use cartwright_testkit::database::Database;
use figures::Figures;

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").map(|word| word.to_lowercase()).collect();
    let asked = |workload: &str| wanted.is_empty() || wanted.iter().any(|word| word == workload);
    for word in &wanted {
        let known = ["w1", "w2", "w3", "w4", "w5", "w6", "w7"];
        assert!(known.contains(&word.as_str()), "there is no workload {word}; there are {}", known.join(", "));
    }
    let mut figures = Figures::begin();
    if asked("w1") {
        condition::measure(&mut figures).await;
    }
    // Each workload has a database of its own: what one leaves behind would be the work of the next.
    if asked("w2") {
        ingest::measure("SQLite", &Database::sqlite().await, &mut figures).await;
        ingest::measure("PostgreSQL", &Database::postgres().await, &mut figures).await;
    }
    // W7 is W3 once more with a hundred times as many waiting.
    if asked("w3") || asked("w7") {
        let (few, many) = (Database::sqlite().await, Database::sqlite().await);
        timers::measure("SQLite", &few, &many, &mut figures).await;
        let (few, many) = (Database::postgres().await, Database::postgres().await);
        timers::measure("PostgreSQL", &few, &many, &mut figures).await;
    }
    if asked("w3") {
        lateness::measure("SQLite", &Database::sqlite().await, &mut figures).await;
        lateness::measure("PostgreSQL", &Database::postgres().await, &mut figures).await;
    }
    if asked("w4") {
        journeys::measure("SQLite", &Database::sqlite().await, &mut figures).await;
        journeys::measure("PostgreSQL", &Database::postgres().await, &mut figures).await;
    }
    if asked("w5") {
        neighbours::measure(&mut figures).await;
    }
    if asked("w6") {
        versions::measure(&mut figures).await;
    }
    figures.end();
}

//! Whatever the order and repetition of events, wherever a node falls, and however the work of two nodes is
//! interleaved: what must never happen does not. The engine is the real one, over each store; only time, chance, the
//! channel and its provider are the test's.
//!
//! A failure prints the smallest case, and its seed is kept beside this file. `PROPTEST_CASES` asks for more cases.
//! Start reading at [`case`], then [`play`] and [`model`].

#![allow(clippy::unwrap_used, reason = "a panic is the point of a test")]

mod case;
mod gate;
mod log;
mod model;
mod play;
mod provider;
mod shop;

use cartwright_testkit::database::Database;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed, TestRunner};
use std::sync::Mutex;
use tokio::runtime::Runtime;

use case::{Case, case};
use play::play;

/// In memory, and on each database.
const CASES: u32 = 10_000;
const CASES_ON_DISK: u32 = 200;
/// Shops that lie beside each other before the database is a fresh one.
const SHOPS: u32 = 100;

/// The same cases at every run, so that nobody's change is refused for another's luck; whoever asks for a number of
/// them gets new ones.
const SEED: RngSeed = RngSeed::Fixed(2026);

#[allow(clippy::disallowed_methods, reason = "how many cases is told by whoever runs the tests")]
fn cases(usual: u32) -> (u32, RngSeed) {
    let asked: Option<u32> = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    // A case on a disk takes fifty times as long.
    let share = if usual == CASES_ON_DISK { 50 } else { 2 };
    asked.map_or((usual, SEED), |asked| ((asked / share).max(1), RngSeed::Random))
}

fn whatever_happens(usual: u32, leases: f64, open: impl AsyncFn() -> Database) {
    let runtime = Runtime::new().unwrap();
    let ground: Mutex<Option<(Database, u32)>> = Mutex::default();
    let (cases, rng_seed) = cases(usual);
    let config = ProptestConfig {
        cases,
        rng_seed,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        max_shrink_iters: 2_000,
        source_file: Some(file!()),
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&case(leases), |case: Case| {
        let known = ground.lock().unwrap().take().filter(|(_, shops)| *shops < SHOPS);
        runtime.block_on(async {
            let (database, shops) = match known {
                Some(known) => known,
                None => (open().await, 0),
            };
            let played = play(database.store(), &case).await;
            let broken = model::broken(&case, &played);
            prop_assert!(broken.is_empty(), "{}", broken.join("\n"));
            // After a failure the next case begins on fresh ground.
            *ground.lock().unwrap() = Some((database, shops + 1));
            Ok(())
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn s01_s04_s07_s08_s20_s22_hold_in_memory_whatever_happens() {
    whatever_happens(CASES / 2, 0.0, Database::memory);
}

/// Beside the other half, as both take their time.
#[test]
fn s01_s04_s07_s08_s20_s22_hold_in_memory_with_leases_now_and_then() {
    whatever_happens(CASES / 2, 0.1, Database::memory);
}

#[test]
fn s01_s04_s07_s08_s20_s22_hold_on_sqlite_whatever_happens() {
    whatever_happens(CASES_ON_DISK, 0.5, Database::sqlite);
}

#[test]
fn s01_s04_s07_s08_s20_s22_hold_on_postgres_whatever_happens() {
    whatever_happens(CASES_ON_DISK, 0.5, Database::postgres);
}

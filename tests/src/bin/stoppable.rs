//! The service as a process that dies where a test wants it to: `stoppable DATABASE-URL NOW [FAILPOINT]`.
//!
//! It prints its address, and obeys lines of standard input: `skip 4h` moves its clock and answers `skipped`. At the
//! failpoint the process ends at once, as `kill -9` ends it: nothing is flushed, closed or unwound.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a program of the tests")]

use cartwright_engine::failpoints::Failpoints;
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use cartwright_testkit::database;
use cartwright_tests::wiring;
use std::io::BufRead;
use std::sync::Arc;

struct Die(String);

impl Failpoints for Die {
    fn reach(&self, point: &'static str) {
        if point == self.0 {
            std::process::abort();
        }
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, now) = (&arguments[0], &arguments[1]);
    let store = cartwright_store::open(url, database::keys()).await.unwrap();
    let clock = Arc::new(ManualClock::new(at(now)));
    // Another process has other chances.
    let entropy = Arc::new(SeededEntropy::new(u64::from(std::process::id())));
    let mut engine = wiring::engine(store, clock.clone(), entropy);
    if let Some(point) = arguments.get(2) {
        engine = engine.with_failpoints(Arc::new(Die(point.clone())));
    }
    let (engine, base) = wiring::serve(engine).await;
    println!("{base}");
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let span = line.strip_prefix("skip ").unwrap().parse().unwrap();
        engine.skip(&*clock, span).await.unwrap();
        println!("skipped");
    }
}

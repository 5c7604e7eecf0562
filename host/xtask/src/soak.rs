//! The tests that chance feeds, with much more of it: property tests with many cases, crashes again and again, and
//! many messages while everything fails.

use crate::console;
use crate::plugins;
use crate::postgres::Postgres;
use crate::process::{cargo, run as run_shown};

const CASES: &str = "20000";
/// What two nodes do in memory; on each database it is a fiftieth.
const INTERLEAVINGS: &str = "100000";
/// Messages while everything fails, unless somebody names another number.
const MESSAGES: &str = "100000";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rounds: u32 = match arguments.first() {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is not a number of rounds"))?,
        None => 20,
    };
    plugins::build()?;
    let postgres = Postgres::start()?;
    let cargo = || {
        let mut command = cargo();
        command
            .env("CARTWRIGHT_PLUGINS_DIR", crate::root().join(plugins::FOLDER))
            .env("CARTWRIGHT_TEST_POSTGRES", postgres.url());
        command
    };
    let properties = ["test", "--workspace", "--test", "behaviour", "properties"];
    run_shown(cargo().args(properties).env("PROPTEST_CASES", CASES))?;
    // Every zone around every change of its clock takes minutes even optimised; only this crate is built so.
    let zones = ["test", "--release", "-p", "cartwright-domain", "--test", "behaviour", "zones"];
    run_shown(cargo().args(zones).env("CARTWRIGHT_ZONES", "all"))?;
    let batches = ["test", "--workspace", "--test", "runtime", "properties"];
    run_shown(cargo().args(batches).env("PROPTEST_CASES", CASES))?;
    let interleaving = ["test", "-p", "cartwright-store", "--test", "interleaving"];
    run_shown(cargo().args(interleaving).env("PROPTEST_CASES", INTERLEAVINGS))?;
    for round in 1..=rounds {
        println!("crashes, round {round} of {rounds}");
        run_shown(cargo().args(["test", "--workspace", "--test", "scenarios", "crash"]))?;
    }
    // Processes of the real binary, as it is shipped: unoptimised, most of the time would be our own.
    console::build()?;
    run_shown(cargo().args(["build", "--release", "-p", "cartwright"]))?;
    let messages = std::env::var("CARTWRIGHT_FAULT_MESSAGES").unwrap_or_else(|_| MESSAGES.to_owned());
    let faults = ["test", "--release", "-p", "cartwright-tests", "--test", "faults", "--", "--nocapture"];
    run_shown(cargo().args(faults).env("CARTWRIGHT_FAULT_MESSAGES", messages))
}

//! Measuring. What is measured, and against which floor, stands in `tests/benches/workloads`.

use crate::plugins;
use crate::postgres::Postgres;
use crate::process::{cargo, run as run_shown};

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    plugins::build()?;
    // What is measured has no pages.
    let without_console = ("CARTWRIGHT_WITHOUT_CONSOLE", "1");
    let host = ["build", "--release", "--workspace", "--bin", "cartwright"];
    run_shown(cargo().args(host).env(without_console.0, without_console.1))?;
    let postgres = Postgres::start_durable()?;
    run_shown(
        cargo()
            .args(["bench", "--workspace", "--bench", "workloads", "--"])
            .args(arguments)
            .env(without_console.0, without_console.1)
            .env("CARTWRIGHT_PLUGINS_DIR", crate::root().join(plugins::FOLDER))
            .env("CARTWRIGHT_TEST_POSTGRES", postgres.url()),
    )
}

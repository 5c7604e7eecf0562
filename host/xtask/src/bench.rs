//! Measuring. What is measured, and against which floor, stands in `tests/benches/workloads`.

use crate::plugins;
use crate::postgres::Postgres;
use crate::process::{cargo, run as run_shown};

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    plugins::build()?;
    run_shown(cargo().args(["build", "--release", "--workspace", "--bin", "cartwright"]))?;
    let postgres = Postgres::start_durable()?;
    run_shown(
        cargo()
            .args(["bench", "--workspace", "--bench", "workloads", "--"])
            .args(arguments)
            .env("CARTWRIGHT_PLUGINS_DIR", crate::root().join(plugins::FOLDER))
            .env("CARTWRIGHT_TEST_POSTGRES", postgres.url()),
    )
}

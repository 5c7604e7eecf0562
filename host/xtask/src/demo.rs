//! From a clean clone to a running service.

use crate::console;
use crate::plugins;
use crate::process::{cargo, run as run_shown};

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    plugins::build()?;
    console::build()?;
    let folder = crate::root().join(plugins::FOLDER);
    run_shown(
        cargo().args(["run", "-p", "cartwright", "--", "demo"]).args(arguments).env("CARTWRIGHT_PLUGINS_DIR", folder),
    )
}

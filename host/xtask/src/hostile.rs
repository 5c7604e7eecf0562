//! The hostile kit in the hands of people: components that misbehave, one way each, and what the host says to them.

use std::process::Command;

use crate::process::{cargo, run as run_shown};

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let folder = arguments.first().map_or("target/hostile", String::as_str);
    run_shown(cargo().args(["build", "--workspace", "--bins", "--quiet"]))?;
    run_shown(Command::new("target/debug/hostile-guests").arg(folder))?;
    // That it finds fault with them is what is wanted.
    let _ = run_shown(Command::new("target/debug/cartwright").args(["plugin", "conformance", folder]));
    Ok(())
}

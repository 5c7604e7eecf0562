//! The chores of this repository, each one command: `cargo xtask demo`, `cargo xtask test`, `cargo xtask bench`.
//!
//! Every command brings what it needs along on a fresh machine, and none touches what it did not start itself.
//! Start reading at [`suite`]: what `cargo xtask test` runs.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks")]
#![allow(clippy::disallowed_methods, reason = "a command line reads its environment and the clock on the wall")]

mod bench;
mod console;
mod demo;
mod hostile;
mod languages;
mod machine;
mod plugins;
mod postgres;
mod process;
mod report;
mod rules;
mod soak;
mod suite;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  demo [ARGUMENTS]      build everything and run `cartwright demo` on a fresh SQLite file
  test [--only PART]    everything there is to check; sets up what is missing
  plugins               build the plugins we ship, and the examples, as components
  console               build the web console, for the next build of the binary
  bench [WORKLOAD]      measure: w1, w2, w3 (with w7), w4, w5, w6, or all of them
  soak [ROUNDS]         the property tests with many more cases, the crash tests again and again, and 100,000
                        messages while everything fails (CARTWRIGHT_FAULT_MESSAGES)
  hostile [FOLDER]      write the hostile kit into a folder (target/hostile), and examine each component of it
  rules                 which test proves which rule";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    if let Err(error) = std::env::set_current_dir(root()) {
        eprintln!("{} cannot be entered: {error}", root().display());
        return ExitCode::FAILURE;
    }
    let done = match command {
        "demo" => demo::run(rest),
        "test" => suite::run(rest),
        "plugins" => plugins::run(),
        "console" => console::build(),
        "bench" => bench::run(rest),
        "soak" => soak::run(rest),
        "hostile" => hostile::run(rest),
        "rules" => rules::run(),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap_or_else(|_| PathBuf::from("."))
}

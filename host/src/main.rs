//! The binary `cartwright`: command line, configuration, wiring, telemetry and shutdown, and nothing else.
//!
//! No rule stands here, and no other crate may ask for time, chance or the environment: that is what `clock`,
//! `entropy` and `wiring` are for. Start reading at `wiring`, the composition root, then take any command, such as
//! `commands/serve`.

#![forbid(unsafe_code)]

mod cli;
mod clock;
mod commands;
mod comparison;
mod console;
mod database_clock;
mod entropy;
mod event_log;
mod failure;
mod mark;
mod oidc;
mod output;
mod progress;
mod rehearsal;
mod service;
mod shipped;
mod strategy_file;
mod summary;
mod telemetry;
mod timeline;
mod wiring;

use clap::Parser;
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// An event is some hundred small allocations; with the system's allocator they were a fifth of what it cost.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(failure.exit())
        }
    }
}

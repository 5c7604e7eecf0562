//! `cartwright plugin logs` and `decisions`: what an installed version wrote and decided.

use cartwright_domain::time::Span;
use cartwright_engine::ports::Clock;
use serde_json::Value;
use std::collections::BTreeSet;

use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::output::{self, Format};

use super::life;
use super::remote::ServiceArgs;

/// Lines that are asked for at a time.
const LINES: usize = 200;
/// How often new lines are looked for.
const EVERY: Span = Span::seconds(1);

/// Whose lines.
#[derive(Debug, clap::Args)]
pub(crate) struct LogsArgs {
    /// The version: its digest (or the begin of it), NAME@VERSION, or NAME for the newest
    version: String,
    /// Go on with new lines until it is interrupted
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

/// Whose decisions.
#[derive(Debug, clap::Args)]
pub(crate) struct DecisionsArgs {
    /// The version: its digest (or the begin of it), NAME@VERSION, or NAME for the newest
    version: String,
    /// At most this many, newest run first
    #[arg(long, default_value_t = 1000)]
    limit: u32,
    #[command(flatten)]
    service: ServiceArgs,
}

pub(crate) async fn logs(args: LogsArgs) -> Result<(), Failure> {
    let service = args.service.open()?;
    let digest = life::digest(&service, &args.version).await?;
    let path = format!("/v1/plugins/{digest}/logs?limit={LINES}");
    let mut told = BTreeSet::new();
    loop {
        let answer = service.get(&path).await?;
        let mut lines: Vec<Value> = answer["items"].as_array().cloned().unwrap_or_default();
        // The service tells the newest first; a person reads on.
        lines.reverse();
        let known = |line: &Value| line["id"].to_string();
        for line in lines.iter().filter(|line| !told.contains(&known(line))) {
            if args.format.json { output::say(line) } else { output::say(shown(line)) }
        }
        if !args.follow {
            return Ok(());
        }
        told = lines.iter().map(known).collect();
        SystemClock.sleep_until(SystemClock.now() + EVERY).await;
    }
}

fn shown(line: &Value) -> String {
    let text = |name: &str| line[name].as_str().unwrap_or_default();
    match text("run") {
        "" => format!("{}  {}", text("at"), text("line")),
        run => format!("{}  {run}  {}", text("at"), text("line")),
    }
}

/// As JSON Lines: what `replay` and `diff` read.
pub(crate) async fn decisions(args: DecisionsArgs) -> Result<(), Failure> {
    let service = args.service.open()?;
    let digest = life::digest(&service, &args.version).await?;
    let lines = service.text(&format!("/v1/plugins/{digest}/decisions?limit={}", args.limit)).await?;
    for line in lines.lines() {
        output::say(line);
    }
    Ok(())
}

//! `cartwright plugin run`: one call, and everything that can be said about it.

use cartwright_domain::plugin::{PluginKind, PluginRecord};
use cartwright_plugins::{Limits, SLICE};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

use crate::failure::{Failure, counted};
use crate::output::{self, Format};

use super::fixture::{self, Fixture};
use super::play::{Played, document};
use super::test::{mebibytes, milliseconds};
use super::workbench::ComponentArgs;

/// Which call.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    component: ComponentArgs,
    /// The fixture that says what the plugin sees [default: a customer of whom nothing is known]
    #[arg(long, value_name = "FILE")]
    fixture: Option<PathBuf>,
    /// The configuration, as JSON; in place of that of the fixture
    #[arg(long, value_name = "JSON")]
    config: Option<String>,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let fixture = asked(&args)?;
    let (bench, record) = args.component.load().await?;
    let played = bench.play(&record, &fixture).await.map_err(Failure::bad_input)?;
    let limits = Limits::default();
    if args.format.json {
        output::say_json(&json!({
            "plugin": record.name,
            "version": record.version,
            "digest": record.digest,
            "came": played.came,
            "usage": played.usage,
            "limits": { "ms": time_limit(record.kind, &limits).as_millis() as u64, "bytes": limits.memory_bytes },
        }));
    } else {
        tell(&record, &played, &limits);
    }
    match &played.came.failure {
        None => Ok(()),
        Some(failure) => Err(Failure::failed(format!("{} gave no answer: {failure}", record.name))),
    }
}

fn asked(args: &Args) -> Result<Fixture, Failure> {
    let mut fixture = match &args.fixture {
        None => Fixture::default(),
        Some(path) => match fixture::read(path)?.as_slice() {
            [one] => one.fixture.clone(),
            several => {
                let count = counted(several.len(), "fixture");
                return Err(Failure::bad_input(format!("{} holds {count}; `run` makes one call", path.display())));
            }
        },
    };
    if let Some(text) = &args.config {
        fixture.config = serde_json::from_str(text).map_err(|error| {
            Failure::bad_input(format!("--config is no JSON: {error}; write it like '{{\"a\": 1}}'"))
        })?;
    }
    Ok(fixture)
}

/// What one call of a kind may take (S42).
pub(crate) fn time_limit(kind: PluginKind, limits: &Limits) -> Duration {
    match kind {
        PluginKind::Condition | PluginKind::Selector => limits.decision.each,
        PluginKind::Renderer => limits.render.each,
        PluginKind::Channel | PluginKind::Source => limits.step,
    }
}

fn tell(record: &PluginRecord, played: &Played, limits: &Limits) {
    output::say(format_args!("{} {} ({})", record.name, record.version, record.kind));
    let Value::Object(mut came) = document(&played.came) else { return };
    let facts = came.remove("facts");
    let log = came.remove("log");
    came.remove("failure");
    for (name, value) in came {
        let value = value.as_str().map_or_else(|| pretty(&value), str::to_owned);
        output::say(format_args!("  {name:<12} {value}"));
    }
    for (fact, value) in facts.iter().filter_map(Value::as_object).flatten() {
        output::say(format_args!("  {:<12} {fact} = {}", "read", value.as_str().unwrap_or_default()));
    }
    for line in log.iter().filter_map(Value::as_array).flatten() {
        output::say(format_args!("  {:<12} {}", "logged", line.as_str().unwrap_or_default()));
    }
    let limit = time_limit(record.kind, limits);
    let slices = limit.as_millis().div_ceil(SLICE.as_millis());
    let ms = milliseconds(played.usage);
    output::say(format_args!("  {:<12} {ms:.2} ms of {} ms, {slices} slices", "time", limit.as_millis()));
    if played.usage.memory_bytes > 0 {
        let (used, limit) = (mebibytes(played.usage), limits.memory_bytes >> 20);
        output::say(format_args!("  {:<12} {used:.1} MiB of {limit} MiB", "memory"));
    }
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.replace('\n', "\n               ")
}

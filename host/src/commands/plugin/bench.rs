//! `cartwright plugin bench`: what a subject costs, alone and in company.

use cartwright_domain::plugin::{PluginKind, PluginRecord};
use cartwright_engine::ports::Plugins;
use cartwright_plugins::Limits;
use serde_json::json;
use std::path::PathBuf;

use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::output::{self, Format};

use super::fixture::{self, Fixture};
use super::play::{candidates, parts};
use super::run::time_limit;
use super::workbench::{ComponentArgs, Workbench};

/// How many subjects are decided about together.
const BATCHES: [usize; 3] = [1, 32, 256];
/// Measurements of each; the median counts.
const ROUNDS: usize = 21;

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    component: ComponentArgs,
    /// A fixture, or a file or folder with several that take turns [default: a customer of whom nothing is known]
    #[arg(long, value_name = "PATH")]
    fixtures: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

/// What a batch took.
struct Measured {
    batch: usize,
    /// Microseconds for all of it, the median.
    micros: u64,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "for people to read")]
    fn per_subject(&self) -> f64 {
        self.micros as f64 / self.batch as f64
    }
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let fixtures: Vec<Fixture> = match &args.fixtures {
        Some(path) => fixture::read(path)?.into_iter().map(|placed| placed.fixture).collect(),
        None => vec![Fixture::default()],
    };
    let (bench, record) = args.component.load().await?;
    for fixture in &fixtures {
        fixture.fits(record.kind).map_err(Failure::bad_input)?;
    }
    let batches: &[usize] = match record.kind {
        // A step of a channel or source is one call in an instance of its own.
        PluginKind::Channel | PluginKind::Source => &BATCHES[..1],
        _ => &BATCHES,
    };
    let mut measured = Vec::new();
    for &batch in batches {
        // The first is not counted: it compiles, or reads what was compiled.
        round(&bench, &record, &fixtures, batch).await?;
        let mut micros = Vec::new();
        for _ in 0..ROUNDS {
            micros.push(round(&bench, &record, &fixtures, batch).await?);
        }
        micros.sort_unstable();
        measured.push(Measured { batch, micros: micros[ROUNDS / 2] });
    }
    tell(&record, &measured, args.format);
    Ok(())
}

/// One batch, as the service would ask for it: a fresh instance, then a call for each subject.
async fn round(bench: &Workbench, record: &PluginRecord, fixtures: &[Fixture], batch: usize) -> Result<u64, Failure> {
    let Some(first) = fixtures.first() else { return Ok(0) };
    let call = bench.call(record, &first.config, first.grants.clone());
    let turn = (0..batch).zip(fixtures.iter().cycle());
    let (micros, failure) = match record.kind {
        PluginKind::Condition | PluginKind::Selector => {
            let subject =
                |(seed, one): (usize, &Fixture)| one.facts.clone().unwrap_or_default().subject(one.now, seed as u64);
            let subjects: Vec<_> = turn.map(subject).collect::<Result<_, _>>().map_err(Failure::bad_input)?;
            let stopwatch = Stopwatch::start();
            if record.kind == PluginKind::Condition {
                let answers = bench.runtime.evaluate(&call, &subjects).await;
                (stopwatch.micros(), answers.into_iter().find_map(|answer| answer.result.err()))
            } else {
                let candidates = candidates(first);
                let answers = bench.runtime.select(&call, &candidates, &subjects).await;
                (stopwatch.micros(), answers.into_iter().find_map(|answer| answer.result.err()))
            }
        }
        PluginKind::Renderer => {
            let data: Vec<_> = turn.map(|(_, one)| one.data.clone().unwrap_or_else(|| json!({}))).collect();
            let parts = parts(first);
            let stopwatch = Stopwatch::start();
            let answers = bench.runtime.render(&call, &parts, &data).await;
            (stopwatch.micros(), answers.into_iter().find_map(Result::err))
        }
        PluginKind::Channel | PluginKind::Source => {
            let stopwatch = Stopwatch::start();
            bench.play(record, first).await.map_err(Failure::bad_input)?;
            (stopwatch.micros(), None)
        }
    };
    match failure {
        None => Ok(micros),
        Some(failure) => Err(Failure::failed(format!(
            "{} gave no answer, so there is nothing to measure: {failure}; give it a fixture that it can answer",
            record.name
        ))),
    }
}

fn tell(record: &PluginRecord, measured: &[Measured], format: Format) {
    let limit = time_limit(record.kind, &Limits::default());
    if format.json {
        let rows = measured
            .iter()
            .map(|one| json!({ "batch": one.batch, "micros": one.micros, "micros_per_subject": one.per_subject() }));
        output::say_json(&json!({
            "plugin": record.name,
            "version": record.version,
            "digest": record.digest,
            "limit_ms": limit.as_millis() as u64,
            "batches": rows.collect::<Vec<_>>(),
        }));
        return;
    }
    output::say(format_args!("{} {} ({})", record.name, record.version, record.kind));
    let rows: Vec<Vec<String>> = measured
        .iter()
        .map(|one| {
            let share = one.per_subject() / limit.as_secs_f64() / 10_000.0;
            vec![
                one.batch.to_string(),
                format!("{:.1} us", one.per_subject()),
                format!("{} us", one.micros),
                format!("{share:.2} % of {} ms", limit.as_millis()),
            ]
        })
        .collect();
    output::say_table(&["BATCH", "A SUBJECT", "THE BATCH", "OF ITS LIMIT"], &rows);
    output::say(format_args!("medians of {ROUNDS}, the start of the instance included"));
}

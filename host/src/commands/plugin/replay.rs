//! `cartwright plugin replay`: past decisions made again from their records, bit for bit.

use cartwright_domain::decision::{DecisionAnswer, DecisionRecord};
use cartwright_domain::ids::{Mint, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_plugins::Runtime;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinSet;

use crate::failure::{Failure, counted};
use crate::output::{self, Format};
use crate::shipped::PluginsArgs;

use super::records::{self, Decided};
use super::workbench::Workbench;

/// Decisions that are made again at a time.
const AT_A_TIME: usize = 8;

/// Which decisions, and what makes them again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A record of a decision, or a file or folder with several (.json, .jsonl)
    records: PathBuf,
    /// The component that decided [default: the one of its digest in the folder of --plugins]
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    #[command(flatten)]
    plugins: PluginsArgs,
    #[command(flatten)]
    format: Format,
}

/// What came of a record.
enum Outcome {
    Same,
    /// With what is another now.
    Different(&'static str),
    /// It was cut off then, and says nothing about the facts.
    NotReplayable,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let records = records::read(&args.records)?;
    let bench = Workbench::new(&args.plugins.cache)?;
    let digests = components(&args, &bench, &records).await?;
    let jobs = records.iter().map(|record| (digests[&record.digest].clone(), record.clone())).collect();
    let again = decide(&bench.runtime, jobs).await?;
    let mut different = 0;
    let mut rows = Vec::new();
    for (record, again) in records.iter().zip(&again) {
        let outcome = compare(record, again);
        let (words, field) = match outcome {
            Outcome::Same => ("the same", None),
            Outcome::Different(field) => ("DIFFERENT", Some(field)),
            Outcome::NotReplayable => ("not replayable", None),
        };
        different += usize::from(field.is_some());
        rows.push((record, again, words, field));
    }
    if args.format.json {
        let rows = rows.iter().map(|(record, again, words, field)| {
            json!({
                "plugin": record.plugin, "version": record.version, "digest": digests[&record.digest],
                "run": record.run, "step": record.step, "now": record.now,
                "result": words.to_lowercase(), "different": field,
                "recorded": record.answer, "again": again.answer, "facts": again.facts,
            })
        });
        output::say_json(&rows.collect::<Vec<_>>());
    } else {
        tell(&rows);
    }
    match different {
        0 => Ok(()),
        _ => Err(Failure::failed(format!("{different} of {} came out another way", counted(rows.len(), "decision")))),
    }
}

fn tell(rows: &[(&DecisionRecord, &DecisionRecord, &str, Option<&str>)]) {
    if let [(record, again, words, field)] = rows {
        output::say(format_args!("{} {} at {} of run {}", record.plugin, record.version, record.step, record.run));
        output::say(format_args!("  recorded   {}", Decided::from(&record.answer)));
        output::say(format_args!("  again      {}", Decided::from(&again.answer)));
        for fact in &again.facts {
            output::say(format_args!("  read       {fact}"));
        }
        let field = field.map(|field| format!(": {field}")).unwrap_or_default();
        output::say(format_args!("  result     {words}{field}"));
        return;
    }
    let table: Vec<Vec<String>> = rows
        .iter()
        .map(|(record, again, words, field)| {
            let result = field.map_or_else(|| (*words).to_owned(), |field| format!("{words}: {field}"));
            let (before, after) = (Decided::from(&record.answer), Decided::from(&again.answer));
            vec![record.run.to_string(), record.step.clone(), before.to_string(), after.to_string(), result]
        })
        .collect();
    output::say_table(&["RUN", "STEP", "RECORDED", "AGAIN", "RESULT"], &table);
}

/// For each digest of the records the digest of what decides again.
async fn components(
    args: &Args,
    bench: &Workbench,
    records: &[DecisionRecord],
) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    if let Some(file) = &args.component {
        let with = bench.load(file).await?;
        for record in records {
            if record.digest != with.digest && !found.contains_key(&record.digest) {
                let (recorded, file) = (&record.digest[..record.digest.len().min(12)], file.display());
                output::warn(format_args!("{recorded} decided then, {file} is another component; it may differ"));
            }
            found.insert(record.digest.clone(), with.digest.clone());
        }
        return Ok(found);
    }
    for (path, bytes) in args.plugins.components()? {
        let digest = super::workbench::digest_of(&bytes);
        if records.iter().any(|record| record.digest == digest) {
            bench.load(&path).await?;
            found.insert(digest.clone(), digest);
        }
    }
    match records.iter().find(|record| !found.contains_key(&record.digest)) {
        None => Ok(found),
        Some(record) => Err(Failure::bad_input(format!(
            "there is no component of digest {} ({} {}); name its file with --component, or its folder with --plugins",
            record.digest, record.plugin, record.version
        ))),
    }
}

/// Decides again, several at a time; records in the same order, with the answers and facts of now.
pub(super) async fn decide(
    runtime: &Arc<Runtime>,
    jobs: Vec<(String, DecisionRecord)>,
) -> Result<Vec<DecisionRecord>, Failure> {
    let shop: ShopId = Mint::new(Timestamp::default(), [0; 32]).next();
    let share = jobs.len().div_ceil(AT_A_TIME).max(1);
    let mut work = JoinSet::new();
    for (place, part) in jobs.chunks(share).enumerate() {
        let (runtime, part) = (runtime.clone(), part.to_vec());
        work.spawn(async move {
            let mut again = Vec::with_capacity(part.len());
            for (digest, record) in part {
                let answered = runtime.replay_installed(shop, &digest, &record).await;
                let answer = answered.result.map_or_else(DecisionAnswer::Failed, DecisionAnswer::Decided);
                again.push(DecisionRecord { digest, facts: answered.reads, answer, ..record });
            }
            (place, again)
        });
    }
    let mut parts = BTreeMap::new();
    while let Some(done) = work.join_next().await {
        let (place, part) = done.map_err(|error| Failure::failed(format!("a decision could not be made: {error}")))?;
        parts.insert(place, part);
    }
    Ok(parts.into_values().flatten().collect())
}

fn compare(record: &DecisionRecord, again: &DecisionRecord) -> Outcome {
    if !record.is_replayable() {
        return Outcome::NotReplayable;
    }
    let bytes = |record: &DecisionRecord| serde_json::to_vec(&record.answer).unwrap_or_default();
    if Decided::from(&record.answer) != Decided::from(&again.answer) {
        Outcome::Different("the decision")
    } else if bytes(record) != bytes(again) {
        Outcome::Different("its words")
    } else if record.facts != again.facts {
        Outcome::Different("the facts it read")
    } else {
        Outcome::Same
    }
}

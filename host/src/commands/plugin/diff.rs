//! `cartwright plugin diff`: what a new version would have decided otherwise.

use cartwright_domain::decision::{DecisionAnswer, DecisionRecord};
use cartwright_domain::plugin::Problem;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::clock::Stopwatch;
use crate::failure::{Failure, counted};
use crate::output::{self, Format};
use crate::wiring::CacheArgs;

use super::records::{self, Decided, facts};
use super::replay::decide;
use super::workbench::Workbench;

/// Changed decisions that are shown one by one.
const SHOWN: usize = 20;

/// Which versions on which decisions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The version that is there, a .wasm file
    old: PathBuf,
    /// The version that shall come
    new: PathBuf,
    /// Recorded decisions: a file or folder (.json, .jsonl)
    #[arg(long, value_name = "PATH")]
    traces: PathBuf,
    /// End with 1 if any decision changes
    #[arg(long)]
    deny_changes: bool,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    format: Format,
}

/// How a decision fares.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Same,
    /// Only the words for it.
    Reworded,
    Changed {
        from: Decided,
        to: Decided,
    },
    /// Why nothing can be said.
    NotComparable(String),
}

/// A change, for programs.
#[derive(Serialize)]
struct Change<'a> {
    run: String,
    step: &'a str,
    now: String,
    from: &'a Decided,
    to: &'a Decided,
    facts: String,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let all = records::read(&args.traces)?;
    let bench = Workbench::new(&args.cache)?;
    let (old, new) = (bench.load(&args.old).await?, bench.load(&args.new).await?);
    if old.kind != new.kind {
        let why = format!("{} is a {}, {} is a {}", args.old.display(), old.kind, args.new.display(), new.kind);
        return Err(Failure::bad_input(format!("{why}; compare versions of one plugin")));
    }
    let count = all.len();
    let records: Vec<DecisionRecord> = all.into_iter().filter(|record| record.plugin == old.name).collect();
    let others = count - records.len();
    if records.is_empty() {
        let path = args.traces.display();
        return Err(Failure::bad_input(format!("{path} holds no decision of {}; all {count} are of others", old.name)));
    }
    let stopwatch = Stopwatch::start();
    if records.len() >= 1000 {
        output::warn(format_args!("making {} again", counted(records.len(), "decision")));
    }
    let jobs = |digest: &str| records.iter().map(|record| (digest.to_owned(), record.clone())).collect();
    let before = decide(&bench.runtime, jobs(&old.digest)).await?;
    let after = decide(&bench.runtime, jobs(&new.digest)).await?;
    let fates: Vec<Fate> = before.iter().zip(&after).map(|(before, after)| fate(before, after)).collect();
    let report = Report { records: &records, fates: &fates, others };
    let label = |record: &cartwright_domain::plugin::PluginRecord| format!("{} {}", record.name, record.version);
    if args.format.json {
        output::say_json(&report.document());
    } else {
        report.tell(&label(&old), &label(&new));
        let ms = stopwatch.micros() / 1000;
        output::say(format_args!("{} in {ms} ms", counted(records.len(), "decision")));
    }
    let changed = report.changes().count();
    if args.deny_changes && changed > 0 {
        return Err(Failure::failed(format!("{} changed, and --deny-changes was said", counted(changed, "decision"))));
    }
    Ok(())
}

fn fate(before: &DecisionRecord, after: &DecisionRecord) -> Fate {
    for (record, which) in [(before, "the old version"), (after, "the new version")] {
        if let DecisionAnswer::Failed(failure) = &record.answer
            && (failure.problem == Problem::FactNotRecorded || failure.problem.may_pass())
        {
            return Fate::NotComparable(format!("{which} {}", failure.message.trim_start_matches("it ")));
        }
    }
    let (from, to) = (Decided::from(&before.answer), Decided::from(&after.answer));
    if from != to {
        Fate::Changed { from, to }
    } else if before.answer != after.answer {
        Fate::Reworded
    } else {
        Fate::Same
    }
}

/// All of it.
struct Report<'a> {
    records: &'a [DecisionRecord],
    fates: &'a [Fate],
    /// Records of other plugins.
    others: usize,
}

impl Report<'_> {
    fn count(&self, wanted: impl Fn(&Fate) -> bool) -> usize {
        self.fates.iter().filter(|fate| wanted(fate)).count()
    }

    fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        self.records.iter().zip(self.fates).filter_map(|(record, fate)| match fate {
            Fate::Changed { from, to } => Some(Change {
                run: record.run.to_string(),
                step: &record.step,
                now: record.now.to_string(),
                from,
                to,
                facts: facts(record),
            }),
            _ => None,
        })
    }

    /// From what to what, how often.
    fn kinds(&self) -> BTreeMap<(&Decided, &Decided), usize> {
        let mut kinds = BTreeMap::new();
        for fate in self.fates {
            if let Fate::Changed { from, to } = fate {
                *kinds.entry((from, to)).or_default() += 1;
            }
        }
        kinds
    }

    /// Why nothing can be said, how often.
    fn gaps(&self) -> BTreeMap<&str, usize> {
        let mut gaps = BTreeMap::new();
        for fate in self.fates {
            if let Fate::NotComparable(why) = fate {
                *gaps.entry(why.as_str()).or_default() += 1;
            }
        }
        gaps
    }

    fn document(&self) -> serde_json::Value {
        let gaps = self.gaps();
        json!({
            "decisions": self.records.len(),
            "same": self.count(|fate| *fate == Fate::Same),
            "reworded": self.count(|fate| *fate == Fate::Reworded),
            "changed": self.changes().collect::<Vec<_>>(),
            "not_comparable": gaps.iter().map(|(why, count)| json!({ "why": why, "count": count })).collect::<Vec<_>>(),
            "of_other_plugins": self.others,
        })
    }

    fn tell(&self, old: &str, new: &str) {
        output::say(format_args!("{old} against {new}"));
        let say = |count: usize, what: &str| {
            if count > 0 {
                output::say(format_args!("  {count:>7}  {what}"));
            }
        };
        say(self.count(|fate| *fate == Fate::Same), "the same");
        say(self.count(|fate| *fate == Fate::Reworded), "the same decision in other words");
        for ((from, to), count) in self.kinds() {
            say(count, &format!("CHANGED from {from} to {to}"));
        }
        for (why, count) in self.gaps() {
            say(count, &format!("not comparable: {why}"));
        }
        say(self.others, "of other plugins, left out");
        let rows: Vec<Vec<String>> = self
            .changes()
            .take(SHOWN)
            .map(|change| {
                let what = format!("{} -> {}", change.from, change.to);
                vec![change.run, change.step.to_owned(), what, change.facts]
            })
            .collect();
        if rows.is_empty() {
            return;
        }
        output::say_table(&["RUN", "STEP", "CHANGE", "FACTS"], &rows);
        let more = self.changes().count().saturating_sub(SHOWN);
        if more > 0 {
            output::say(format_args!("and {more} more; --json shows all"));
        }
    }
}

//! `cartwright plugin test`: a component on its fixtures.

use cartwright_domain::plugin::{PluginRecord, Usage};
use serde_json::json;
use std::path::PathBuf;

use crate::failure::{Failure, counted};
use crate::output::{self, Format};

use super::fixture::expectation::Difference;
use super::fixture::{self, Budget, Placed};
use super::play::Played;
use super::workbench::{ComponentArgs, Workbench};

/// Where fixtures are looked for.
const FOLDER: &str = "fixtures";

/// Which component on which fixtures.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    component: ComponentArgs,
    /// A file with fixtures, or a folder of such files; may be given several times [default: the folder `fixtures`
    /// here, or beside the component]
    #[arg(long, value_name = "PATH")]
    fixtures: Vec<PathBuf>,
    /// Write what came out into the fixtures
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    format: Format,
}

/// What is wrong with one fixture; nothing where it holds.
#[derive(Debug, Default)]
struct Verdict {
    differences: Vec<Difference>,
    remarks: Vec<String>,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let component = &args.component;
    let mut fixtures = Vec::new();
    for path in paths(&args, component)? {
        fixtures.extend(fixture::read(&path)?);
    }
    let (bench, record) = component.load().await?;
    let mut failed = 0;
    let mut report = Vec::new();
    for placed in &mut fixtures {
        let played = play(&bench, &record, placed).await?;
        let verdict = judge(placed, &played, args.update);
        if args.update {
            placed.fixture.expect = played.came.clone();
        }
        let holds = verdict.differences.is_empty() && verdict.remarks.is_empty();
        failed += usize::from(!holds);
        if args.format.json {
            report.push(json!({
                "fixture": placed.name(),
                "file": placed.file,
                "holds": holds,
                "differences": verdict.differences,
                "remarks": verdict.remarks,
                "came": played.came,
                "usage": played.usage,
            }));
        } else {
            tell(placed, &verdict, &played);
        }
    }
    if args.update {
        fixture::write(&fixtures)?;
    }
    let total = counted(fixtures.len(), "fixture");
    if args.format.json {
        output::say_json(&json!({ "plugin": record.name, "version": record.version, "fixtures": report }));
    } else if failed == 0 {
        output::say(format_args!("{} {}: {total}, all as expected", record.name, record.version));
    }
    match failed {
        0 => Ok(()),
        failed => Err(Failure::failed(format!(
            "{failed} of {total} not as expected; where the new answer is right, write it with --update"
        ))),
    }
}

/// The fixtures that are meant: named, here, or beside the component or a folder above it.
fn paths(args: &Args, component: &ComponentArgs) -> Result<Vec<PathBuf>, Failure> {
    if !args.fixtures.is_empty() {
        return Ok(args.fixtures.clone());
    }
    let here = [PathBuf::from(FOLDER)];
    let above = component.file.ancestors().skip(1).map(|folder| folder.join(FOLDER));
    let found = here.into_iter().chain(above).find(|folder| folder.is_dir());
    found.map(|folder| vec![folder]).ok_or_else(|| {
        Failure::bad_input(
            "there is no folder `fixtures` here or beside the component; name the fixtures with --fixtures",
        )
    })
}

/// Plays a fixture once, or five times where its time is measured: the usage is the median.
async fn play(bench: &Workbench, record: &PluginRecord, placed: &Placed) -> Result<Played, Failure> {
    let times = if placed.fixture.budget.is_some() { 5 } else { 1 };
    let mut played = Vec::new();
    for _ in 0..times {
        let one = bench.play(record, &placed.fixture).await;
        let file = placed.file.display();
        let name = placed.name();
        played.push(one.map_err(|why| Failure::bad_input(format!("{file}, fixture `{name}`: {why}")))?);
    }
    played.sort_by_key(|one| one.usage.micros);
    Ok(played.swap_remove(times / 2))
}

fn judge(placed: &Placed, played: &Played, update: bool) -> Verdict {
    let fixture = &placed.fixture;
    let mut verdict = Verdict::default();
    if !update {
        verdict.differences = fixture.expect.differences(&played.came);
        if fixture.expect.is_empty() {
            verdict
                .remarks
                .push("it expects nothing; write what should come into `expect`, or use --update".to_owned());
        }
    }
    if let Some(budget) = &fixture.budget {
        verdict.remarks.extend(over(budget, played.usage));
    }
    verdict
}

/// Where a budget is exceeded.
fn over(budget: &Budget, usage: Usage) -> Vec<String> {
    let (ms, mib) = (milliseconds(usage), mebibytes(usage));
    let time = budget.ms.filter(|limit| ms > *limit);
    let memory = budget.mib.filter(|limit| mib > *limit);
    let time = time.map(|limit| format!("budget.ms: it took {ms:.2} ms, the budget is {limit}"));
    let memory = memory.map(|limit| format!("budget.mib: it used {mib:.1} MiB, the budget is {limit}"));
    time.into_iter().chain(memory).collect()
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
pub(crate) fn milliseconds(usage: Usage) -> f64 {
    usage.micros as f64 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
pub(crate) fn mebibytes(usage: Usage) -> f64 {
    usage.memory_bytes as f64 / (1024.0 * 1024.0)
}

fn tell(placed: &Placed, verdict: &Verdict, played: &Played) {
    let holds = verdict.differences.is_empty() && verdict.remarks.is_empty();
    let name = placed.name();
    if holds {
        output::say(format_args!("  ok      {name}"));
        return;
    }
    output::say(format_args!("  WRONG   {name} ({})", placed.file.display()));
    for difference in &verdict.differences {
        output::say(format_args!("          {difference}"));
    }
    for remark in &verdict.remarks {
        output::say(format_args!("          {remark}"));
    }
    if verdict.differences.is_empty() {
        return;
    }
    if let Some(failure) = &played.came.failure {
        output::say(format_args!("          it gave no answer: {failure}"));
    }
    for (fact, value) in played.came.facts.iter().flatten() {
        output::say(format_args!("          it read {fact} = {value}"));
    }
    for line in played.came.log.iter().flatten() {
        output::say(format_args!("          it logged: {line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_names_what_was_used_and_what_is_allowed() {
        let usage = Usage { micros: 2_500, memory_bytes: 3 << 20 };
        let over = |ms, mib| over(&Budget { ms, mib }, usage);
        assert_eq!(over(Some(3.0), Some(3.0)), Vec::<String>::new());
        assert_eq!(over(Some(2.0), None), ["budget.ms: it took 2.50 ms, the budget is 2"]);
        assert_eq!(over(None, Some(2.5)), ["budget.mib: it used 3.0 MiB, the budget is 2.5"]);
    }
}

//! `cartwright plugin conformance`: whether a component keeps the promises of its kind; or many, such as the hostile kit.

use cartwright_domain::event::read_json;
use cartwright_plugins::conformance::{self, Depth, Fixture, Report};
use serde_json::json;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, counted};
use crate::output::{self, Format};
use crate::strategy_file::text_of;
use crate::wiring::CacheArgs;

use super::workbench::{Workbench, bytes_of};

/// What is examined.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The component, a .wasm file; or several, or a folder of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What the schema of its configuration cannot say: {"configs": [], "contents": [], "secrets": {}, "webhooks": []}
    #[arg(long, value_name = "FILE")]
    fixture: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    format: Format,
}

/// What came of a file: its report, or why it was refused before.
type Examined = Result<Report, String>;

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let fixture = args.fixture.as_deref().map(read).transpose()?.unwrap_or_default();
    let files = components(&args.files)?;
    let bench = Workbench::new(&args.cache)?;
    let mut examined = Vec::with_capacity(files.len());
    for file in &files {
        let report = conformance::run(&bench.runtime, bytes_of(file)?, &fixture, Depth::Full).await;
        examined.push((file, report.map_err(|why| why.to_string())));
    }
    match examined.as_slice() {
        [(file, one)] => tell_one(file, one, args.format),
        several => tell_all(several, args.format),
    }
}

fn tell_one(file: &Path, examined: &Examined, format: Format) -> Result<(), Failure> {
    let report = examined.as_ref().map_err(|why| Failure::failed(format!("{} is refused at {why}", file.display())))?;
    if format.json {
        output::say_json(report);
    } else {
        output::say(report);
    }
    match report.failures().count() {
        0 => Ok(()),
        failed => Err(Failure::failed(format!("{} breaks {}", report.plugin, counted(failed, "promise")))),
    }
}

fn tell_all(examined: &[(&PathBuf, Examined)], format: Format) -> Result<(), Failure> {
    let fault = |one: &Examined| match one {
        Err(why) => Some(why.clone()),
        Ok(report) => {
            report.failures().next().map(|(check, seen, _)| format!("conformance: {}: {seen}", check.statement))
        }
    };
    let rows: Vec<(String, Option<String>)> =
        examined.iter().map(|(file, one)| (file.display().to_string(), fault(one))).collect();
    if format.json {
        let rows = rows.iter().map(|(file, fault)| json!({ "file": file, "fault": fault }));
        output::say_json(&rows.collect::<Vec<_>>());
    } else {
        let word = |fault: &Option<String>| fault.clone().unwrap_or_else(|| "keeps its promises".to_owned());
        let table: Vec<Vec<String>> = rows.iter().map(|(file, fault)| vec![file.clone(), word(fault)]).collect();
        output::say_table(&["FILE", "RESULT"], &table);
    }
    match rows.iter().filter(|(_, fault)| fault.is_some()).count() {
        0 => Ok(()),
        failed => {
            let (failed, all) = (counted(failed, "component"), rows.len());
            Err(Failure::failed(format!("{failed} of {all} would not be installed")))
        }
    }
}

/// The files, and in place of each folder what it holds.
fn components(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error| Failure::bad_input(format!("{} cannot be read: {error}", path.display()));
        let entries = std::fs::read_dir(path).map_err(unreadable)?;
        let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        found.retain(|file| file.extension().is_some_and(|end| end == "wasm"));
        if found.is_empty() {
            return Err(Failure::bad_input(format!("{} holds no .wasm file; name another folder", path.display())));
        }
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Fixture, Failure> {
    let file = path.display();
    let value = serde_json::from_str(&text_of(path)?)
        .map_err(|error| Failure::bad_input(format!("{file} is no JSON: {error}; correct that place")))?;
    read_json("", value).map_err(|fault| Failure::bad_input(format!("{file}, at {}: {}", fault.field, fault.message)))
}

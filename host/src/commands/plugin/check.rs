//! `cartwright plugin check`: every check of an upload.

use cartwright_plugins::Inspection;
use serde_json::json;
use std::path::Path;

use crate::failure::Failure;
use crate::output::{self, Format};

use super::workbench::{ComponentArgs, Workbench, bytes_of};

/// Which component.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    component: ComponentArgs,
    /// Say what it was built for and with, and each interface that it needs and has
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let file = &args.component.file;
    let bench = Workbench::new(&args.component.cache)?;
    let looked_at = if args.explain { Some(inspect(&bench, file).await?) } else { None };
    if let (Some(found), false) = (&looked_at, args.format.json) {
        explain(found);
    }
    let checked = bench.load(file).await;
    match (&checked, args.format.json) {
        (Ok(record), false) => {
            let (name, version, kind) = (&record.name, &record.version, record.kind);
            output::say(format_args!("{} is sound: {kind} {name} {version}", file.display()));
        }
        (Ok(record), true) => match looked_at {
            Some(found) => output::say_json(&json!({ "record": record, "inspection": found })),
            None => output::say_json(record),
        },
        (Err(_), true) => {
            if let Some(found) = looked_at {
                output::say_json(&json!({ "record": null, "inspection": found }));
            }
        }
        (Err(_), false) => {}
    }
    checked.map(|_| ())
}

/// What can be told without running it; a file that is not even that is refused as in an upload.
async fn inspect(bench: &Workbench, file: &Path) -> Result<Inspection, Failure> {
    let found = bench.runtime.inspect(bytes_of(file)?).await;
    found.map_err(|rejection| Failure::failed(format!("{} is refused at {rejection}", file.display())))
}

fn explain(found: &Inspection) {
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "not said".to_owned());
    let kind = found.kind.map_or_else(|| "none of the five kinds".to_owned(), |kind| kind.to_string());
    let rows = [
        ("name", said(&found.name)),
        ("version", said(&found.version)),
        ("kind", kind),
        ("built for", said(&found.built_for)),
        ("built with", if found.made_with.is_empty() { "not said".to_owned() } else { found.made_with.join(", ") }),
        ("digest", found.digest.clone()),
        ("size", format!("{} bytes", found.size)),
    ];
    for (name, value) in rows {
        output::say(format_args!("  {name:<10} {value}"));
    }
    for name in &found.imports {
        output::say(format_args!("  {:<10} {name}", "needs"));
    }
    for name in &found.exports {
        output::say(format_args!("  {:<10} {name}", "has"));
    }
}

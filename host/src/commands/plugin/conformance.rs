//! `cartwright plugin conformance`: whether a component keeps the promises of its kind.

use cartwright_domain::event::read_json;
use cartwright_plugins::conformance::{self, Depth, Fixture};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, counted};
use crate::output::{self, Format};
use crate::strategy_file::text_of;

use super::workbench::{ComponentArgs, Workbench, bytes_of};

/// What is examined.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    component: ComponentArgs,
    /// What the schema of its configuration cannot say: {"configs": [], "contents": [], "secrets": {}, "webhooks": []}
    #[arg(long, value_name = "FILE")]
    fixture: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let fixture = args.fixture.as_deref().map(read).transpose()?.unwrap_or_default();
    let file = &args.component.file;
    let bench = Workbench::new(&args.component.cache)?;
    let report = conformance::run(&bench.runtime, bytes_of(file)?, &fixture, Depth::Full).await;
    let report = report.map_err(|why| Failure::failed(format!("{} is refused at {why}", file.display())))?;
    if args.format.json {
        output::say_json(&report);
    } else {
        output::say(&report);
    }
    match report.failures().count() {
        0 => Ok(()),
        failed => Err(Failure::failed(format!("{} breaks {}", report.plugin, counted(failed, "promise")))),
    }
}

fn read(path: &Path) -> Result<Fixture, Failure> {
    let file = path.display();
    let value = serde_json::from_str(&text_of(path)?)
        .map_err(|error| Failure::bad_input(format!("{file} is no JSON: {error}; correct that place")))?;
    read_json("", value).map_err(|fault| Failure::bad_input(format!("{file}, at {}: {}", fault.field, fault.message)))
}

//! `cartwright strategy`: strategy files.

use cartwright_domain::money::Currency;
use cartwright_domain::publish::strategy_schema;
use cartwright_domain::time::Timestamp;
use serde_json::json;
use std::path::PathBuf;

use crate::failure::{Failure, counted};
use crate::output::{self, Format};
use crate::rehearsal::Rehearsal;
use crate::shipped::PluginsArgs;
use crate::strategy_file;

/// What to do with strategies.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check a strategy file as publishing would, with every channel that it names connected
    Check(CheckArgs),
    /// Print the JSON Schema of strategy files
    Schema,
}

/// Which strategy.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// The strategy file
    file: PathBuf,
    #[command(flatten)]
    plugins: PluginsArgs,
    /// Currency of the shop that it is for
    #[arg(long, default_value = "EUR")]
    currency: Currency,
    /// Its time zone
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(args) => check(args).await,
        Command::Schema => {
            output::say_json(&strategy_schema());
            Ok(())
        }
    }
}

async fn check(args: CheckArgs) -> Result<(), Failure> {
    let strategy = strategy_file::read(&args.file)?;
    let rehearsal =
        Rehearsal::new(&args.plugins, &strategy, args.currency, &args.time_zone, Timestamp::default()).await?;
    let faults = rehearsal.engine.check_strategy(rehearsal.shop, &strategy).await?;
    let file = args.file.display().to_string();
    if args.format.json {
        output::say_json(&json!({ "file": file, "faults": faults }));
    } else {
        for fault in faults.iter().filter(|fault| !fault.refuses()) {
            output::warn(format_args!("warning: {fault}"));
        }
    }
    if faults.iter().any(|fault| fault.refuses()) {
        return Err(Failure::faults(&file, &faults));
    }
    if !args.format.json {
        let contents = counted(strategy.contents.len(), "content");
        output::say(format_args!("{file} is sound: {}, {contents}", counted(strategy.steps.len(), "step")));
    }
    Ok(())
}

//! `cartwright simulate`: an event log through a strategy, in virtual time.

use cartwright_domain::money::Currency;
use cartwright_domain::strategy::StrategyState;
use cartwright_domain::time::Timestamp;
use cartwright_engine::PublishError;
use std::path::PathBuf;

use crate::event_log;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::rehearsal::Rehearsal;
use crate::shipped::PluginsArgs;
use crate::strategy_file;
use crate::timeline;

/// What is simulated.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The strategy file
    #[arg(long, value_name = "FILE")]
    strategy: PathBuf,
    /// The event log: JSON Lines, events or webhooks
    #[arg(long, value_name = "FILE")]
    events: PathBuf,
    #[command(flatten)]
    plugins: PluginsArgs,
    /// Stop at this moment, such as 2026-11-02T10:00:00Z [default: when nothing is due any more]
    #[arg(long, value_name = "MOMENT")]
    until: Option<Timestamp>,
    /// Currency of the shop
    #[arg(long, default_value = "EUR")]
    currency: Currency,
    /// Time zone of the shop
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    #[command(flatten)]
    format: Format,
}

/// Prints the timeline of every run.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let strategy = strategy_file::read(&args.strategy)?;
    let lines = event_log::read(&args.events)?;
    let start = lines.iter().map(|line| line.received_at).min().unwrap_or_default();
    let rehearsal = Rehearsal::new(&args.plugins, &strategy, args.currency, &args.time_zone, start).await?;
    let name = strategy.name.clone();
    let Rehearsal { engine, clock, shop } = rehearsal;
    match engine.publish(shop, None, strategy, StrategyState::Live).await {
        Ok(published) => {
            for warning in &published.warnings {
                output::warn(format_args!("warning: {warning}"));
            }
        }
        Err(PublishError::Faults(faults)) => {
            return Err(Failure::faults(&args.strategy.display().to_string(), &faults));
        }
        Err(error) => return Err(error.into()),
    }
    let timeline = engine.simulate(&*clock, shop, lines, args.until).await?;
    let print = if args.format.json { timeline::json_lines } else { timeline::readable };
    for line in print(&name, &timeline) {
        output::say(line);
    }
    Ok(())
}

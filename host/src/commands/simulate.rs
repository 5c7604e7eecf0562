//! `cartwright simulate`: an event log through a strategy, in virtual time.

use cartwright_domain::money::Currency;
use cartwright_domain::strategy::StrategyState;
use cartwright_domain::time::Timestamp;
use cartwright_engine::{PublishError, Reached};
use std::path::PathBuf;

use crate::event_log;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::progress::Progress;
use crate::rehearsal::Rehearsal;
use crate::shipped::PluginsArgs;
use crate::strategy_file;
use crate::{summary, timeline};

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
    /// Print how many runs ended how, and what became of messages, instead of every run
    #[arg(long)]
    summary: bool,
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
    let bar = Progress::of(lines.len() as u64, "lines of the log");
    let progress = |reached: Reached| bar.reached(reached.lines as u64, &reached.at.to_string());
    let timeline = engine.simulate(&*clock, shop, lines, args.until, &progress).await?;
    bar.done();
    match (args.summary, args.format.json) {
        (true, _) => summary::print(&engine, shop, &name, &timeline, args.format).await,
        (false, true) => {
            timeline::json_head(&timeline).iter().for_each(output::say);
            for run in &timeline.runs {
                engine.simulated_run(shop, *run).await?.iter().map(timeline::json_line).for_each(output::say);
            }
            output::say(timeline::json_end(&name, &timeline));
            Ok(())
        }
        (false, false) => {
            timeline::head(&name, &timeline).iter().for_each(output::say);
            for run in &timeline.runs {
                engine.simulated_run(shop, *run).await?.iter().flat_map(timeline::readable).for_each(output::say);
            }
            Ok(())
        }
    }
}

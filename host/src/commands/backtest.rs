//! `cartwright backtest`: the recorded events of a shop through versions of a strategy, in virtual time, beside what
//! really happened. Nothing is sent, and nothing is written to the shop's database.

use cartwright_domain::ids::{ShopId, StrategyId};
use cartwright_domain::shop::Shop;
use cartwright_domain::strategy::{Strategy, StrategyRecord, StrategyState, Version};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::Store;
use cartwright_engine::{Difference, Period, PublishError, Reached, Recorded, Tally, differences, recorded};
use cartwright_plugins::Runtime;
use std::path::PathBuf;
use std::sync::Arc;

use crate::comparison::{self, Tried};
use crate::failure::{Failure, counted};
use crate::output::{self, Format};
use crate::progress::Progress;
use crate::rehearsal::Rehearsal;
use crate::strategy_file;
use crate::wiring::{self, CacheArgs, DatabaseArgs, RuntimeArgs};

/// What is played again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shop, by its id [default: the only one]
    #[arg(long, value_name = "ID")]
    shop: Option<ShopId>,
    /// The strategy, by its name [default: the one that the first file has]
    #[arg(long, value_name = "NAME", required_unless_present = "file")]
    strategy: Option<String>,
    /// A version of it, by its number; may be given several times [default: the current one, unless there are files]
    #[arg(long, value_name = "NUMBER")]
    version: Vec<u32>,
    /// A strategy file to try in its place; may be given several times
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// Look only at runs that began at this moment or later, such as 2026-11-02T10:00:00Z [default: at all]
    #[arg(long, value_name = "MOMENT")]
    from: Option<Timestamp>,
    /// Stop at this moment [default: that of the newest recorded event]
    #[arg(long, value_name = "MOMENT")]
    until: Option<Timestamp>,
    /// Show at most so many differences of a version; JSON has them all
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    most: usize,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    format: Format,
}

/// Something to try.
struct Candidate {
    label: String,
    definition: Strategy,
}

/// Where it is tried.
struct Ground {
    store: Arc<dyn Store>,
    shop: Shop,
    runtime: Arc<Runtime>,
    /// The other strategies of the shop that are live: caps and hand-overs between strategies depend on them.
    others: Vec<Strategy>,
    recorded: Recorded,
    period: Period,
}

/// Plays, compares, prints.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let store = args.database.open().await?;
    let shop = shop_of(&*store, args.shop).await?;
    let Some(recorded) = recorded(&*store, shop.id).await? else {
        return Err(Failure::bad_input(format!(
            "nothing is recorded of `{}` yet: events are recorded once they were applied, and kept for 90 days",
            shop.name
        )));
    };
    let known = store.strategies(shop.id).await?;
    let files = args.file.iter().map(|path| Ok((path, strategy_file::read(path)?)));
    let files: Vec<_> = files.collect::<Result<_, Failure>>()?;
    let name = args.strategy.clone().or_else(|| files.first().map(|(_, file)| file.name.clone())).unwrap_or_default();
    let record = known.iter().find(|record| record.name == name);
    let mut candidates = versions_of(&*store, shop.id, &name, record, &args).await?;
    candidates.extend(
        files.into_iter().map(|(path, definition)| Candidate { label: path.display().to_string(), definition }),
    );
    let period = Period { from: args.from.unwrap_or_default(), until: args.until.unwrap_or(recorded.last) };
    let runtime = RuntimeArgs { cache: args.cache.clone(), ..RuntimeArgs::default() };
    let runtime = wiring::runtime(&runtime, store.clone())?;
    let others = others(&*store, shop.id, &known, &name).await?;
    let ground = Ground { store, shop, runtime, others, recorded, period };
    let real = match record {
        Some(record) => Tally::of(&*ground.store, ground.shop.id, record.id, period).await?,
        None => Tally::default(),
    };
    let mut tried = Vec::new();
    for candidate in candidates {
        tried.push(ground.play(candidate, &real).await?);
    }
    let outcome = comparison::Comparison { strategy: name, recorded, period, real, tried };
    if args.format.json {
        comparison::json_lines(&outcome).iter().for_each(output::say);
    } else {
        comparison::print(&outcome, args.most);
    }
    Ok(())
}

async fn shop_of(store: &dyn Store, wanted: Option<ShopId>) -> Result<Shop, Failure> {
    let shops = store.shops().await?;
    let hint = "`cartwright shop list` prints them with their ids";
    match (wanted, &shops[..]) {
        (Some(id), _) => {
            let found = shops.iter().find(|shop| shop.id == id);
            found.cloned().ok_or_else(|| Failure::bad_input(format!("there is no shop {id}; {hint}")))
        }
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err(Failure::bad_input("there is no shop yet, so nothing is recorded")),
        (None, many) => {
            let many = counted(many.len(), "shop");
            Err(Failure::bad_input(format!("there are {many}; name one with --shop: {hint}")))
        }
    }
}

/// The versions that are asked for; the current one if nothing is.
async fn versions_of(
    store: &dyn Store,
    shop: ShopId,
    name: &str,
    record: Option<&StrategyRecord>,
    args: &Args,
) -> Result<Vec<Candidate>, Failure> {
    let wanted = match (record, args.version.is_empty(), args.file.is_empty()) {
        (Some(record), true, true) => vec![record.current_number],
        (None, _, true) | (None, false, _) => {
            return Err(Failure::bad_input(format!("the shop has no strategy `{name}`")));
        }
        _ => args.version.clone(),
    };
    let known = match record {
        Some(record) if !wanted.is_empty() => store.versions_of(shop, record.id).await?,
        _ => Vec::new(),
    };
    let numbered = |number: &u32| match known.iter().find(|version: &&Version| version.number == *number) {
        Some(version) => Ok(Candidate { label: format!("version {number}"), definition: version.definition.clone() }),
        None => Err(Failure::bad_input(format!("`{name}` has no version {number}; the newest is {}", known.len()))),
    };
    wanted.iter().map(numbered).collect()
}

async fn others(
    store: &dyn Store,
    shop: ShopId,
    known: &[StrategyRecord],
    name: &str,
) -> Result<Vec<Strategy>, Failure> {
    let live = known.iter().filter(|record| record.state == StrategyState::Live && record.name != name);
    let current: Vec<_> = live.map(|record| record.current).collect();
    let mut versions = store.versions(shop, &current).await?;
    versions.sort_by(|one, other| one.definition.name.cmp(&other.definition.name));
    Ok(versions.into_iter().map(|version| version.definition).collect())
}

impl Ground {
    async fn play(&self, candidate: Candidate, real: &Tally) -> Result<Tried, Failure> {
        let Candidate { label, definition } = candidate;
        let rehearsal =
            Rehearsal::of_shop(&self.store, &self.shop, self.runtime.clone(), &definition, self.recorded.first).await?;
        for other in &self.others {
            if let Err(error) = publish(&rehearsal, other.clone()).await? {
                output::warn(format_args!("warning: `{}` does not play along: {error}", other.name));
            }
        }
        let strategy = match publish(&rehearsal, definition).await? {
            Ok(strategy) => strategy,
            Err(PublishError::Faults(faults)) => return Err(Failure::faults(&label, &faults)),
            Err(error) => return Err(error.into()),
        };
        let Rehearsal { engine, clock, shop } = rehearsal;
        let bar = Progress::of(self.recorded.events, &format!("events through {label}"));
        let progress = |reached: Reached| bar.reached(reached.lines as u64, &reached.at.to_string());
        let timeline = engine.replay(&*clock, shop, &*self.store, self.period.until, &progress).await?;
        bar.done();
        let tally = Tally::of(&*engine.store, shop, strategy, self.period).await?;
        let found: Vec<Difference> = differences(&tally, real);
        for (id, reason) in &timeline.refused {
            output::warn(format_args!("warning: not taken: {id}: {reason}"));
        }
        Ok(Tried { label, not_taken: timeline.refused.len(), tally, differences: found })
    }
}

/// What cannot be published is the caller's to tell.
async fn publish(rehearsal: &Rehearsal, definition: Strategy) -> Result<Result<StrategyId, PublishError>, Failure> {
    match rehearsal.engine.publish(rehearsal.shop, None, definition, StrategyState::Live).await {
        Ok(published) => Ok(Ok(published.record.id)),
        Err(PublishError::Store(error)) => Err(error.into()),
        Err(error) => Ok(Err(error)),
    }
}

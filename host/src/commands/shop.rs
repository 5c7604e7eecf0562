//! `cartwright shop`: the first shop of an installation, and a list of all.

use cartwright_domain::money::Currency;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::entropy::OsEntropy;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// What to do with shops.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make a shop, and print its id
    Add(AddArgs),
    /// List all shops
    List(ListArgs),
}

/// A new shop.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// What people call it
    name: String,
    /// Currency of its reports, such as EUR
    #[arg(long)]
    currency: Currency,
    /// Time zone of its local times, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Country that phone numbers belong to when nothing else says so, such as DE
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    format: Format,
}

/// Which shops.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(args) => add(args).await,
        Command::List(args) => list(args).await,
    }
}

async fn add(args: AddArgs) -> Result<(), Failure> {
    let store = args.database.open().await?;
    let engine = wiring::engine(&RuntimeArgs::default(), store, Arc::new(SystemClock), Arc::new(OsEntropy))?;
    let shop = engine.make_shop(&args.name, args.currency, args.time_zone.as_deref(), args.country.as_deref()).await?;
    if args.format.json {
        output::say_json(&shop);
    } else {
        output::say(shop.id);
    }
    Ok(())
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let shops = args.database.open().await?.shops().await?;
    if args.format.json {
        output::say_json(&shops);
    } else if shops.is_empty() {
        output::say("there is no shop yet; `cartwright shop add NAME --currency EUR` makes one");
    } else {
        let row = |shop: &cartwright_domain::shop::Shop| {
            vec![shop.id.to_string(), shop.name.clone(), shop.currency.to_string(), shop.time_zone.clone()]
        };
        output::say_table(&["ID", "NAME", "CURRENCY", "TIME ZONE"], &shops.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

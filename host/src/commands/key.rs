//! `cartwright key`: keys for secrets in the database, and for the API.

use cartwright_domain::ids::ShopId;
use cartwright_store::SecretKeys;
use serde_json::json;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::entropy::{self, OsEntropy};
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print a line for a secret key file: `cartwright key new > FILE`, then start with `--secret-key-file FILE`
    New,
    /// Make an API key, and print it this once
    Add(AddArgs),
}

/// Which API key.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The shop that the key opens, by id; without it the key opens all (the operator's)
    #[arg(long, value_name = "ID")]
    shop: Option<ShopId>,
    /// What the key is for
    #[arg(long, default_value = "command line")]
    label: String,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::New => {
            output::say(SecretKeys::line(&entropy::random()?).as_str());
            Ok(())
        }
        Command::Add(args) => add(args).await,
    }
}

async fn add(args: AddArgs) -> Result<(), Failure> {
    let store = args.database.open().await?;
    let engine = wiring::engine(&RuntimeArgs::default(), store, Arc::new(SystemClock), Arc::new(OsEntropy))?;
    if let Some(shop) = args.shop
        && engine.store.shop(shop).await?.is_none()
    {
        return Err(Failure::bad_input(format!("there is no shop {shop}; `cartwright shop list` shows all")));
    }
    let (key, text) = engine.make_key(args.shop, &args.label).await?;
    if args.format.json {
        output::say_json(&json!({ "id": key.id, "shop": key.shop, "label": key.label, "key": text }));
    } else {
        output::say(text);
    }
    Ok(())
}

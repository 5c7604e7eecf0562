//! `cartwright key`: keys for secrets in the database, and for the API.

use cartwright_domain::ids::ShopId;
use cartwright_store::SecretKeys;
use serde_json::json;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::entropy::{self, OsEntropy};
use crate::failure::{Failure, counted};
use crate::output::{self, Format};
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print a line for a secret key file: `cartwright key new > FILE`, then start with `--secret-key-file FILE`
    New,
    /// Seal every secret of the database with the newest key of the file, so that the older ones can go
    Rotate(RotateArgs),
    /// Make an API key, and print it this once
    Add(AddArgs),
}

/// Which database and keys.
#[derive(Debug, clap::Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    format: Format,
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
        Command::Rotate(args) => rotate(args).await,
        Command::Add(args) => add(args).await,
    }
}

/// Secrets of one transaction. Stopped in between, the command goes on with the rest at its next start.
const BATCH: u32 = 500;

async fn rotate(args: RotateArgs) -> Result<(), Failure> {
    let keys = args.database.keys()?.ok_or_else(|| {
        Failure::bad_input("there are no keys to rotate: name their file with --secret-key-file FILE")
    })?;
    let store = wiring::open(&args.database.database_url, keys.clone()).await?;
    let (mut resealed, mut closed, mut after) = (0, Vec::new(), None);
    loop {
        let batch = store.reseal(after.as_ref(), BATCH).await?;
        resealed += batch.resealed;
        closed.extend(batch.closed);
        after = batch.next;
        if after.is_none() {
            break;
        }
    }
    let newest = keys.newest().unwrap_or_default();
    let sealings = store.sealings().await?;
    let removable: Vec<&str> =
        keys.ids().filter(|id| *id != newest && !sealings.iter().any(|(used, _)| used == id)).collect();
    if args.format.json {
        let closed: Vec<_> = closed
            .iter()
            .map(|one| json!({ "shop": one.place.shop, "connection": one.place.connection, "name": one.place.name, "why": one.why }))
            .collect();
        let sealed: std::collections::BTreeMap<_, _> = sealings.iter().cloned().collect();
        output::say_json(&json!({
            "newest": newest, "resealed": resealed, "closed": closed, "sealed_with": sealed, "removable": removable,
        }));
    } else {
        output::say(format_args!("{} sealed with the newest key, `{newest}`", counted(resealed as usize, "secret")));
        for (id, count) in &sealings {
            output::say(format_args!("  {id:<10} {count}"));
        }
        for one in &closed {
            let (shop, connection, name) = (one.place.shop, one.place.connection, &one.place.name);
            output::say(format_args!("not opened: {name} of connection {connection} in shop {shop}: {}", one.why));
        }
        if !removable.is_empty() {
            output::say(format_args!(
                "nothing needs the older ones any more: once no running service has the old file, remove {}",
                removable.join(", ")
            ));
        }
    }
    match closed.len() {
        0 => Ok(()),
        left => Err(Failure::failed(format!("{} could not be opened and stay as they are", counted(left, "secret")))),
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

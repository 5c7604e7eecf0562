//! `cartwright customer`: what a person may ask of a shop about their own data.

use cartwright_domain::ids::{CustomerId, ShopId};
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::entropy::OsEntropy;
use crate::failure::Failure;
use crate::output;
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// What to do with customers.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Erase a customer: nothing personal is left of them, and nothing is sent to them again
    Erase(EraseArgs),
}

/// Whom.
#[derive(Debug, clap::Args)]
pub(crate) struct EraseArgs {
    /// Id of the customer, as the console and `GET /v1/customers` show it
    customer: CustomerId,
    /// Id of the shop
    #[arg(long)]
    shop: ShopId,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    let Command::Erase(args) = command;
    let store = args.database.open().await?;
    let engine = wiring::engine(&RuntimeArgs::default(), store, Arc::new(SystemClock), Arc::new(OsEntropy))?;
    match engine.erase_customer(args.shop, args.customer).await? {
        true => output::say(format_args!("{} is erased", args.customer)),
        false => {
            let why = format!("the shop {} has no customer {}; the console lists them", args.shop, args.customer);
            return Err(Failure::bad_input(why));
        }
    }
    Ok(())
}

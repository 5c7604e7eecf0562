//! `cartwright node`: who works on a database, and whether this node takes it for the one it knows.

use cartwright_engine::ports::SeenNode;
use serde_json::json;

use crate::failure::Failure;
use crate::mark::MarkArgs;
use crate::output::{self, Format};
use crate::wiring::DatabaseArgs;

/// What to do with nodes.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the nodes that work on the database
    List(ListArgs),
    /// Say that the database is the true one: a node of this machine that is in safe mode goes on
    Confirm(ConfirmArgs),
}

/// Which database.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    format: Format,
}

/// Which database, and whose mark of it.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfirmArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    mark: MarkArgs,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args).await,
        Command::Confirm(args) => confirm(args).await,
    }
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let nodes = args.database.open().await?.nodes().await?;
    if args.format.json {
        let line = |seen: &SeenNode| {
            json!({
                "id": seen.node.id, "role": seen.node.role.name(), "version": seen.node.version,
                "standing": seen.node.standing.name(), "shards": seen.shards, "silent_for": seen.silent_for,
            })
        };
        output::say_json(&nodes.iter().map(line).collect::<Vec<_>>());
    } else if nodes.is_empty() {
        output::say("no node works on this database; `cartwright serve` starts one");
    } else {
        let row = |seen: &SeenNode| {
            let SeenNode { node, silent_for, shards, .. } = seen;
            let standing = node.standing.name().to_owned();
            let (id, shards) = (node.id.to_string(), shards.to_string());
            vec![id, node.role.name().to_owned(), node.version.clone(), standing, shards, silent_for.to_string()]
        };
        let head = ["ID", "ROLE", "VERSION", "STANDING", "SHARDS", "LAST SEEN"];
        output::say_table(&head, &nodes.iter().map(row).collect::<Vec<_>>());
    }
    Ok(())
}

async fn confirm(args: ConfirmArgs) -> Result<(), Failure> {
    let database = args.database.open().await?.instance().await?;
    args.mark.of(&args.database.database_url).write(database).map_err(Failure::bad_input)?;
    output::say(format_args!(
        "this node now knows the database {} with {} hand-overs; one that runs here goes on within seconds",
        database.id, database.hand_overs
    ));
    Ok(())
}

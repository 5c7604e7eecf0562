//! `cartwright user`: people who sign in to the console.

use cartwright_domain::ids::ShopId;
use cartwright_domain::user::{Purpose, Role, Standing, User, sign_in_name};
use cartwright_engine::Engine;
use serde_json::json;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::commands::content;
use crate::entropy::OsEntropy;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// What to do with people.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print a link by which somebody new chooses a name and a password; it works once
    Invite(InviteArgs),
    /// Print a link by which somebody chooses another password; it works once
    Password(OneArgs),
    /// List everybody who signs in, and what they are in which shop
    List(ListArgs),
    /// Send a code to an address of the shop's own people, or take it, so that test sends may go there
    TestAddress(content::AddressArgs),
    /// Forget somebody: they are signed out everywhere and have no role any more
    Remove(RemoveArgs),
}

/// Where a link leads.
#[derive(Debug, clap::Args)]
pub(crate) struct LinkArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// How people reach the service
    #[arg(long, env = "CARTWRIGHT_PUBLIC_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    public_url: String,
    #[command(flatten)]
    format: Format,
}

/// What somebody new is to be.
#[derive(Debug, clap::Args)]
pub(crate) struct InviteArgs {
    /// The shop, by id; without it they become an operator, who sees every shop
    #[arg(long, value_name = "ID", requires = "role")]
    shop: Option<ShopId>,
    /// What they are in the shop: viewer, editor, integrator or owner
    #[arg(long, value_name = "ROLE", requires = "shop", value_parser = role)]
    role: Option<Role>,
    #[command(flatten)]
    link: LinkArgs,
}

/// Whose password.
#[derive(Debug, clap::Args)]
pub(crate) struct OneArgs {
    /// What they sign in with
    name: String,
    #[command(flatten)]
    link: LinkArgs,
}

/// Which database.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    format: Format,
}

/// Whom to forget.
#[derive(Debug, clap::Args)]
pub(crate) struct RemoveArgs {
    /// What they sign in with
    name: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn role(text: &str) -> Result<Role, String> {
    let known = Role::ALL.map(Role::name).join(", ");
    Role::named(text).ok_or_else(|| format!("there are {known}"))
}

/// The address of a link.
pub(crate) fn link_url(public_url: &str, text: &str) -> String {
    format!("{}/console/welcome#{text}", public_url.trim_end_matches('/'))
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Invite(args) => invite(args).await,
        Command::Password(args) => password(args).await,
        Command::List(args) => list(args).await,
        Command::TestAddress(args) => content::test_address(args).await,
        Command::Remove(args) => remove(args).await,
    }
}

async fn open(database: &DatabaseArgs) -> Result<Engine, Failure> {
    let store = database.open().await?;
    wiring::engine(&RuntimeArgs::default(), store, Arc::new(SystemClock), Arc::new(OsEntropy))
}

async fn invite(args: InviteArgs) -> Result<(), Failure> {
    let engine = open(&args.link.database).await?;
    let purpose = match args.shop.zip(args.role) {
        None => Purpose::Operate,
        Some((shop, role)) if engine.store.shop(shop).await?.is_some() => Purpose::Join { shop, role },
        Some((shop, _)) => {
            return Err(Failure::bad_input(format!("there is no shop {shop}; `cartwright shop list` shows all")));
        }
    };
    say_link(&engine, purpose, &args.link).await
}

async fn password(args: OneArgs) -> Result<(), Failure> {
    let engine = open(&args.link.database).await?;
    let user = find(&engine, &args.name).await?;
    say_link(&engine, Purpose::NewPassword { user: user.id }, &args.link).await
}

async fn say_link(engine: &Engine, purpose: Purpose, args: &LinkArgs) -> Result<(), Failure> {
    let (link, text) = engine.make_link(purpose).await?;
    let url = link_url(&args.public_url, &text);
    if args.format.json {
        output::say_json(&json!({ "url": url, "expires_at": link.expires_at }));
    } else {
        output::say(url);
    }
    Ok(())
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let store = args.database.open().await?;
    let mut rows = Vec::new();
    let mut people = Vec::new();
    for user in store.users().await? {
        let roles = store.roles(user.id).await?;
        people.push(json!({
            "id": user.id, "name": user.name, "standing": user.standing.name(), "created_at": user.created_at,
            "roles": roles.iter().map(|(shop, role)| json!({ "shop": shop, "role": role.name() })).collect::<Vec<_>>(),
        }));
        if user.standing == Standing::Operator || roles.is_empty() {
            rows.push(vec![user.name.clone(), user.standing.name().to_owned(), String::new()]);
        }
        for (shop, role) in roles {
            rows.push(vec![user.name.clone(), role.name().to_owned(), shop.to_string()]);
        }
    }
    if args.format.json {
        output::say_json(&people);
    } else if rows.is_empty() {
        output::say("nobody signs in yet; `cartwright user invite` prints a link for the first");
    } else {
        output::say_table(&["NAME", "ROLE", "SHOP"], &rows);
    }
    Ok(())
}

async fn remove(args: RemoveArgs) -> Result<(), Failure> {
    let engine = open(&args.database).await?;
    let user = find(&engine, &args.name).await?;
    engine.store.remove_user(user.id).await?;
    Ok(())
}

async fn find(engine: &Engine, name: &str) -> Result<User, Failure> {
    let name = sign_in_name(name).map_err(Failure::bad_input)?;
    let user = engine.store.user_named(&name).await?;
    user.ok_or_else(|| Failure::bad_input(format!("nobody signs in as `{name}`; `cartwright user list` shows all")))
}

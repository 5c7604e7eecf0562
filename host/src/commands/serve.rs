//! `cartwright serve`: API, webhooks and workers.

use cartwright_api::ApiOptions;
use cartwright_domain::time::Span;
use cartwright_engine::ports::{Clock, Entropy, Role};
use cartwright_engine::{Engine, Node};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::clock::SteadyClock;
use crate::commands::user::link_url;
use crate::console::ConsoleArgs;
use crate::database_clock::DatabaseClock;
use crate::entropy::OsEntropy;
use crate::failure::Failure;
use crate::mark::MarkArgs;
use crate::oidc::OidcArgs;
use crate::output;
use crate::rehearsal::Previewer;
use crate::service;
use crate::wiring::{self, DatabaseArgs, RuntimeArgs};

/// How the service runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    runtime: RuntimeArgs,
    /// Address to listen on
    #[arg(long, env = "CARTWRIGHT_LISTEN", default_value = "127.0.0.1:8080", value_name = "IP:PORT")]
    listen: SocketAddr,
    /// How platforms and customers reach the service, such as `https://carts.example.com`
    #[arg(long, env = "CARTWRIGHT_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// A proxy before this service, which says in `X-Forwarded-For` who asks, such as `10.0.0.0/8`; several with commas
    #[arg(long, env = "CARTWRIGHT_TRUSTED_PROXY", value_name = "NETWORK", value_parser = network, value_delimiter = ',')]
    trusted_proxy: Vec<IpNet>,
    #[command(flatten)]
    mark: MarkArgs,
    #[command(flatten)]
    console: ConsoleArgs,
    #[command(flatten)]
    oidc: OidcArgs,
    /// What this node does: answer people and platforms (api), do what is due (worker), or both (all)
    #[arg(long, env = "CARTWRIGHT_ROLE", default_value = "all", value_parser = role)]
    role: Role,
    /// How long after the sudden end of a node others take its work over; the same on all nodes
    #[arg(long, env = "CARTWRIGHT_LEASE", default_value = "15s", value_parser = lease)]
    lease: Span,
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().map(IpNet::from).ok();
    text.parse().ok().or_else(one).ok_or_else(|| "write it like 10.0.0.0/8 or 10.0.0.2".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    Role::named(text).ok_or_else(|| "there are api, worker and all".to_owned())
}

/// Shorter ones end by themselves under load; longer ones leave work lying.
fn lease(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|error: cartwright_domain::time::TimeError| error.to_string())?;
    match (Span::seconds(1)..=Span::minutes(10)).contains(&span) {
        true => Ok(span),
        false => Err("a lease lasts from 1s to 10m".to_owned()),
    }
}

/// Runs the service until it is told to stop.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    if let Some(url) =
        args.public_url.as_deref().filter(|url| !url.starts_with("https://") && !url.starts_with("http://"))
    {
        return Err(Failure::bad_input(format!(
            "--public-url `{url}` is no address; write it like https://carts.example.com"
        )));
    }
    let oidc = args.oidc.provider()?;
    let keys = args.database.keys()?;
    if keys.is_none() {
        tracing::warn!(
            "no secret key was given: connections with secrets cannot be stored or used; `cartwright key new > FILE` makes one"
        );
    }
    let store = wiring::open(&args.database.database_url, keys.unwrap_or_default()).await?;
    let clock = Arc::new(DatabaseClock::new(Arc::new(SteadyClock::start())));
    clock.ask(&*store).await;
    let entropy = Arc::new(OsEntropy);
    let mark = args.mark.of(&args.database.database_url);
    let node = entropy.mint(clock.now()).next();
    let node = Node::new(node, args.role, env!("CARGO_PKG_VERSION"), args.lease, mark);
    let listener = service::listen(args.listen).await?;
    let address = service::local_url(&listener)?;
    let public_url = args.public_url.unwrap_or_else(|| address.clone());
    let runtime = wiring::runtime(&args.runtime, store.clone())?;
    let previews = Previewer::new(store.clone(), runtime.clone());
    let engine = wiring::engine_over(&args.runtime, runtime, store.clone(), clock.clone(), entropy);
    let mut engine = engine.with_node(node).with_public_url(&public_url);
    if let Some(oidc) = oidc {
        engine = engine.with_oidc(oidc);
    }
    tokio::spawn(async move { clock.keep_in_step(&*store).await });
    tracing::info!(%address, role = args.role.name(), "serving");
    let options = ApiOptions {
        previews: Some(Arc::new(previews)),
        console: args.console.files(),
        trusted_proxies: args.trusted_proxy,
        ..ApiOptions::new(public_url)
    };
    if args.role.answers() {
        greet(&engine, &options.public_url).await?;
    }
    let router = match args.role.answers() {
        true => cartwright_api::router(engine.clone(), options),
        false => cartwright_api::health_router(engine.clone(), options),
    };
    service::run(engine, router, listener).await
}

/// As long as nobody can sign in, each start prints a link for the first who does.
async fn greet(engine: &Engine, public_url: &str) -> Result<(), Failure> {
    if let Some(text) = engine.first_link().await? {
        output::say(format_args!("nobody can sign in yet; this link makes the first user, once, within three days:"));
        output::say(link_url(public_url, &text));
    }
    Ok(())
}

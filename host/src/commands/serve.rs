//! `cartwright serve`: API, webhooks and workers.

use cartwright_api::ApiOptions;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::entropy::OsEntropy;
use crate::failure::Failure;
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
    let keys = args.database.keys()?;
    if keys.is_none() {
        tracing::warn!(
            "no secret key was given: connections with secrets cannot be stored or used; `cartwright key new > FILE` makes one"
        );
    }
    let store = wiring::open(&args.database.database_url, keys.unwrap_or_default()).await?;
    let engine = wiring::engine(&args.runtime, store, Arc::new(SystemClock), Arc::new(OsEntropy))?;
    let listener = service::listen(args.listen).await?;
    let address = service::local_url(&listener)?;
    tracing::info!(%address, "serving");
    let public_url = args.public_url.unwrap_or(address);
    service::run(engine, ApiOptions::new(public_url), listener).await
}

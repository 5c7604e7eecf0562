//! `cartwright plugin install`: a component into a running service, with no more rights than somebody says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwright_domain::shop::Grants;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::output::{self, Format};
use crate::strategy_file::text_of;

use super::asks;
use super::remote::ServiceArgs;
use super::stage::Target;
use super::workbench::{ComponentArgs, bytes_of};

/// What is installed, and what it may do.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    component: ComponentArgs,
    /// Grant everything that it asks for
    #[arg(long, conflicts_with = "grants")]
    grant_asked: bool,
    /// Grant what this file says: {"facts": ["orders.count"], "hosts": [], "secrets": []}
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
    /// How far it goes: installed, shadow, canary:10 (percent) or active
    #[arg(long, default_value = "active")]
    stage: Target,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let service = args.service.open()?;
    let (_, record) = args.component.load().await?;
    let granted = grants(&args, record.descriptor.asks(&Value::Null))?;
    let tell = !args.format.json;
    let label = format!("{} {}", record.name, record.version);
    if tell {
        let asked = asks::told(&record.descriptor);
        if asked.is_empty() {
            output::say(format_args!("{label} asks for nothing"));
        }
        for line in &asked {
            output::say(format_args!("{label} asks: {line}"));
        }
    }
    let path = format!("/v1/plugins?{}", args.stage.query());
    let component = bytes_of(&args.component.file)?;
    let mut view = service.upload(&path, component, signature(&args.component.file)?).await?;
    if let Some(granted) = &granted {
        let digest = view["digest"].as_str().unwrap_or(&record.digest).to_owned();
        view = service.post(&format!("/v1/plugins/{digest}/grants"), &json!(granted)).await?;
    }
    if !tell {
        output::say_json(&view);
        return Ok(());
    }
    output::say(format_args!("{label} is {}", super::stage::told(&view)));
    let asks_something = record.descriptor.asks(&Value::Null) != Grants::default();
    match granted {
        Some(granted) if granted != Grants::default() => {
            let rights = [granted.facts.len(), granted.hosts.len(), granted.secrets.len()];
            let [facts, hosts, secrets] = rights;
            output::say(format_args!("granted: {facts} facts, {hosts} hosts, {secrets} secrets"));
        }
        _ if asks::are_of_connections(record.kind) => {
            output::say("its hosts and secrets are granted with each connection: PUT /v1/channels or /v1/sources");
        }
        None if asks_something => {
            output::say(
                "nothing was granted, and it may do none of this; grant it with --grant-asked or --grants FILE",
            );
        }
        _ => {}
    }
    Ok(())
}

/// What the person says it may do; none leaves it to a later yes.
fn grants(args: &Args, asked: Grants) -> Result<Option<Grants>, Failure> {
    if args.grant_asked {
        return Ok(Some(asked));
    }
    let Some(path) = &args.grants else { return Ok(None) };
    let granted = serde_json::from_str(&text_of(path)?);
    let why =
        |error| Failure::bad_input(format!("{}: {error}; write {{\"facts\": [\"orders.count\"]}}", path.display()));
    granted.map(Some).map_err(why)
}

/// The signature beside a component, as the service wants it.
fn signature(file: &Path) -> Result<Option<String>, Failure> {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    let path = PathBuf::from(name);
    if path.is_file() { Ok(Some(STANDARD.encode(text_of(&path)?))) } else { Ok(None) }
}

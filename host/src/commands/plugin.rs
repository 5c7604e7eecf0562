//! `cartwright plugin`: the very checks of the service, on the author's machine.

use cartwright_domain::plugin::PluginRecord;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::Plugins;
use cartwright_store::SecretKeys;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::output::{self, Format};
use crate::wiring::{self, RuntimeArgs};

/// What to do with plugins.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check a component as an upload would
    Check(FileArgs),
    /// Show what a component says of itself, and what it asks for
    Inspect(FileArgs),
}

/// Which component.
#[derive(Debug, clap::Args)]
pub(crate) struct FileArgs {
    /// The component, a .wasm file
    file: PathBuf,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(args) => {
            let record = checked(&args.file).await?;
            if args.format.json {
                output::say_json(&record);
            } else {
                let (name, version, kind) = (&record.name, &record.version, record.kind);
                output::say(format_args!("{} is sound: {kind} {name} {version}", args.file.display()));
            }
        }
        Command::Inspect(args) => {
            let record = checked(&args.file).await?;
            if args.format.json { output::say_json(&record) } else { describe(&record) }
        }
    }
    Ok(())
}

async fn checked(file: &Path) -> Result<PluginRecord, Failure> {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::bad_input(format!("{} cannot be read: {error}", file.display())))?;
    let store = wiring::open("sqlite::memory:", SecretKeys::none()).await?;
    let runtime = wiring::runtime(&RuntimeArgs::default(), store)?;
    // The moment of installation stands in the record, and a check installs nothing.
    let checked = runtime.check(bytes.into(), Timestamp::default()).await;
    checked.map_err(|rejection| Failure::bad_input(format!("{} is refused at {rejection}", file.display())))
}

fn describe(record: &PluginRecord) {
    let descriptor = &record.descriptor;
    output::say(format_args!("{} {}: {}", record.name, record.version, descriptor.title));
    output::say(format_args!("{}", descriptor.summary));
    let rows = [
        ("kind", record.kind.to_string()),
        ("built for", record.built_for.clone()),
        ("digest", record.digest.clone()),
        ("size", format!("{} bytes", record.size)),
        ("licence", record.licence.clone().unwrap_or_else(|| "not said".to_owned())),
        ("authors", record.authors.clone().unwrap_or_else(|| "not said".to_owned())),
    ];
    for (name, value) in rows {
        output::say(format_args!("  {name:<10} {value}"));
    }
    if !descriptor.branches.is_empty() {
        output::say(format_args!("  {:<10} {}", "branches", descriptor.branches.join(", ")));
    }
    if let Some(ability) = &descriptor.ability {
        output::say(format_args!("  {:<10} {}", "channel", ability.channel));
    }
    let facts = descriptor.facts.iter().map(|need| ("reads", need.fact.clone(), &need.why));
    let hosts = descriptor
        .hosts
        .iter()
        .map(|need| ("sends to", format!("{} {}{}", need.methods.join("/"), need.host, need.path_prefix), &need.why));
    let secrets = descriptor.secrets.iter().map(|need| ("uses", format!("secret {}", need.name), &need.why));
    let asked: Vec<_> = facts.chain(hosts).chain(secrets).collect();
    if asked.is_empty() {
        output::say("asks for nothing");
    }
    for (verb, what, why) in asked {
        output::say(format_args!("asks: {verb} {what} ({why})"));
    }
}

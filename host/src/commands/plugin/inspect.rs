//! `cartwright plugin inspect`: what a component says of itself, and what it asks for.

use cartwright_domain::plugin::PluginRecord;
use serde_json::Value;
use std::path::Path;

use crate::failure::Failure;
use crate::output::{self, Format};

use super::asks;
use super::life;
use super::remote::ServiceArgs;
use super::stage;
use super::workbench::Workbench;
use crate::wiring::CacheArgs;

/// Which component.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The component, a .wasm file; or the name or digest of a plugin of a running service
    what: String,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let file = Path::new(&args.what);
    if !file.exists() && file.extension().is_none_or(|end| end != "wasm") {
        return installed(&args).await;
    }
    let record = Workbench::new(&args.cache)?.load(file).await?;
    if args.format.json {
        output::say_json(&record)
    } else {
        describe(&record)
    }
    Ok(())
}

/// The version as a service has it: its stage, grants and limits as well.
async fn installed(args: &Args) -> Result<(), Failure> {
    let service = args.service.open()?;
    let digest = life::digest(&service, &args.what).await?;
    let view = service.get(&format!("/v1/plugins/{digest}")).await?;
    if args.format.json {
        output::say_json(&view);
        return Ok(());
    }
    let record: PluginRecord = serde_json::from_value(view.clone())
        .map_err(|error| Failure::failed(format!("the service tells of the plugin in another way: {error}")))?;
    describe(&record);
    output::say(format_args!("  {:<10} {}", "stage", stage::told(&view)));
    output::say(format_args!("  {:<10} {}", "granted", granted(&view["grants"])));
    Ok(())
}

/// The names of what was granted.
fn granted(grants: &Value) -> String {
    let names = |list: &Value, name: &dyn Fn(&Value) -> String| -> Vec<String> {
        list.as_array().into_iter().flatten().map(name).collect()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = names(&grants["facts"], &text);
    all.extend(names(&grants["hosts"], &|host| text(&host["host"])));
    all.extend(names(&grants["secrets"], &|secret| format!("secret {}", text(secret))));
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
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
    let asked = asks::told(descriptor);
    if asked.is_empty() {
        output::say("asks for nothing");
    }
    for line in asked {
        output::say(format_args!("asks: {line}"));
    }
}

//! Building guests: the plugins we ship in one go, and each example as its author would.

use serde_json::Value;
use std::path::{Path, PathBuf};

use crate::machine;
use crate::process::{ask, cargo, run as run_shown};

/// Where the shipped components lie.
pub(crate) const FOLDER: &str = "target/wasm32-wasip2/plugin";
/// Where the examples are built, apart from the workspace.
const EXAMPLES_TARGET: &str = "target/examples";

pub(crate) fn run() -> Result<(), String> {
    for (component, bytes) in build()? {
        println!("{:>9} bytes  {component}", bytes);
    }
    Ok(())
}

/// Builds all of them; each component with its size.
pub(crate) fn build() -> Result<Vec<(String, u64)>, String> {
    machine::wasm_target()?;
    let shipped = shipped()?;
    let mut command = cargo();
    command.args(["build", "--profile", "plugin", "--target", "wasm32-wasip2"]);
    for plugin in &shipped {
        command.args(["-p", &plugin.id]);
    }
    println!("building {} plugins for wasm32-wasip2", shipped.len());
    run_quietly(command)?;
    let mut built: Vec<PathBuf> = shipped.iter().map(|plugin| Path::new(FOLDER).join(&plugin.file)).collect();
    for example in examples() {
        run_shown(
            cargo()
                .args(["build", "--release", "--target", "wasm32-wasip2"])
                .current_dir(&example)
                .env("CARGO_TARGET_DIR", crate::root().join(EXAMPLES_TARGET)),
        )?;
    }
    built.extend(components(&Path::new(EXAMPLES_TARGET).join("wasm32-wasip2/release"))?);
    built
        .into_iter()
        .map(|file| match std::fs::metadata(&file) {
            Ok(found) => Ok((file.display().to_string(), found.len())),
            Err(error) => Err(format!("{} was not built: {error}", file.display())),
        })
        .collect()
}

struct Shipped {
    id: String,
    file: String,
}

/// Every package under `plugins/` that makes a component, asked from cargo so that there is no list to forget.
fn shipped() -> Result<Vec<Shipped>, String> {
    let text = ask(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let folder = crate::root().join("plugins");
    let texts =
        |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let target = package["targets"].as_array().into_iter().flatten().find(|target| {
            let kinds: Vec<String> = texts(&target["kind"]);
            kinds.iter().any(|kind| kind == "cdylib")
        });
        if let (true, Some(target), Some(id)) =
            (Path::new(manifest).starts_with(&folder), target, package["id"].as_str())
        {
            let name = target["name"].as_str().unwrap_or_default().replace('-', "_");
            found.push(Shipped { id: id.to_owned(), file: format!("{name}.wasm") });
        }
    }
    if found.is_empty() { Err("there is no plugin under plugins/".to_owned()) } else { Ok(found) }
}

/// The example plugins in Rust, which stand outside the workspace as an integrator's would.
fn examples() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("examples")
        .map(|entries| {
            entries.flatten().map(|entry| entry.path()).filter(|path| path.join("Cargo.toml").is_file()).collect()
        })
        .unwrap_or_default();
    found.sort();
    found
}

fn components(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("the examples built nothing in {}: {error}", folder.display()))?;
    Ok(entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "wasm"))
        .collect())
}

/// The package ids are long and say nothing to a reader.
fn run_quietly(mut command: std::process::Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("building the plugins ended with {status}")),
        Err(error) => Err(format!("cargo cannot be run: {error}")),
    }
}

//! `cartwright plugin pack`: a component with its name, version and licence inside, from what a toolchain built.

mod manifest;
mod sections;

use cartwright_domain::shop::PluginRef;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

use crate::failure::Failure;
use crate::output;

use super::workbench::bytes_of;
use manifest::Manifest;

/// What is packed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the toolchain built: a component, or a core module with its component type inside (as wit-bindgen leaves it)
    file: PathBuf,
    /// Where name, version, licence, description, authors and source stand: a package.json, pyproject.toml or Cargo.toml
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Name of the plugin; in place of that of the file
    #[arg(long)]
    name: Option<String>,
    /// Its version, such as 1.0.0
    #[arg(long)]
    version: Option<String>,
    /// Its licence, as an SPDX expression
    #[arg(long)]
    licence: Option<String>,
    /// One sentence on what it does
    #[arg(long)]
    description: Option<String>,
    /// Who wrote it
    #[arg(long)]
    authors: Option<String>,
    /// Where its source is, a URL
    #[arg(long)]
    source: Option<String>,
    /// An adapter for what a core module imports; its name begins that of the file. That for `wasi_snapshot_preview1`
    /// is built in
    #[arg(long, value_name = "FILE")]
    adapt: Vec<PathBuf>,
    /// Where the component goes [default: NAME.wasm]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let read = args.from.as_deref().map(manifest::read).transpose()?.unwrap_or_default();
    let said = Manifest {
        name: args.name.clone(),
        version: args.version.clone(),
        licence: args.licence.clone(),
        description: args.description.clone(),
        authors: args.authors.clone(),
        source: args.source.clone(),
    };
    let bytes = bytes_of(&args.file)?;
    let component = component(&args.file, &bytes, &args.adapt)?;
    let own = sections::read(&component);
    let manifest = said.or(read).or(own);
    let (name, version) = identity(&manifest)?;
    let packed = sections::write(&component, &manifest)
        .map_err(|why| Failure::failed(format!("{}: {why}", args.file.display())))?;
    let target = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.wasm")));
    std::fs::write(&target, &packed)
        .map_err(|error| Failure::bad_input(format!("{} cannot be written: {error}", target.display())))?;
    let (target, size) = (target.display(), packed.len());
    output::say(format_args!("{target}: {name} {version}, {size} bytes"));
    output::say(format_args!("check it with `cartwright plugin check {target}`"));
    Ok(())
}

/// A component as it is, or one made of a core module.
fn component(file: &Path, bytes: &[u8], adapters: &[PathBuf]) -> Result<Vec<u8>, Failure> {
    match bytes {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] if adapters.is_empty() => Ok(bytes.to_vec()),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Err(Failure::bad_input(format!(
            "{} is a component already, and adapters are for core modules; leave out --adapt",
            file.display()
        ))),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] if !sections::say_their_types(bytes) => Err(Failure::failed(format!(
            "{} is a core module that does not say which world it is for; link the bindings that wit-bindgen makes for \
             a world of wit/, with their object file",
            file.display()
        ))),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => encode(bytes, adapters)
            .map_err(|why| Failure::failed(format!("{} makes no component: {why}", file.display()))),
        _ => Err(Failure::bad_input(format!(
            "{} is no WebAssembly; name the .wasm file that the toolchain built",
            file.display()
        ))),
    }
}

fn encode(module: &[u8], files: &[PathBuf]) -> Result<Vec<u8>, String> {
    let told = |error: &dyn std::fmt::Display| format!("{error:#}");
    let mut adapters = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let stem = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        adapters.push((stem.split('.').next().unwrap_or_default().to_owned(), Cow::from(bytes)));
    }
    // Go and libc speak the WASI before components; a module that does not leaves it out.
    if adapters.iter().all(|(name, _)| name != WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME) {
        let bytes = Cow::from(WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
        adapters.push((WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME.to_owned(), bytes));
    }
    // The adapter asks for memory before the language's own run-time is up.
    let encoder = ComponentEncoder::default().validate(true).realloc_via_memory_grow(true);
    let mut encoder = encoder.module(module).map_err(|error| told(&error))?;
    for (name, bytes) in &adapters {
        encoder = encoder.adapter(name, bytes).map_err(|error| told(&error))?;
    }
    encoder.encode().map_err(|error| told(&error))
}

/// Name and version, which every plugin must have.
fn identity(manifest: &Manifest) -> Result<(&str, &str), Failure> {
    let missing = |field: &str| {
        Failure::bad_input(format!("there is no {field}; say it with --{field}, or name the file with it by --from"))
    };
    let name = manifest.name.as_deref().ok_or_else(|| missing("name"))?;
    let version = manifest.version.as_deref().ok_or_else(|| missing("version"))?;
    match PluginRef::try_from(name.to_owned()) {
        Ok(PluginRef { major: None, .. }) => {}
        Ok(_) => return Err(Failure::bad_input(format!("the name `{name}` must have no @; say another with --name"))),
        Err(why) => return Err(Failure::bad_input(format!("{why}; say another with --name"))),
    }
    if !is_version(version) {
        let why = format!("the version `{version}` is not of the form 1.2.3; say it with --version");
        return Err(Failure::bad_input(why));
    }
    Ok((name, version))
}

fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u64>().is_ok())
}

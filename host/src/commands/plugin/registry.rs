//! `cartwright plugin push` and `pull`: components in an OCI registry, for those who have one. Nobody needs it: a file
//! is a package too.

use cartwright_engine::ports::Clock;
use cartwright_plugins::Limits;
use cartwright_plugins::registry::{self, Login, Package, Reference, RegistryError};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use zeroize::Zeroizing;

use super::sign::{beside, bytes_of, write};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::strategy_file::text_of;

/// Who asks.
#[derive(Debug, clap::Args)]
pub(crate) struct LoginArgs {
    /// User of the registry; the password is taken from CARTWRIGHT_REGISTRY_PASSWORD
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

/// What goes where.
#[derive(Debug, clap::Args)]
pub(crate) struct PushArgs {
    /// The component; FILE.minisig goes with it if it is there
    file: PathBuf,
    /// Such as registry.example.com/shop/plugin:1.2.0
    to: String,
    #[command(flatten)]
    login: LoginArgs,
    #[command(flatten)]
    format: Format,
}

/// What comes from where.
#[derive(Debug, clap::Args)]
pub(crate) struct PullArgs {
    /// Such as registry.example.com/shop/plugin:1.2.0, or with @sha256:… for exactly this one
    from: String,
    /// Where the component goes; its signature goes to FILE.minisig
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    login: LoginArgs,
    #[command(flatten)]
    format: Format,
}

/// Stores a component with its signature.
pub(crate) async fn push(args: PushArgs) -> Result<(), Failure> {
    let to: Reference = args.to.parse().map_err(failed)?;
    let component = bytes_of(&args.file)?;
    let signature_file = beside(&args.file);
    let signature = if signature_file.exists() { Some(text_of(&signature_file)?) } else { None };
    let title = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let annotations = BTreeMap::from([("org.opencontainers.image.title".to_owned(), title)]);
    let is_signed = signature.is_some();
    let package = Package { component: component.into(), signature, annotations };
    let digest = registry::push(&to, args.login.login()?, package, SystemClock.now()).await.map_err(failed)?;
    let pinned = to.at(&digest).to_string();
    if args.format.json {
        output::say_json(&json!({ "reference": to.to_string(), "pinned": pinned, "signed": is_signed }));
    } else {
        let how = if is_signed { "with its signature" } else { "unsigned" };
        output::say(format_args!("{to} is there, {how}; exactly this one is {pinned}"));
    }
    Ok(())
}

/// Brings a component with its signature.
pub(crate) async fn pull(args: PullArgs) -> Result<(), Failure> {
    let from: Reference = args.from.parse().map_err(failed)?;
    let limit = Limits::default().component_bytes;
    let package = registry::pull(&from, args.login.login()?, limit).await.map_err(failed)?;
    write(&args.output, &package.component, 0o644)?;
    if let Some(signature) = &package.signature {
        write(&beside(&args.output), signature, 0o644)?;
    }
    let (file, signed) = (args.output.display(), package.signature.is_some());
    if args.format.json {
        output::say_json(&json!({ "file": args.output, "signed": signed, "annotations": package.annotations }));
    } else {
        let how = if signed { "with its signature beside it" } else { "unsigned" };
        output::say(format_args!(
            "{file}: {} bytes, {how}; see what it asks for: cartwright plugin inspect {file}",
            package.component.len()
        ));
    }
    Ok(())
}

impl LoginArgs {
    fn login(&self) -> Result<Option<Login>, Failure> {
        let Some(user) = self.user.clone() else { return Ok(None) };
        let password = password_of_environment()
            .ok_or_else(|| Failure::bad_input(format!("{user} needs a password: set CARTWRIGHT_REGISTRY_PASSWORD")))?;
        Ok(Some(Login { user, password }))
    }
}

/// A password on the command line could be read by everybody on the machine, so there is no option for it.
#[expect(clippy::disallowed_methods, reason = "configuration is read here and handed on")]
fn password_of_environment() -> Option<Zeroizing<String>> {
    std::env::var("CARTWRIGHT_REGISTRY_PASSWORD").ok().filter(|text| !text.is_empty()).map(Zeroizing::new)
}

fn failed(error: RegistryError) -> Failure {
    match error {
        RegistryError::Reference(_) | RegistryError::Login { .. } => Failure::bad_input(error),
        other => Failure::failed(other),
    }
}

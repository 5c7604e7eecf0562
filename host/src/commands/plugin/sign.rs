//! `cartwright plugin keygen`, `sign` and `verify`: signatures that a shop can ask for. The files are minisign's.

use cartwright_domain::time::Timestamp;
use cartwright_domain::trust::{TrustMode, TrustPolicy, TrustedKey, key_id};
use cartwright_engine::ports::Clock;
use cartwright_plugins::signing::{self, SigningError};
use serde_json::json;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

use crate::clock::SystemClock;
use crate::entropy::random;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::strategy_file::text_of;

/// Which key pair.
#[derive(Debug, clap::Args)]
pub(crate) struct KeygenArgs {
    /// Where it goes: NAME.key stays with you, NAME.pub goes to those who trust you
    name: PathBuf,
    /// Protect the key by nothing: whoever has the file can sign. For machines
    #[arg(long)]
    no_password: bool,
    #[command(flatten)]
    format: Format,
}

/// What to sign.
#[derive(Debug, clap::Args)]
pub(crate) struct SignArgs {
    /// The component; the signature goes to FILE.minisig
    file: PathBuf,
    /// The secret key, as `cartwright plugin keygen` or minisign made it; its password is asked for, or taken from
    /// CARTWRIGHT_SIGNING_PASSWORD
    #[arg(long, value_name = "NAME.key")]
    key: PathBuf,
    /// What to say about the file; signed with it, and shown to whoever installs it [default: time and file name]
    #[arg(long)]
    comment: Option<String>,
    #[command(flatten)]
    format: Format,
}

/// What to verify.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// The component
    file: PathBuf,
    /// The public key: a .pub file, or its second line
    #[arg(long, value_name = "NAME.pub")]
    key: String,
    /// The signature [default: FILE.minisig]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

/// Makes a key pair.
pub(crate) fn keygen(args: &KeygenArgs) -> Result<(), Failure> {
    let (secret_file, public_file) = (args.name.with_extension("key"), args.name.with_extension("pub"));
    // A key that is overwritten is lost, and with it every shop's trust in it.
    if let Some(there) = [&secret_file, &public_file].into_iter().find(|file| file.exists()) {
        return Err(Failure::bad_input(format!("{} is there already; choose another name", there.display())));
    }
    let password = if args.no_password { None } else { Some(new_password()?) };
    let files = signing::generate(&random()?, &random()?, password.as_ref().map(|text| text.as_str()))
        .map_err(Failure::failed)?;
    write(&secret_file, &files.secret, 0o600)?;
    write(&public_file, &files.public, 0o644)?;
    let id = key_id(&files.public_key).unwrap_or_default();
    if args.format.json {
        output::say_json(&json!({
            "key_id": id, "public_key": files.public_key, "secret_file": secret_file, "public_file": public_file,
        }));
    } else {
        output::say(format_args!("{}: keep it, and a copy of it, to yourself", secret_file.display()));
        output::say(format_args!("{}: give it to those who are to trust you (key {id})", public_file.display()));
        output::say(format_args!("a shop names it in its trust: {}", files.public_key));
    }
    Ok(())
}

/// Signs a component.
pub(crate) fn sign(args: &SignArgs) -> Result<(), Failure> {
    let component = bytes_of(&args.file)?;
    let secret = Zeroizing::new(text_of(&args.key)?);
    let comment = args.comment.clone().unwrap_or_else(|| usual_comment(&args.file, SystemClock.now()));
    let named = |why: SigningError| Failure::bad_input(format!("{}: {why}", args.key.display()));
    let password = match signing::needs_password(&secret).map_err(named)? {
        true => Some(known_password("Password of the key: ")?),
        false => None,
    };
    let signature = signing::sign(&component, &secret, password.as_ref().map(|text| text.as_str()), &comment);
    let file = beside(&args.file);
    write(&file, &signature.map_err(named)?, 0o644)?;
    if args.format.json {
        output::say_json(&json!({ "signature_file": file, "comment": comment }));
    } else {
        output::say(format_args!("{}: {comment}", file.display()));
        output::say(format_args!(
            "upload it with the component: -H \"Cartwright-Signature: $(base64 -w0 {})\"",
            file.display()
        ));
    }
    Ok(())
}

/// Says whether a signature is good.
pub(crate) fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let component = bytes_of(&args.file)?;
    let signature = text_of(&args.signature.clone().unwrap_or_else(|| beside(&args.file)))?;
    let key = match Path::new(&args.key).exists() {
        true => text_of(Path::new(&args.key))?.lines().nth(1).unwrap_or_default().trim().to_owned(),
        false => args.key.clone(),
    };
    let policy = TrustPolicy { mode: TrustMode::Require, keys: vec![TrustedKey { name: args.key.clone(), key }] };
    if let Some(fault) = policy.faults().first() {
        return Err(Failure::bad_input(format!("{}: {}", args.key, fault.message)));
    }
    let file = args.file.display();
    let signed = policy.judge(&component, Some(&signature));
    let signed = signed.map_err(|why| Failure::bad_input(format!("{file} is not signed with this key: {why}")))?;
    if args.format.json {
        output::say_json(&json!({ "key_id": signed.key_id, "comment": signed.comment }));
    } else {
        output::say(format_args!("{file} is signed with the key {}: {}", signed.key_id, signed.comment));
    }
    Ok(())
}

/// `FILE.minisig`.
pub(crate) fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

pub(crate) fn bytes_of(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::bad_input(format!("{} cannot be read: {error}", file.display())))
}

pub(crate) fn write(file: &Path, text: impl AsRef<[u8]>, mode: u32) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    options
        .open(file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_ref()))
        .map_err(|error| Failure::bad_input(format!("{} cannot be written: {error}", file.display())))
}

/// As minisign writes it, but with a time that people can read too.
fn usual_comment(file: &Path, now: Timestamp) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy().replace(char::is_control, "?");
    format!("{now} {name}")
}

fn new_password() -> Result<Zeroizing<String>, Failure> {
    if let Some(password) = password_of_environment() {
        return Ok(password);
    }
    let first = prompt("A password for the key: ")?;
    if first.is_empty() {
        return Err(Failure::bad_input("an empty password protects nothing; say so with --no-password"));
    }
    if *first != *prompt("Once more: ")? {
        return Err(Failure::bad_input("these were two different passwords; begin again"));
    }
    Ok(first)
}

fn known_password(words: &str) -> Result<Zeroizing<String>, Failure> {
    password_of_environment().map_or_else(|| prompt(words), Ok)
}

fn prompt(words: &str) -> Result<Zeroizing<String>, Failure> {
    rpassword::prompt_password(words).map(Zeroizing::new).map_err(|error| {
        Failure::bad_input(format!("no password can be asked for here ({error}); set CARTWRIGHT_SIGNING_PASSWORD"))
    })
}

/// A password on the command line could be read by everybody on the machine, so there is no option for it.
#[expect(clippy::disallowed_methods, reason = "configuration is read here and handed on")]
fn password_of_environment() -> Option<Zeroizing<String>> {
    std::env::var("CARTWRIGHT_SIGNING_PASSWORD").ok().filter(|text| !text.is_empty()).map(Zeroizing::new)
}

//! What the machine must have, and how it gets it: from rustup, Debian and npm, nothing else.

use std::path::Path;
use std::process::Command;

use crate::process::{ask, find, run};

/// The target that plugins are built for.
pub(crate) fn wasm_target() -> Result<(), String> {
    let have = |list: &str| list.lines().any(|line| line == "wasm32-wasip2");
    match ask(Command::new("rustup").args(["target", "list", "--installed"])) {
        Ok(list) if have(&list) => Ok(()),
        Ok(_) => run(Command::new("rustup").args(["target", "add", "wasm32-wasip2"])),
        // Without rustup the toolchain may still bring the target along; the build will tell.
        Err(_) => Ok(()),
    }
}

/// A program that Debian has in a package; the reason, with the line to type, if it cannot be had.
pub(crate) fn debian(is_there: impl Fn() -> bool, package: &str) -> Result<(), String> {
    if is_there() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install -y --no-install-recommends {package}");
    let by_hand = || format!("{package} is missing; as root: {line}");
    if find("apt-get").is_none() {
        return Err(format!("{package} is missing, and there is no apt-get here to install it with"));
    }
    let mut apt: Vec<&str> = match (is_root(), find("sudo")) {
        (true, _) => vec![],
        (false, Some(_)) if ask(Command::new("sudo").args(["-n", "true"])).is_ok() => vec!["sudo", "-n"],
        _ => return Err(by_hand()),
    };
    apt.extend(["sh", "-c", &line]);
    run(Command::new(apt[0]).args(&apt[1..]).env("DEBIAN_FRONTEND", "noninteractive"))?;
    if is_there() { Ok(()) } else { Err(by_hand()) }
}

/// The npm packages of a folder, installed again whenever their lock file changed.
pub(crate) fn npm_packages(folder: &str) -> Result<(), String> {
    let lock = std::fs::read_to_string(Path::new(folder).join("package-lock.json"))
        .map_err(|error| format!("{folder}/package-lock.json cannot be read: {error}"))?;
    let stamp = Path::new(folder).join("node_modules/.installed-lock");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    debian(|| find("npm").is_some(), "npm")?;
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    std::fs::write(&stamp, lock).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))
}

/// What a clean clone fills while everything is checked, in GB, measured with `du`.
const NEEDED: u64 = 9;

/// A full disk makes tests fail that have nothing to do with it, so the log begins and ends with what is free.
pub(crate) fn say_what_is_free() {
    let told = ask(Command::new("df").args(["-Pk", "."])).unwrap_or_default();
    let kilobytes = told.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    match kilobytes.map(|free| free >> 20) {
        Some(free) => println!("{free} GB are free on this disk; a clean clone takes about {NEEDED}"),
        None => println!("df does not say what is free on this disk"),
    }
}

pub(crate) fn is_root() -> bool {
    ask(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

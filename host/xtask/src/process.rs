//! Running other programs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The cargo that runs us, as somebody would type it: what cargo says of this package to its own programs would make
/// build scripts run again (ring's for one), and everything above them with it.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    // What would make a second build quicker is as large as the build itself, and there it is built once.
    if in_ci() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Whether a machine runs us that checks one commit and is thrown away.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// Runs it, shown to the user.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    println!("$ {}", spelled(command));
    let status = command.status().map_err(|error| format!("{} cannot be run: {error}", spelled(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", spelled(command))) }
}

/// Runs it unseen; its standard output, or its standard error as the reason.
pub(crate) fn ask(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", spelled(command)))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let reason = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} ended with {}\n{}", spelled(command), output.status, reason.trim()))
    }
}

/// Runs it, shown to the user, handing every line of its standard output to `see` as well.
pub(crate) fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<(), String> {
    println!("$ {}", spelled(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} cannot be run: {error}", spelled(command)))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            println!("{line}");
            see(&line);
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", spelled(command))) }
}

/// Where a program is, if it is on the path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn spelled(command: &Command) -> String {
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .map(Into::into)
        .collect();
    let program = words[0].rsplit('/').next().unwrap_or_default().to_owned();
    std::iter::once(program).chain(words.into_iter().skip(1)).collect::<Vec<_>>().join(" ")
}

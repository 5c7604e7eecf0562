//! The program as a process, and what tests need to look at it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program, with nothing of whoever runs the tests: no key and no service of theirs.
pub(crate) fn cartwright(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
    command.args(arguments);
    for name in ["CARTWRIGHT_SECRET_KEY", "CARTWRIGHT_URL", "CARTWRIGHT_KEY"] {
        command.env_remove(name);
    }
    command
}

/// What it prints where all is well.
#[track_caller]
pub(crate) fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is said of bad input: exit code 2, nothing on standard output.
#[track_caller]
pub(crate) fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{command:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A folder of this test's own, empty.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

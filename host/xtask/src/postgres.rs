//! One private PostgreSQL in a temporary folder, reachable over a unix socket only, gone when we are.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::machine::{debian, is_root};
use crate::process::{ask, find};

/// A server that ends with this value, and with this process however it dies.
pub(crate) struct Postgres {
    folder: PathBuf,
    guard: Child,
}

/// Waits until its standard input closes, which even `kill -9` of the parent does; then stops the server, waits for
/// its end and removes the folder.
const GUARD: &str = r#"
trap "" INT TERM HUP
cat > /dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null)
if [ -n "$pid" ]; then
    kill -INT "$pid" 2> /dev/null
    tries=0
    while kill -0 "$pid" 2> /dev/null && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
    kill -QUIT "$pid" 2> /dev/null
fi
rm -rf "$1"
"#;

impl Postgres {
    /// Starts one, installing Debian's package where there is none. What a crash of the machine would lose is
    /// thrown away anyway, hence no fsync.
    pub(crate) fn start() -> Result<Self, String> {
        Self::start_with("-F")
    }

    /// The same with durable commits: what a bench measures.
    pub(crate) fn start_durable() -> Result<Self, String> {
        Self::start_with("-c fsync=on")
    }

    fn start_with(durability: &str) -> Result<Self, String> {
        debian(|| programs().is_some(), "postgresql")?;
        let programs = programs().ok_or("initdb is missing")?;
        let folder = std::env::temp_dir().join(format!("cartwright-postgres-{}", std::process::id()));
        let text = folder.to_string_lossy().into_owned();
        // PostgreSQL refuses to run as root.
        let user =
            is_root().then(|| if ask(Command::new("id").arg("postgres")).is_ok() { "postgres" } else { "nobody" });
        let by_owner = |program: &Path| match user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        ask(by_owner(Path::new("mkdir")).args(["-m", "755", &text]))?;
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard", &text])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("sh cannot be run: {error}"))?;
        let server = Self { folder, guard };
        let data = format!("{text}/data");
        let options = "--no-sync -A trust -U postgres -E UTF8 --locale=C.UTF-8";
        ask(by_owner(&programs.join("initdb")).args(options.split(' ')).args(["-D", &data]).current_dir("/"))?;
        let settings = format!("{durability} -k {text} -c listen_addresses= -c max_connections=300 -c autovacuum=off");
        let log = format!("{text}/log");
        // The log goes to a file, never to a pipe of ours that the server would keep open.
        let started = by_owner(&programs.join("pg_ctl"))
            .args(["start", "-s", "-w", "-t", "60", "-D", &data, "-l", &log, "-o", &settings])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("pg_ctl cannot be run: {error}"))?;
        if started.success() {
            Ok(server)
        } else {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            Err(format!("PostgreSQL did not start:\n{log}"))
        }
    }

    /// The address for `CARTWRIGHT_TEST_POSTGRES`.
    pub(crate) fn url(&self) -> String {
        format!("postgres:///postgres?host={}&user=postgres", self.folder.display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        if let Err(error) = self.guard.wait() {
            eprintln!("{} may be left behind: {error}", self.folder.display());
        }
    }
}

/// The folder with `initdb` and `pg_ctl`; Debian keeps them off the path, a folder for each version.
fn programs() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file();
    let on_path = find("initdb").and_then(|file| Some(file.canonicalize().ok()?.parent()?.to_owned()));
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort();
    on_path.into_iter().chain(debian.into_iter().rev()).find(complete)
}

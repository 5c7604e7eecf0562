//! `cartwright serve` as processes of their own.

#![allow(clippy::print_stdout, reason = "what the nodes of a failed test said is told")]

use cartwright_store::SecretKeys;
use cartwright_testkit::present;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// How long after the end of a node others take its work over.
const LEASE: &str = "3s";

/// What the nodes of one test share: a folder, keys, and whom they may speak to.
pub struct Place {
    folder: TempDir,
    provider: String,
}

impl Place {
    /// Nodes that may speak to one host of this machine, `127.0.0.1:PORT`.
    pub fn beside(provider: String) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("secret.key"), SecretKeys::line(&[42; 32]).as_bytes()).unwrap();
        Self { folder, provider }
    }

    /// Where they keep what is theirs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a node, or starts it again: it has its mark from before.
    pub fn start(&self, number: usize, url: &str) -> Node {
        let state = self.folder.path().join(format!("node-{number}"));
        let mut child = Command::new(binary())
            .args(["serve", "--listen", "127.0.0.1:0", "--lease", LEASE, "--database-url", url])
            .args(["--allow-private-host", &self.provider])
            .arg("--state-dir")
            .arg(&state)
            .arg("--secret-key-file")
            .arg(self.folder.path().join("secret.key"))
            .env("CARTWRIGHT_PLUGINS_CACHE", present::workspace().join("target/tests-plugins-cache"))
            .env("RUST_LOG", "info,sqlx=error")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut log = std::fs::File::options().create(true).append(true).open(state.with_extension("log")).unwrap();
        let mut line = String::new();
        let base = loop {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "the node ended; see {}", state.display());
            log.write_all(line.as_bytes()).unwrap();
            if let Some((_, rest)) = line.split_once("address=") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        // Whoever does not read what a process says stops it in the end.
        std::thread::spawn(move || std::io::copy(&mut said, &mut log));
        Node { child, base, database: url.to_owned() }
    }

    /// What the command line prints.
    pub fn ask(&self, words: &[&str]) -> String {
        let output = Command::new(binary()).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What the doctor says of the node's database, whether it is well or not.
    pub fn doctor(&self, node: &Node, words: &[&str]) -> String {
        let mut doctor = Command::new(binary());
        doctor.args(["doctor", "--database-url", node.database(), "--allow-private-host", &self.provider]);
        doctor.arg("--secret-key-file").arg(self.folder.path().join("secret.key")).args(words);
        String::from_utf8(doctor.output().unwrap().stdout).unwrap()
    }
}

impl Drop for Place {
    /// What the nodes said is all that is left of a test that failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for file in std::fs::read_dir(self.folder.path()).unwrap().flatten() {
                let path = file.path();
                if path.extension().is_some_and(|ending| ending == "log") {
                    println!("== {}\n{}", path.display(), std::fs::read_to_string(&path).unwrap_or_default());
                }
            }
        }
    }
}

/// A node; it is killed when this is dropped.
pub struct Node {
    child: Child,
    /// `http://127.0.0.1:port`.
    pub base: String,
    database: String,
}

impl Node {
    /// The address of its database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Bytes of memory that it holds (RSS).
    pub fn memory(&self) -> u64 {
        let told = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let held = told.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        held.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// CPU time that it has used.
    pub fn cpu(&self) -> Duration {
        cpu_of(self.child.id())
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(&mut self) -> Option<i32> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time that a process has used, in all its threads.
///
/// # Panics
/// If there is no such process.
pub fn cpu_of(process: u32) -> Duration {
    let told = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Behind the name, which may hold anything; `utime` and `stime` in ticks of 10 ms.
    let fields: Vec<&str> = told.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |place: usize| fields[place].parse::<u64>().unwrap();
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// The binary of this build: beside the folder with the tests.
fn binary() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let binary = own.parent().and_then(Path::parent).unwrap().join("cartwright");
    assert!(binary.is_file(), "{} is not there; run `cargo build -p cartwright` first", binary.display());
    binary
}

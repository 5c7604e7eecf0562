//! Programs of others that the tests hold Cartwright against, run by node: `tests/npm`.

use cartwright_testkit::present;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A program that runs until this is dropped.
pub struct Program {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts one, if the npm packages are there.
    pub fn start(script: &str, arguments: &[&str]) -> Option<Self> {
        present::npm_packages()?;
        let mut child = command(script, arguments).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, output })
    }

    /// Its next line of output; waits for it.
    ///
    /// # Panics
    /// If it has ended.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the program ended");
        line.trim_end().to_owned()
    }

    /// What follows `mark` in the first line that holds it.
    pub fn line_after(&mut self, mark: &str) -> String {
        loop {
            if let Some((_, rest)) = self.line().split_once(mark) {
                return rest.to_owned();
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a script that reads one JSON document and writes one, if the npm packages are there.
pub fn ask(script: &str, input: &Value) -> Option<Value> {
    present::npm_packages()?;
    let mut child = command(script, &[]).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{script} failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Validates requests against a published OpenAPI document; with its address.
pub fn validator(document: &Path) -> Option<(Program, String)> {
    let document = document.canonicalize().unwrap();
    let words = ["mock", "--errors", "--host", "127.0.0.1", "--port", "0", document.to_str().unwrap()];
    let mut program = Program::start("node_modules/@stoplight/prism-cli/dist/index.js", &words)?;
    let address = program.line_after("listening on ");
    Some((program, address.trim().to_owned()))
}

fn command(script: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command
        .arg(script)
        .args(arguments)
        .current_dir(present::workspace().join("tests/npm"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

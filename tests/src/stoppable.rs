//! A service in a process of its own, to be killed and started again.

use cartwright_domain::time::{Span, Timestamp};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SIGABRT: i32 = 6;

/// The process; it is killed when this is dropped.
pub struct Stoppable {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// `http://127.0.0.1:port`.
    pub base: String,
}

impl Stoppable {
    /// Starts one on a database at a moment; it dies at the failpoint, if one is named. `program` is the binary
    /// `stoppable` of this package.
    pub fn start(program: &str, database: &str, now: Timestamp, failpoint: Option<&str>) -> Self {
        let mut child = Command::new(program)
            .args([database, &now.to_string()])
            .args(failpoint)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut base = String::new();
        answers.read_line(&mut base).unwrap();
        Self { child, orders, answers, base: base.trim_end().to_owned() }
    }

    /// Lets time pass in it. Returns whether it lived through that.
    pub fn skip(&mut self, span: Span) -> bool {
        let mut answer = String::new();
        writeln!(self.orders, "skip {span}").is_ok() && self.answers.read_line(&mut answer).is_ok_and(|count| count > 0)
    }

    /// Waits for its end; whether it died at its failpoint.
    pub fn aborted(&mut self) -> bool {
        self.child.wait().unwrap().signal() == Some(SIGABRT)
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Stoppable {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

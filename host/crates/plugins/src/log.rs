//! What a guest says: its own log lines, and what its language writes to standard output and error.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use cartwright_engine::ports::Secret;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError};

use crate::egress::echo::masked_line;
use crate::limits::Limits;

/// The log of one call, shared by all that write to it.
#[derive(Debug, Clone)]
pub(crate) struct Log(Arc<Mutex<Lines>>);

#[derive(Debug)]
struct Lines {
    /// What no line may show.
    secrets: Arc<BTreeMap<String, Secret>>,
    complete: Vec<String>,
    begun: Vec<u8>,
    dropped: usize,
    lines: usize,
    line_bytes: usize,
}

impl Log {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Mutex::new(Lines {
            secrets: Arc::default(),
            complete: Vec::new(),
            begun: Vec::new(),
            dropped: 0,
            lines: limits.log_lines,
            line_bytes: limits.log_line_bytes,
        })))
    }

    /// Masks these in every line from now on.
    pub(crate) fn hide(&self, secrets: &Arc<BTreeMap<String, Secret>>) {
        self.lock().secrets = secrets.clone();
    }

    /// One line, whatever line breaks are in it.
    pub(crate) fn line(&self, text: &str) {
        let mut lines = self.lock();
        lines.end_line();
        lines.push(text.as_bytes());
        lines.end_line();
    }

    fn bytes(&self, bytes: &[u8]) {
        let mut lines = self.lock();
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            lines.push(part);
            if parts.peek().is_some() {
                lines.end_line();
            }
        }
    }

    /// All lines since the last time, with a word on those that were dropped.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut lines = self.lock();
        lines.end_line();
        let mut taken = std::mem::take(&mut lines.complete);
        let dropped = std::mem::take(&mut lines.dropped);
        if dropped > 0 {
            taken.push(format!("({dropped} more lines dropped; the limit is {} a call)", lines.lines));
        }
        taken
    }

    /// What was written last, if anything was since the last [`Log::take`]. A panic message of Rust has its hint on
    /// backtraces left out.
    pub(crate) fn last_words(&self) -> Option<String> {
        let mut lines = self.lock();
        lines.end_line();
        let from = lines.complete.len().saturating_sub(4);
        let words: Vec<&str> = lines.complete[from..]
            .iter()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty() && !line.starts_with("note: run with `RUST_BACKTRACE"))
            .collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Keeps more than a line may have, by as much as a secret takes at most: one that begins inside of the line is seen
    /// whole, and masked before the line is cut.
    fn push(&mut self, bytes: &[u8]) {
        let longest = self.secrets.values().map(|secret| secret.0.len() * 3).max().unwrap_or(0);
        let free = (self.line_bytes + longest).saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&bytes[..bytes.len().min(free)]);
    }

    fn end_line(&mut self) {
        if self.begun.is_empty() {
            return;
        }
        let mut line = masked_line(&self.secrets, std::mem::take(&mut self.begun));
        line.truncate(self.line_bytes);
        let line = String::from_utf8_lossy(&line).into_owned();
        if self.complete.len() < self.lines {
            self.complete.push(line);
        } else {
            self.dropped += 1;
        }
    }
}

impl IsTerminal for Log {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Log {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl OutputStream for Log {
    fn write(&mut self, bytes: Bytes) -> Result<(), StreamError> {
        self.bytes(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(4096)
    }
}

#[async_trait::async_trait]
impl Pollable for Log {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Log {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.bytes(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: usize, bytes: usize) -> Log {
        Log::new(&Limits { log_lines: lines, log_line_bytes: bytes, ..Limits::default() })
    }

    #[test]
    fn lines_are_put_together_from_pieces() {
        let log = log(10, 100);
        log.bytes(b"hel");
        log.bytes(b"lo\nthere");
        log.line("own\nline");
        assert_eq!(log.take(), ["hello", "there", "own\nline"]);
        assert_eq!(log.take(), Vec::<String>::new());
    }

    #[test]
    fn s44_a_secret_is_masked_even_where_the_line_is_cut_in_the_middle_of_it() {
        let log = log(10, 12);
        log.hide(&Arc::new(BTreeMap::from([("token".to_owned(), Secret::from("s3cret"))])));
        log.bytes(b"my key: s3");
        log.bytes(b"cret is long\n");
        log.line("plain, and longer than a line");
        assert_eq!(log.take(), ["my key: {sec", "plain, and l"]);
    }

    #[test]
    fn s42_a_flood_is_counted_and_dropped() {
        let log = log(2, 4);
        for _ in 0..5 {
            log.line("abcdefgh");
        }
        assert_eq!(log.take(), ["abcd", "abcd", "(3 more lines dropped; the limit is 2 a call)"]);
    }
}

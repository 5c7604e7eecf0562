//! What commands print. A reader that goes away, such as `head`, is no error.

use serde::Serialize;
use std::io::{self, Write};

use crate::failure::Failure;

/// How a command prints what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub(crate) struct Format {
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// One line.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// A value as JSON, readable.
pub(crate) fn say_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => say(text),
        Err(error) => complain(&Failure::failed(format!("the answer cannot be written as JSON: {error}"))),
    }
}

/// Columns, as wide as they need to be.
pub(crate) fn say_table(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    say(line(head.to_vec()));
    for row in rows {
        say(line(row.iter().map(String::as_str).collect()));
    }
}

/// A line beside the answer: where people read it, and programs do not.
pub(crate) fn warn(line: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// What went wrong, where people and not programs read it.
pub(crate) fn complain(failure: &Failure) {
    let mut error = io::stderr().lock();
    for (place, line) in failure.lines().enumerate() {
        let _ = if place == 0 { writeln!(error, "cartwright: {line}") } else { writeln!(error, "{line}") };
    }
}

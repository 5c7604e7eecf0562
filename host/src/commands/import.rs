//! `cartwright import`: what a shop knew elsewhere, told to a running service.

use csv::{ByteRecord, Position, Reader, ReaderBuilder, Writer, WriterBuilder};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use cartwright_domain::import::{as_cell, separator_of};

use crate::commands::plugin::ServiceArgs;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::progress::Progress;

/// So many rows go in one request.
const ROWS: usize = 1_000;
/// And so many bytes, of the 8 MiB that the service takes.
const BYTES: usize = 4 * 1024 * 1024;
/// So many rows that were not taken are printed; a file takes all.
const SHOWN: usize = 20;

/// What to bring along.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Take customers from a CSV file; told again, it changes nothing
    Customers(CustomersArgs),
}

/// Which customers, and how they are read.
#[derive(Debug, clap::Args)]
pub(crate) struct CustomersArgs {
    /// A CSV file in UTF-8 with a line of headers
    file: PathBuf,
    /// What columns say, such as `E-mail=email,Accepts marketing=consent,Note=-`; others are read by their headers
    #[arg(long, value_name = "HEADER=FIELD,…")]
    map: Option<String>,
    /// Only say what would be taken, and what is wrong
    #[arg(long)]
    dry_run: bool,
    /// Write the rows that were not taken into this CSV file, with what to do
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    let Command::Customers(args) = command;
    let service = args.service.open()?;
    let mut file = Table::open(&args.file)?;
    let progress = Progress::of(file.bytes, "bytes");
    let mut sum = Sum::default();
    while let Some(part) = file.part()? {
        let map = args.map.as_deref().map(|map| format!("&map={}", encoded(map))).unwrap_or_default();
        let path = format!("/v1/customers/import?dry_run={}{map}", args.dry_run);
        let answer = service.send(&path, "text/csv", part.text).await?;
        if sum.columns.is_null() && !args.format.json {
            say_columns(&answer["columns"]);
        }
        sum.add(&answer, &part.lines);
        progress.reached(part.until, &format!("{} rows", sum.rows));
    }
    progress.done();
    if let Some(path) = &args.errors {
        write_errors(path, &sum.errors)?;
    }
    sum.say(&args);
    match sum.refused {
        0 => Ok(()),
        refused => Err(Failure::bad_input(format!(
            "{refused} of {} rows do not fit; put them right and import the file again: what was taken stays as it is",
            sum.rows
        ))),
    }
}

/// A file, read part by part.
struct Table {
    rows: Reader<File>,
    headers: ByteRecord,
    bytes: u64,
    /// A row that did not go into the part before.
    next: Option<ByteRecord>,
    is_begun: bool,
}

/// Some rows under the headers.
struct Part {
    text: Vec<u8>,
    /// On which line of the file each row begins.
    lines: Vec<u64>,
    /// Where in the file it ends.
    until: u64,
}

impl Table {
    fn open(path: &Path) -> Result<Self, Failure> {
        let unread = |error: std::io::Error| Failure::bad_input(format!("{} cannot be read: {error}", path.display()));
        let first = first_line(path).map_err(unread)?;
        let file = File::open(path).map_err(unread)?;
        let bytes = file.metadata().map_err(unread)?.len();
        let mut rows = ReaderBuilder::new().delimiter(separator_of(&first)).flexible(true).from_reader(file);
        let headers = rows.byte_headers().map_err(unfit)?.clone();
        Ok(Self { rows, headers, bytes, next: None, is_begun: false })
    }

    /// The next rows; a table without any is one part, so that the service says what it thinks of the headers.
    fn part(&mut self) -> Result<Option<Part>, Failure> {
        let mut writer = WriterBuilder::new().flexible(true).from_writer(Vec::new());
        writer.write_byte_record(&self.headers).map_err(unfit)?;
        let (mut lines, mut size, mut until) = (Vec::new(), 0, 0);
        while let Some(row) = self.row()? {
            size += row.as_slice().len() + row.len() * 3;
            if !lines.is_empty() && (lines.len() == ROWS || size > BYTES) {
                self.next = Some(row);
                break;
            }
            let place = row.position().map_or((0, 0), |place: &Position| (place.line(), place.byte()));
            lines.push(place.0);
            until = place.1;
            writer.write_byte_record(&row).map_err(unfit)?;
        }
        if lines.is_empty() && self.is_begun {
            return Ok(None);
        }
        self.is_begun = true;
        let text = writer.into_inner().map_err(|error| Failure::failed(error.to_string()))?;
        Ok(Some(Part { text, lines, until }))
    }

    fn row(&mut self) -> Result<Option<ByteRecord>, Failure> {
        if let Some(row) = self.next.take() {
            return Ok(Some(row));
        }
        let mut row = ByteRecord::new();
        Ok(self.rows.read_byte_record(&mut row).map_err(unfit)?.then_some(row))
    }
}

fn first_line(path: &Path) -> std::io::Result<String> {
    const LONGEST: u64 = 64 * 1024;
    let mut line = Vec::new();
    BufReader::new(File::open(path)?.take(LONGEST)).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

fn unfit(error: csv::Error) -> Failure {
    Failure::bad_input(format!("the file is no table: {error}"))
}

/// As a value in a query.
fn encoded(text: &str) -> String {
    let letter = |byte: u8| match byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(letter).collect()
}

fn say_columns(columns: &Value) {
    let columns = columns.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |column: &Value, name: &str| column[name].as_str().unwrap_or("-").to_owned();
    let rows: Vec<Vec<String>> = columns.iter().map(|one| vec![text(one, "header"), text(one, "field")]).collect();
    output::say_table(&["COLUMN", "READ AS"], &rows);
}

/// What became of all parts.
#[derive(Default)]
struct Sum {
    columns: Value,
    rows: u64,
    taken: u64,
    known: u64,
    refused: u64,
    errors: Vec<Refused>,
}

/// A row that was not taken.
struct Refused {
    line: u64,
    field: String,
    message: String,
}

impl Sum {
    fn add(&mut self, answer: &Value, lines: &[u64]) {
        let count = |name: &str| answer[name].as_u64().unwrap_or(0);
        self.columns = answer["columns"].clone();
        self.rows += count("rows");
        self.taken += count("taken");
        self.known += count("known");
        self.refused += count("refused");
        for error in answer["errors"].as_array().into_iter().flatten() {
            let row = error["row"].as_u64().and_then(|row| usize::try_from(row).ok()).unwrap_or(1);
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            let line = lines.get(row.saturating_sub(1)).copied().unwrap_or(0);
            self.errors.push(Refused { line, field: text("field"), message: text("message") });
        }
    }

    fn say(&self, args: &CustomersArgs) {
        if args.format.json {
            let error = |one: &Refused| json!({ "line": one.line, "field": one.field, "message": one.message });
            let errors: Vec<Value> = self.errors.iter().map(error).collect();
            return output::say_json(&json!({
                "columns": self.columns, "rows": self.rows, "taken": self.taken, "known": self.known,
                "refused": self.refused, "errors": errors, "dry_run": args.dry_run,
            }));
        }
        for Refused { line, field, message } in self.errors.iter().take(SHOWN) {
            let field = if field.is_empty() { String::new() } else { format!(" {field}:") };
            output::say(format_args!("line {line}:{field} {message}"));
        }
        if self.errors.len() > SHOWN && args.errors.is_none() {
            let more = self.errors.len() - SHOWN;
            output::say(format_args!("… and {more} more; --errors FILE writes all of them down"));
        }
        let taken = if args.dry_run { "would be taken" } else { "taken" };
        output::say(format_args!(
            "{} rows: {} {taken}, {} known already, {} do not fit",
            self.rows, self.taken, self.known, self.refused
        ));
    }
}

/// Somebody opens it in a spreadsheet: no cell is a formula there.
fn write_errors(path: &Path, errors: &[Refused]) -> Result<(), Failure> {
    let unwritten = |error: csv::Error| Failure::bad_input(format!("{} cannot be written: {error}", path.display()));
    let mut writer: Writer<File> = Writer::from_path(path).map_err(unwritten)?;
    writer.write_record(["line", "field", "what to do"]).map_err(unwritten)?;
    for Refused { line, field, message } in errors {
        writer.write_record([line.to_string(), as_cell(field), as_cell(message)]).map_err(unwritten)?;
    }
    writer.flush().map_err(|error| unwritten(error.into()))
}

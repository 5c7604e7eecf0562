//! Event logs: JSON Lines, each an event as `POST /v1/events` takes it, a webhook as a platform sends it, or the word
//! that a source is down, or up again.

use bytes::Bytes;
use cartwright_domain::event::{Event, EventError, EventText, Origin, read_json};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::Webhook;
use cartwright_engine::{LogItem, LogLine};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

use crate::failure::Failure;

/// A line that holds a webhook.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HookLine {
    /// The source, by name.
    hook: String,
    received_at: Timestamp,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body: a document, or a text with exactly the bytes.
    body: Value,
}

/// A line that says whether a source answers: in a rehearsal it does, unless a line says otherwise (S08).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceLine {
    /// The source, by name.
    source: String,
    received_at: Timestamp,
    state: SourceWord,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceWord {
    Down,
    Up,
}

/// Reads an event log. What comes out does not depend on the order of its lines.
pub(crate) fn read(path: &Path) -> Result<Vec<LogLine>, Failure> {
    parse(&crate::strategy_file::text_of(path)?)
        .map_err(|(number, why)| Failure::bad_input(format!("{} line {number}: {why}", path.display())))
}

fn parse(text: &str) -> Result<Vec<LogLine>, (usize, String)> {
    let mut lines = Vec::new();
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let read = read_line(line).map_err(|why| (place + 1, why))?;
        lines.push((line, read));
    }
    // The simulation orders by receipt and id; two lines that share both are ordered by what they say.
    lines.sort_by_key(|(text, _)| *text);
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

fn read_line(line: &str) -> Result<LogLine, String> {
    let mut value: Value = serde_json::from_str(line).map_err(|error| format!("is no JSON: {error}"))?;
    let fields = value.as_object_mut().ok_or("is no JSON object; write an event or a webhook on each line")?;
    if fields.contains_key("hook") {
        return hook(line, read_json("", value).map_err(said)?);
    }
    if fields.contains_key("source") {
        let SourceLine { source, received_at, state } = read_json("", value).map_err(said)?;
        let item = match state {
            SourceWord::Down => LogItem::SourceDown(source.clone()),
            SourceWord::Up => LogItem::SourceUp(source.clone()),
        };
        return Ok(LogLine { received_at, id: format!("{source} source"), item });
    }
    let received_at = fields.remove("received_at").filter(|at| !at.is_null());
    let received_at: Option<Timestamp> =
        received_at.map(|at| read_json("received_at", at)).transpose().map_err(said)?;
    let text: EventText = read_json("", value).map_err(said)?;
    let event = Event::try_from(text).map_err(said)?;
    Ok(LogLine {
        received_at: received_at.unwrap_or(event.occurred_at),
        id: event.id.clone(),
        item: LogItem::Event(Origin::Api, Box::new(event)),
    })
}

fn hook(line: &str, read: HookLine) -> Result<LogLine, String> {
    let body = match read.body {
        Value::String(text) => text,
        document => document.to_string(),
    };
    let webhook = Webhook {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: read.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect(),
        body: Bytes::from(body),
    };
    let mark = hex::encode(&Sha256::digest(line)[..6]);
    Ok(LogLine {
        received_at: read.received_at,
        id: format!("{} webhook {mark}", read.hook),
        item: LogItem::Hook(read.hook, webhook),
    })
}

fn said(error: EventError) -> String {
    if error.field.is_empty() { error.message } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"id":"e-1","type":"shop.visited","occurred_at":"2026-11-02T09:00:00Z"}"#;

    #[test]
    fn an_event_arrives_when_it_occurred_unless_the_line_says_otherwise() {
        let late = EVENT.replace("}", r#","received_at":"2026-11-02T10:00:00Z"}"#);
        let lines = parse(&format!("{EVENT}\n\n{late}\n")).unwrap();
        let hours: Vec<String> = lines.iter().map(|line| line.received_at.to_string()[11..16].to_owned()).collect();
        assert_eq!(hours, ["10:00", "09:00"]);
    }

    #[test]
    fn a_webhook_keeps_its_bytes_and_its_headers_in_lower_case() {
        let text = r#"{"hook":"shopify","received_at":0,"headers":{"X-Shopify-Topic":"carts/update"},"body":"{ }"}"#;
        let LogItem::Hook(source, webhook) = parse(text).unwrap().remove(0).item else { panic!("no webhook") };
        assert_eq!((source.as_str(), &webhook.body[..]), ("shopify", &b"{ }"[..]));
        assert_eq!(webhook.headers, [("x-shopify-topic".to_owned(), "carts/update".to_owned())]);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_with_its_number_and_field() {
        let bad_money =
            r#"{"id":"e-2","type":"cart.updated","occurred_at":0,"body":{"total":{"amount":"x","currency":"EUR"}}}"#;
        let (number, why) = parse(&format!("{EVENT}\n{bad_money}")).unwrap_err();
        assert_eq!(number, 2);
        assert!(why.starts_with("body.total"), "{why}");
        for line in ["[]", "{", r#"{"id":"x"}"#, r#"{"hook":"shopify","body":{}}"#] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_order_of_the_lines_changes_nothing() {
        let other = EVENT.replace("e-1", "e-2");
        let ids = |text: String| parse(&text).unwrap().into_iter().map(|line| line.id).collect::<Vec<_>>();
        assert_eq!(ids(format!("{EVENT}\n{other}")), ids(format!("{other}\n{EVENT}")));
    }
}

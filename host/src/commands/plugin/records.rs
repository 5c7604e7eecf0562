//! Recorded decisions, as traces, trap records and shadow differences hold them: one JSON document, a list of them, or
//! JSON Lines.

use cartwright_domain::decision::{DecisionAnswer, DecisionRecord};
use cartwright_domain::event::read_json;
use cartwright_domain::plan::Reply;
use serde_json::Value;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::strategy_file::text_of;

/// The records of a file, or of every `.json` and `.jsonl` file of a folder in the order of their names.
pub(crate) fn read(path: &Path) -> Result<Vec<DecisionRecord>, Failure> {
    if !path.is_dir() {
        return read_file(path);
    }
    let entries = std::fs::read_dir(path)
        .map_err(|error| Failure::bad_input(format!("{} cannot be read: {error}", path.display())))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json" || end == "jsonl"));
    files.sort();
    let mut records = Vec::new();
    for file in &files {
        records.extend(read_file(file)?);
    }
    if records.is_empty() {
        let why = format!("{} holds no record of a decision in a .json or .jsonl file", path.display());
        return Err(Failure::bad_input(why));
    }
    Ok(records)
}

fn read_file(path: &Path) -> Result<Vec<DecisionRecord>, Failure> {
    let file = path.display();
    let text = text_of(path)?;
    let is_lines = path.extension().is_some_and(|end| end == "jsonl");
    let documents: Vec<(String, Value)> = if is_lines {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let read = lines.map(|(place, line)| {
            let place = format!("{file}, line {}", place + 1);
            let value = serde_json::from_str(line);
            let value = value.map_err(|error| Failure::bad_input(format!("{place} is no JSON: {error}")))?;
            Ok((place, value))
        });
        read.collect::<Result<_, Failure>>()?
    } else {
        match serde_json::from_str(&text) {
            Ok(Value::Array(list)) => {
                list.into_iter().enumerate().map(|(place, value)| (format!("{file}, [{place}]"), value)).collect()
            }
            Ok(one) => vec![(file.to_string(), one)],
            Err(error) => return Err(Failure::bad_input(format!("{file} is no JSON: {error}; correct that place"))),
        }
    };
    documents
        .into_iter()
        .map(|(place, value)| {
            read_json("", value).map_err(|fault| {
                let field = if fault.field.is_empty() { String::new() } else { format!(", at {}", fault.field) };
                Failure::bad_input(format!("{place} is no record of a decision{field}: {}", fault.message))
            })
        })
        .collect()
}

/// What was decided, without the words: what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(crate) struct Decided(pub(crate) String);

impl From<&DecisionAnswer> for Decided {
    fn from(answer: &DecisionAnswer) -> Self {
        Self(match answer {
            DecisionAnswer::Decided(Reply::Branch { branch, .. }) => branch.clone(),
            DecisionAnswer::Decided(Reply::Content { content, variables, .. }) => {
                let variables: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
                if variables.is_empty() { content.clone() } else { format!("{content} with {}", variables.join(", ")) }
            }
            DecisionAnswer::Failed(failure) => failure.problem.to_string(),
        })
    }
}

impl std::fmt::Display for Decided {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Facts on one line, as a person reads them.
pub(crate) fn facts(record: &DecisionRecord) -> String {
    let facts: Vec<String> = record.facts.iter().map(ToString::to_string).collect();
    if facts.is_empty() { "no facts".to_owned() } else { facts.join(", ") }
}

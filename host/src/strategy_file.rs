//! Strategy files: read, with the place of what cannot be read.

use cartwright_domain::event::read_json;
use cartwright_domain::strategy::Strategy;
use serde_json::Value;
use std::path::Path;

use crate::failure::Failure;

/// Reads a strategy file.
pub(crate) fn read(path: &Path) -> Result<Strategy, Failure> {
    let file = path.display();
    let text = text_of(path)?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::bad_input(format!("{file} is no JSON: {error}; correct that place")))?;
    read_json("", value).map_err(|fault| {
        let place = if fault.field.is_empty() { String::new() } else { format!(", at {}", fault.field) };
        let hint = "`cartwright strategy schema` prints what is";
        Failure::bad_input(format!("{file} is no strategy{place}: {}; {hint}", fault.message))
    })
}

/// Reads a text file.
pub(crate) fn text_of(path: &Path) -> Result<String, Failure> {
    let file = path.display();
    std::fs::read_to_string(path).map_err(|error| Failure::bad_input(format!("{file} cannot be read: {error}")))
}

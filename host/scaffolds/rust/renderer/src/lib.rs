//! Templates with values in square brackets: `Hi [first_name]`.

#[cfg(target_family = "wasm")]
mod package;

wit_bindgen::generate!({ path: "wit", world: "renderer-plugin" });

use cartwright::plugin::types::{FaultKind, Instances};
use exports::cartwright::plugin::renderer::*;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;

struct Plugin;

#[cfg(target_family = "wasm")]
export!(Plugin);

thread_local! {
    /// What `load` gave, for the recipients that follow.
    static LOADED: RefCell<Vec<Part>> = const { RefCell::new(Vec::new()) };
}

enum Piece<'a> {
    Text(&'a str),
    /// A dotted path, such as `cart.title`.
    Value(&'a str),
}

impl Guest for Plugin {
    fn describe() -> Descriptor {
        Descriptor {
            title: "{{title}}".into(),
            summary: "Templates with values in square brackets.".into(),
            config_schema: "{}".into(),
            facts: vec![],
            hosts: vec![],
            secrets: vec![],
            translations: "{}".into(),
            instances: Instances::PerBatch,
        }
    }

    fn check(parts: Vec<Part>) -> CheckReport {
        let (mut variables, mut errors) = (BTreeSet::new(), vec![]);
        for part in &parts {
            match pieces(&part.template) {
                Ok(pieces) => variables.extend(pieces.iter().filter_map(|piece| match piece {
                    Piece::Value(path) => Some((*path).to_owned()),
                    Piece::Text(_) => None,
                })),
                Err(message) => errors.push(TemplateError { name: part.name.clone(), message }),
            }
        }
        CheckReport { variables: variables.into_iter().collect(), errors }
    }

    fn load(parts: Vec<Part>) -> Result<(), TemplateError> {
        for part in &parts {
            pieces(&part.template).map_err(|message| TemplateError { name: part.name.clone(), message })?;
        }
        LOADED.set(parts);
        Ok(())
    }

    fn render(data: Json) -> Result<Vec<Text>, Fault> {
        let data: Value = serde_json::from_str(&data).map_err(|error| fault(FaultKind::BadInput, error))?;
        LOADED.with_borrow(|parts| parts.iter().map(|part| text(part, &data)).collect())
    }
}

fn text(part: &Part, data: &Value) -> Result<Text, Fault> {
    let mut value = String::new();
    for piece in pieces(&part.template).map_err(|why| fault(FaultKind::BadInput, why))? {
        match piece {
            Piece::Text(text) => value.push_str(text),
            Piece::Value(path) => {
                // A gap in a message is worse than no message: the missing path is named.
                let found = shown(data, path).ok_or_else(|| fault(FaultKind::MissingFact, path))?;
                value.push_str(&if part.escape == Escape::Html { escaped(&found) } else { found });
            }
        }
    }
    Ok(Text { name: part.name.clone(), value })
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut pieces, mut rest) = (vec![], template);
    while let Some((text, after)) = rest.split_once('[') {
        let (path, after) = after.split_once(']').ok_or("a `[` has no `]`")?;
        pieces.extend([Piece::Text(text), Piece::Value(path.trim())]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

fn shown(data: &Value, path: &str) -> Option<String> {
    match path.split('.').try_fold(data, |value, name| value.get(name))? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn fault(kind: FaultKind, why: impl ToString) -> Fault {
    Fault { kind, message: why.to_string() }
}

//! JSON Schemas of strangers: bounded, so that looking whether a document fits never takes long.
//!
//! Cost grows with the parts of a schema when every reference is put in its place, so those are counted first. A
//! schema that refers to itself has no end; patterns are matched in linear time.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

const PARTS: usize = 10_000;
const REFERENCES: &[&str] = &["$dynamicRef", "$recursiveRef"];

/// A schema that can be used, or why it cannot.
pub(crate) fn schema(what: &str, text: &str) -> Result<Value, String> {
    let schema: Value = serde_json::from_str(text).map_err(|why| format!("{what} is not JSON: {why}"))?;
    bounded(&schema).map_err(|why| format!("{what} {why}"))?;
    validator(&schema).map_err(|why| format!("{what} is no JSON Schema: {why}"))?;
    Ok(schema)
}

/// What looks whether a document fits.
pub(crate) fn validator(schema: &Value) -> Result<Validator, Box<jsonschema::ValidationError<'static>>> {
    let patterns = PatternOptions::regex().size_limit(1 << 20).dfa_size_limit(1 << 20);
    jsonschema::options().with_pattern_options(patterns).build(schema).map_err(Box::new)
}

fn bounded(schema: &Value) -> Result<(), String> {
    let mut left = PARTS;
    count(schema, schema, &mut Vec::new(), &mut left)
}

/// Counts the parts of a schema with its references put in place.
fn count<'s>(root: &'s Value, part: &'s Value, within: &mut Vec<&'s str>, left: &mut usize) -> Result<(), String> {
    *left = left.checked_sub(1).ok_or_else(|| {
        format!("has more than {PARTS} parts with its references put in place; the limit is {PARTS}: make it smaller")
    })?;
    match part {
        Value::Array(items) => items.iter().try_for_each(|item| count(root, item, within, left)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(_) if REFERENCES.contains(&name.as_str()) => {
                        return Err(format!("uses `{name}`, which is not offered: use `$ref`"));
                    }
                    Value::String(target) if name == "$ref" => {
                        if within.contains(&target.as_str()) {
                            return Err(format!(
                                "refers to itself at `{target}`: write out as many levels as are needed"
                            ));
                        }
                        let found = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                        let found = found.ok_or_else(|| {
                            format!("refers to `{target}`, which is not in it: use `#/$defs/…`; nothing is fetched")
                        })?;
                        within.push(target);
                        count(root, found, within, left)?;
                        within.pop();
                    }
                    // Another base would give references another meaning.
                    Value::String(_) if name == "$id" && !std::ptr::eq(part, root) => {
                        return Err("has a second `$id`: one schema, one `$id`".to_owned());
                    }
                    _ => count(root, value, within, left)?,
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn why(document: Value) -> String {
        schema("it", &document.to_string()).unwrap_err()
    }

    #[test]
    fn references_are_counted_where_they_are_used() {
        let mut definitions = json!({"a0": {"type": "string"}});
        for level in 1..30 {
            let below = json!({"$ref": format!("#/$defs/a{}", level - 1)});
            definitions[format!("a{level}")] = json!({"allOf": [below, below]});
        }
        let text = why(json!({"$ref": "#/$defs/a29", "$defs": definitions}));
        assert_eq!(
            text,
            "it has more than 10000 parts with its references put in place; the limit is 10000: make it smaller"
        );
        let money = json!({"type": "object", "properties": {"amount": {"type": "string"}}});
        let twice =
            json!({"properties": {"a": {"$ref": "#/$defs/m"}, "b": {"$ref": "#/$defs/m"}}, "$defs": {"m": money}});
        assert!(schema("it", &twice.to_string()).is_ok());
    }

    #[test]
    fn a_schema_has_an_end() {
        assert!(why(json!({"$ref": "#"})).contains("refers to itself at `#`"));
        let tree = json!({"$ref": "#/$defs/t", "$defs": {"t": {"items": {"$ref": "#/$defs/t"}}}});
        assert!(why(tree).contains("refers to itself at `#/$defs/t`"));
        assert!(why(json!({"$dynamicRef": "#x"})).contains("`$dynamicRef`, which is not offered"));
        assert!(why(json!({"$ref": "https://example.com/s.json"})).contains("nothing is fetched"));
    }

    #[test]
    fn a_pattern_is_matched_in_linear_time_or_refused() {
        assert!(why(json!({"type": "string", "pattern": "((a{1000}){1000}){1000}"})).contains("is no JSON Schema"));
        assert!(why(json!({"type": "string", "pattern": "(a+)\\1"})).contains("is no JSON Schema"));
    }
}

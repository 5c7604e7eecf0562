//! Values after a JSON Schema: one that fits, and many that do not.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Texts that patterns and formats are made for. The first that fits is taken.
const TEXTS: &[&str] = &[
    "a",
    "1",
    "EUR",
    "en",
    "10.00",
    "example.com",
    "https://example.com",
    "shop@example.com",
    "smtps://mail.example.com:465",
    "+4915112345678",
    "2026-11-02",
    "2026-11-02T10:00:00Z",
    "v1.0",
    "example",
    "00000000-0000-4000-8000-000000000000",
];

/// Values that a schema offers itself.
pub(super) fn offered(schema: &Value) -> Vec<Value> {
    let mut offered: Vec<Value> = schema.get("examples").and_then(Value::as_array).cloned().unwrap_or_default();
    offered.extend(schema.get("default").cloned());
    offered
}

/// A small value that fits, if one is found.
pub(super) fn fitting(schema: &Value, validator: &Validator) -> Option<Value> {
    let root = schema;
    let least = value(root, root, 0)?;
    if validator.is_valid(&least) {
        return Some(least);
    }
    // Some want any one of their optional fields.
    let fields = root.get("properties")?.as_object()?;
    fields.iter().find_map(|(name, field)| {
        let mut more = least.clone();
        more.as_object_mut()?.insert(name.clone(), value(field, root, 1)?);
        validator.is_valid(&more).then_some(more)
    })
}

fn value(schema: &Value, root: &Value, depth: usize) -> Option<Value> {
    if depth > 8 {
        return None;
    }
    if let Some(fixed) = schema.get("const") {
        return Some(fixed.clone());
    }
    if let Some(first) = offered(schema).into_iter().chain(listed(schema)).next() {
        return Some(first);
    }
    if let Some(pointer) = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#')) {
        return value(root.pointer(pointer)?, root, depth + 1);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema.get(choice).and_then(|choices| choices.get(0)) {
            return value(first, root, depth + 1);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first()?.as_str()?,
        _ if schema.get("properties").is_some() || depth == 0 => "object",
        _ => "string",
    };
    match kind {
        "object" => object(schema, root, depth),
        "array" => {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(16);
            let items = schema.get("items").cloned().unwrap_or(Value::Bool(true));
            (0..least).map(|_| value(&items, root, depth + 1)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        "integer" | "number" => {
            let above = schema.get("exclusiveMinimum").and_then(Value::as_i64).map(|least| least + 1);
            let most = schema.get("maximum").and_then(Value::as_i64);
            let least = schema.get("minimum").and_then(Value::as_i64).or(above);
            Some(json!(least.unwrap_or_else(|| most.unwrap_or(1).min(1))))
        }
        "boolean" => Some(Value::Bool(true)),
        "null" => Some(Value::Null),
        _ => text(schema),
    }
}

fn listed(schema: &Value) -> Option<Value> {
    schema.get("enum")?.get(0).cloned()
}

fn object(schema: &Value, root: &Value, depth: usize) -> Option<Value> {
    let mut made = Map::new();
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for name in required.iter().filter_map(Value::as_str) {
        let field = schema.get("properties").and_then(|fields| fields.get(name)).unwrap_or(&Value::Bool(true));
        made.insert(name.to_owned(), value(field, root, depth + 1)?);
    }
    Some(Value::Object(made))
}

fn text(schema: &Value) -> Option<Value> {
    let validator = jsonschema::validator_for(schema).ok();
    let fits = |text: &Value| validator.as_ref().is_none_or(|validator| validator.is_valid(text));
    let format = match schema.get("format").and_then(Value::as_str) {
        Some("email") => Some("shop@example.com"),
        Some("uri" | "url") => Some("https://example.com"),
        Some("hostname") => Some("example.com"),
        Some("date") => Some("2026-11-02"),
        Some("date-time") => Some("2026-11-02T10:00:00Z"),
        Some("uuid") => Some("00000000-0000-4000-8000-000000000000"),
        _ => None,
    };
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0).min(1000) as usize;
    let long = "a".repeat(least.max(1));
    format
        .into_iter()
        .chain(TEXTS.iter().copied())
        .chain([long.as_str()])
        .map(|text| Value::String(text.to_owned()))
        .find(fits)
}

/// Values that a schema refuses, each a little wrong: another type, a field missing, one too many; and some that are
/// wrong altogether.
pub(super) fn refused(schema: &Value, fitting: Option<&Value>, validator: &Validator) -> Vec<Value> {
    let mut junk = vec![
        Value::Null,
        json!(true),
        json!(42),
        json!("text"),
        json!([]),
        json!([{}]),
        json!({"no such field \u{202e}\u{1f600}": {"": null}}),
        json!({ "": "x".repeat(100_000) }),
        deep(100),
    ];
    let base = fitting.cloned().unwrap_or_else(|| json!({}));
    let fields = schema.get("properties").and_then(Value::as_object);
    for name in fields.into_iter().flat_map(Map::keys) {
        for wrong in wrong_values() {
            let mut changed = base.clone();
            let Some(fields) = changed.as_object_mut() else { break };
            fields.insert(name.clone(), wrong);
            junk.push(changed);
        }
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let mut changed = base.clone();
        changed.as_object_mut().and_then(|fields| fields.remove(name));
        junk.push(changed);
    }
    junk.retain(|value| !validator.is_valid(value));
    junk
}

fn wrong_values() -> [Value; 9] {
    [
        Value::Null,
        json!(false),
        json!(-1),
        json!(1.5e300),
        json!("\u{202e}\u{0}\u{1f600}"),
        json!("9".repeat(10_000)),
        json!([]),
        json!({}),
        deep(60),
    ]
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!({}), |inner, _| json!([inner]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(schema: Value) -> Option<Value> {
        let validator = jsonschema::validator_for(&schema).unwrap();
        fitting(&schema, &validator)
    }

    #[test]
    fn a_value_after_a_schema_fits_it() {
        assert_eq!(made(json!({})), Some(json!({})));
        let price = json!({"type": "object", "minProperties": 1, "properties": {"min": {"$ref": "#/$defs/money"}},
            "$defs": {"money": {"type": "object", "required": ["currency", "amount"], "properties": {
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}, "amount": {"type": "integer", "minimum": 7}}}}});
        assert_eq!(made(price), Some(json!({"min": {"currency": "EUR", "amount": 7}})));
        assert_eq!(made(json!({"enum": ["b", "c"]})), Some(json!("b")));
        assert_eq!(made(json!({"type": "object", "required": ["x"], "properties": {"x": {"pattern": "^@@$"}}})), None);
    }

    #[test]
    fn junk_is_refused_by_the_schema_that_it_was_made_after() {
        let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
        let validator = jsonschema::validator_for(&schema).unwrap();
        let junk = refused(&schema, Some(&json!({"n": 1})), &validator);
        assert!(junk.contains(&json!({})) && junk.contains(&json!({"n": null})) && junk.contains(&Value::Null));
        assert!(junk.iter().all(|value| !validator.is_valid(value)));
    }
}

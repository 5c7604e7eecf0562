//! A configuration that fits a schema, for a channel that nothing is really sent over.

use serde_json::{Map, Value, json};

/// A value that fits: the schema's own example or default, else the plainest of its type.
pub(super) fn of_schema(schema: &Value) -> Value {
    let given = schema.pointer("/examples/0").or_else(|| schema.get("default")).or_else(|| schema.get("const"));
    if let Some(value) = given.or_else(|| schema.pointer("/enum/0")) {
        return value.clone();
    }
    let number = |name: &str| schema.get(name).and_then(Value::as_i64).unwrap_or(0);
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => object(schema),
        Some("array") => {
            let item = schema.get("items").map(of_schema);
            Value::Array(item.into_iter().cycle().take(usize::try_from(number("minItems")).unwrap_or(0)).collect())
        }
        Some("string") if schema.get("format").is_some_and(|format| format == "email") => json!("sample@example.com"),
        Some("string") if schema.get("format").is_some_and(|format| format == "uri") => json!("https://example.com"),
        Some("string") => json!("0".repeat(usize::try_from(number("minLength").max(1)).unwrap_or(1))),
        Some("integer" | "number") => json!(number("minimum")),
        Some("boolean") => json!(false),
        _ => json!({}),
    }
}

fn object(schema: &Value) -> Value {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let fields = required.map(|name| {
        let field = schema.get("properties").and_then(|properties| properties.get(name)).map(of_schema);
        (name.to_owned(), field.unwrap_or_default())
    });
    Value::Object(fields.collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_gets_its_example_or_the_plainest_value() {
        let schema = json!({
            "type": "object", "required": ["server", "port", "tls", "from", "reply"],
            "properties": {
                "server": {"type": "string", "examples": ["smtp.example.com"]},
                "port": {"type": "integer", "minimum": 1},
                "tls": {"enum": ["always", "never"]},
                "from": {"type": "string", "minLength": 3},
                "reply": {"type": "string", "format": "email"},
                "note": {"type": "string"},
            },
        });
        let expected = json!({
            "server": "smtp.example.com", "port": 1, "tls": "always", "from": "000", "reply": "sample@example.com",
        });
        assert_eq!(of_schema(&schema), expected);
        assert!(jsonschema::is_valid(&schema, &of_schema(&schema)));
    }
}

//! The published JSON Schemas: what an editor checks a strategy file or an event log against.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::event::{CartBody, CustomerBody, DeletedProductBody, OrderBody, ProductBody, ShipmentBody, Subject};
use crate::strategy::Strategy;
use crate::time::Timestamp;

/// The schema of strategy files, `host/docs/strategy.schema.json`.
pub fn strategy_schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Strategy>().to_value()
}

/// The schema of events, `wit/v0.2/events.schema.json`: what sources answer with, `POST /v1/events` takes, and a
/// line of an event log holds.
pub fn event_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let bodies = [
        ("cart.updated", body::<CartBody>(&mut generator)),
        ("checkout.updated", body::<CartBody>(&mut generator)),
        ("order.placed", body::<OrderBody>(&mut generator)),
        ("order.paid", body::<OrderBody>(&mut generator)),
        ("order.cancelled", body::<OrderBody>(&mut generator)),
        ("order.fulfilled", body::<ShipmentBody>(&mut generator)),
        ("order.delivered", body::<ShipmentBody>(&mut generator)),
        ("customer.updated", body::<CustomerBody>(&mut generator)),
        ("customer.identified", body::<CustomerBody>(&mut generator)),
        ("customer.claimed", body::<CustomerBody>(&mut generator)),
        ("product.updated", body::<ProductBody>(&mut generator)),
        ("product.deleted", body::<DeletedProductBody>(&mut generator)),
    ];
    let names: Vec<&str> = bodies.iter().map(|(name, _)| *name).collect();
    let cases: Vec<Value> = bodies
        .iter()
        .map(|(name, schema)| {
            json!({
                "if": { "properties": { "type": { "const": name } } },
                "then": { "required": ["body"], "properties": { "body": schema } },
            })
        })
        .collect();
    let occurred_at = body::<Timestamp>(&mut generator);
    let subject = body::<Subject>(&mut generator);
    let definitions: Map<String, Value> = generator.take_definitions(true);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Event",
        "description": "One thing that happened in a shop, as its source tells it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "type", "occurred_at"],
        "properties": {
            "id": {
                "description": "The source's own id of the fact; told again, the fact has the same id.",
                "type": "string", "minLength": 1, "maxLength": 255,
            },
            "type": {
                "description": "One of ours, or a name of the shop's own with a dot in it.",
                "type": "string", "maxLength": 100,
                "anyOf": [{ "enum": names }, { "pattern": "\\.", "not": { "const": "message.receipt" } }],
            },
            "occurred_at": occurred_at,
            "subject": subject,
            "body": { "description": "What the type says; whatever an event of the shop's own carries." },
        },
        "allOf": cases,
        "$defs": definitions,
    })
}

fn body<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Compares a committed schema with what the types say; `CARTWRIGHT_UPDATE=1` writes it instead.
    #[expect(clippy::disallowed_methods, reason = "whoever runs the test decides, and nothing else does")]
    fn assert_current(file: &str, schema: &Value) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(file);
        let text = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
        if std::env::var_os("CARTWRIGHT_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{file} is not current; run `CARTWRIGHT_UPDATE=1 cargo test -p cartwright-domain schema` and commit it"
        );
    }

    #[test]
    fn the_published_schema_of_strategies_is_current() {
        assert_current("host/docs/strategy.schema.json", &strategy_schema());
    }

    #[test]
    fn the_published_schema_of_events_is_current() {
        assert_current("wit/v0.2/events.schema.json", &event_schema());
    }
}

use serde_json::Value;

use super::document;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

#[test]
#[expect(clippy::disallowed_methods, reason = "how a person tells a test to write what it would have compared")]
fn openapi_committed_document_is_the_one_that_is_served() {
    let now = document();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(COMMITTED, &now).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == now,
        "host/docs/openapi.json is not the document that is served; look at the difference after\n    \
         UPDATE_OPENAPI=1 cargo test -p cartwright-api openapi"
    );
}

fn parsed() -> Value {
    serde_json::from_str(&document()).unwrap()
}

#[test]
fn openapi_every_reference_leads_somewhere() {
    fn walk(root: &Value, value: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(target)) = map.get("$ref") {
                    let found = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                    assert!(found.is_some(), "{target} leads nowhere");
                }
                map.values().for_each(|value| walk(root, value));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(root, value)),
            _ => {}
        }
    }
    let document = parsed();
    walk(&document, &document);
}

#[test]
fn openapi_no_two_types_share_a_name() {
    let document = parsed();
    let clashes: Vec<&String> =
        document["components"]["schemas"].as_object().unwrap().keys().filter(|name| name.ends_with(".clash")).collect();
    assert!(clashes.is_empty(), "two types are called {clashes:?}");
}

#[test]
fn openapi_every_operation_has_a_name_of_its_own_a_summary_and_an_answer_with_a_schema() {
    let document = parsed();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            let name = operation["operationId"].as_str().unwrap_or_default();
            assert!(names.insert(name.to_owned()), "{at}: the name `{name}` is taken");
            assert!(operation["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{at}: no summary");
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{at}: no tag");
            let answers = operation["responses"].as_object().unwrap();
            // Whoever signs in elsewhere is only led on.
            let good = answers.iter().find(|(status, _)| status.starts_with('2') || *status == "303");
            let (status, answer) = good.unwrap_or_else(|| panic!("{at}: no good answer"));
            let bare = matches!(status.as_str(), "204" | "303")
                || path.starts_with("/hooks")
                || path == "/healthz"
                || path == "/readyz";
            assert!(bare || answer.get("content").is_some(), "{at}: {status} says nothing of its body");
        }
    }
}

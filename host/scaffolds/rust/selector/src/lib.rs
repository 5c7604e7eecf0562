//! The content in the customer's language, with a headline in it.

#[cfg(target_family = "wasm")]
mod package;

wit_bindgen::generate!({ path: "wit", world: "selector-plugin" });

use cartwright::plugin::types::{FactNeed, FaultKind, Instances};
use cartwright::plugin::{candidates, customer, words};
use exports::cartwright::plugin::selector::{Choice, Descriptor, Fault, Guest, Json, Variable};

struct Plugin;

#[cfg(target_family = "wasm")]
export!(Plugin);

impl Guest for Plugin {
    fn describe() -> Descriptor {
        Descriptor {
            title: "{{title}}".into(),
            summary: "The content that is labelled with the customer's language, else the first.".into(),
            config_schema: r#"{ "type": "object", "additionalProperties": false }"#.into(),
            facts: vec![FactNeed {
                fact: "customer.language".into(),
                within_days: None,
                why: "To find the content in the customer's language.".into(),
            }],
            hosts: vec![],
            secrets: vec![],
            translations: include_str!("../translations.json").into(),
            instances: Instances::PerBatch,
        }
    }

    /// The schema says all there is to say.
    fn check_config(_: Json) -> Result<(), Fault> {
        Ok(())
    }

    fn select() -> Result<Choice, Fault> {
        let count = candidates::count();
        if count == 0 {
            let message = "there is no content to choose from; give the step one".into();
            return Err(Fault { kind: FaultKind::BadInput, message });
        }
        let language = customer::language().unwrap_or_default();
        let found = (0..count).find(|index| candidates::has_label(*index, &language));
        // The plugin's own words, in that language or else as they stand without one.
        let headline = words::translate("headline", &language);
        let variables = headline.map(|value| Variable { name: "headline".into(), value }).into_iter().collect();
        Ok(Choice { candidate: found.unwrap_or(0), variables, reason: None })
    }
}

//! Where a channel's contents bear what a person writes, without knowing the channel.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The keyword by which properties of a content schema say so.
const KEYWORD: &str = "x-plain";

/// The fields of a content's body that bear plain text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlainFields {
    /// The field of the text.
    pub text: String,
    /// The field of the subject, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The longest text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<u32>,
}

impl PlainFields {
    /// As a content schema says: properties with `"x-plain": "text"` and `"x-plain": "subject"`.
    pub fn of(schema: &Value) -> Option<Self> {
        let fields = schema.get("properties")?.as_object()?;
        let bearing =
            |what: &str| fields.iter().find(|(_, field)| field.get(KEYWORD).and_then(Value::as_str) == Some(what));
        let (text, field) = bearing("text")?;
        let longest = field.get("maxLength").and_then(Value::as_u64).and_then(|most| u32::try_from(most).ok());
        Some(Self { text: text.clone(), subject: bearing("subject").map(|(name, _)| name.clone()), longest })
    }

    /// The body that says a text, cut to what the channel takes; the subject stands where there is a field for one.
    pub fn document(&self, subject: &str, text: &str) -> Value {
        let text = match self.longest.map(|longest| longest as usize) {
            Some(longest) if text.chars().count() > longest => {
                text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
            }
            _ => text.to_owned(),
        };
        let subject = self.subject.iter().map(|field| (field.clone(), Value::from(subject)));
        Value::Object(Map::from_iter(subject.chain([(self.text.clone(), Value::from(text))])))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_says_which_fields_bear_what_a_person_writes() {
        let schema = json!({ "properties": {
            "title": { "x-plain": "subject", "type": "string" }, "words": { "x-plain": "text", "maxLength": 5 },
        }});
        let plain = PlainFields::of(&schema).unwrap();
        assert_eq!(plain.document("Hello", "Red"), json!({ "title": "Hello", "words": "Red" }));
        assert_eq!(plain.document("Hello", "Is it red?")["words"], "Is i…", "it is never longer than is taken");
        assert_eq!(PlainFields::of(&json!({ "properties": { "template": { "x-template": "name" } } })), None);
    }
}

//! Contents: what a message says, per channel and locale. Text leaves are templates, rendered when it leaves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::locale;
use crate::message::Purpose;
use crate::sms;

/// A content of a shop. Saving makes a new revision; versions keep the revision they were published with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Unique in the shop.
    pub name: String,
    /// Why it is sent.
    #[serde(default)]
    pub purpose: Purpose,
    /// The topic of consent that it belongs to (S18); without, its strategy's, else `general`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Labels that selectors read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The locale of those for whom no other fits.
    #[serde(default = "english")]
    pub default_locale: String,
    /// Values for variables that have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub defaults: BTreeMap<String, String>,
    /// At most so many parts where it goes out as a text message; what is longer is not sent (S25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_parts: Option<u32>,
    /// What it says on each channel in each locale.
    pub variants: Vec<Variant>,
}

/// What a content says on one channel in one locale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Short name of the channel: `inbox`, `whatsapp`, `email`.
    pub channel: String,
    /// BCP 47 tag; absent means the content's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// A document that fits the channel's content schema; its text leaves are templates.
    pub body: Value,
    /// What the host has made of the `mjml` of the body, when it was saved; what is given here is made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
}

/// What a mail that is written in MJML becomes: templates as before, filled in for each recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// What mail programs show.
    pub html: String,
    /// What it says without its looks, for a body that has no `text` of its own.
    pub text: String,
}

fn english() -> String {
    "en".into()
}

/// The short name of channels that a length in parts is about.
pub(crate) const SMS: &str = "sms";
/// The field of a body that holds MJML.
const MJML: &str = "mjml";

impl Variant {
    /// The source of a mail that is written in MJML.
    pub fn mjml(&self) -> Option<&str> {
        self.body.get(MJML)?.as_str()
    }

    /// The body as its channel takes it: what is written in MJML stands there as what was made of it.
    pub fn sent(&self) -> Value {
        let mut body = self.body.clone();
        if let (Some(made), Some(fields)) = (&self.made, body.as_object_mut()) {
            fields.remove(MJML);
            fields.insert("html".to_owned(), Value::String(made.html.clone()));
            fields.entry("text").or_insert_with(|| Value::String(made.text.clone()));
        }
        body
    }
}

impl Content {
    /// In how many parts a rendered text message would go out, if that is more than it may (S25).
    pub fn parts_too_many(&self, channel: &str, document: &Value) -> Option<usize> {
        let limit = self.sms_parts.filter(|_| channel == SMS)?;
        let parts = sms::length(document.get("text")?.as_str()?).parts;
        (parts > limit as usize).then_some(parts)
    }

    /// The variant for a channel and the customer's language (S15): the tag, then what is left when it is cut from
    /// the right, then the content's default.
    pub fn variant(&self, channel: &str, language: Option<&str>) -> Option<(&Variant, &str)> {
        let of_channel: Vec<(&Variant, &str)> = self
            .variants
            .iter()
            .filter(|variant| variant.channel == channel)
            .map(|variant| (variant, variant.locale.as_deref().unwrap_or(&self.default_locale)))
            .collect();
        let tags: Vec<&str> = of_channel.iter().map(|(_, tag)| *tag).collect();
        let place = locale::choose(&tags, language, &self.default_locale)?;
        Some(of_channel[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mail_in_mjml_leaves_as_what_was_made_of_it_and_a_text_of_its_own_stays() {
        let made = Made { html: "<p>Hi</p>".into(), text: "Hi".into() };
        let variant = |body| Variant { channel: "email".into(), locale: None, body, made: Some(made.clone()) };
        let derived = variant(json!({ "subject": "S", "mjml": "<mjml/>" }));
        assert_eq!(derived.sent(), json!({ "subject": "S", "html": "<p>Hi</p>", "text": "Hi" }));
        let own = variant(json!({ "subject": "S", "mjml": "<mjml/>", "text": "Own" }));
        assert_eq!(own.sent()["text"], "Own");
        let plain = Variant { made: None, ..variant(json!({ "text": "x" })) };
        assert_eq!(plain.sent(), plain.body);
    }

    #[test]
    fn s25_a_limit_in_parts_is_about_text_messages_as_they_are_rendered() {
        let content: Content = serde_json::from_value(json!({"name": "a", "sms_parts": 1, "variants": []})).unwrap();
        let said = |text: String| json!({ "text": text });
        assert_eq!(content.parts_too_many("sms", &said("a".repeat(160))), None);
        assert_eq!(content.parts_too_many("sms", &said("a".repeat(161))), Some(2));
        assert_eq!(content.parts_too_many("sms", &said("ế".repeat(71))), Some(2));
        assert_eq!(content.parts_too_many("email", &said("a".repeat(161))), None);
        let unlimited = Content { sms_parts: None, ..content };
        assert_eq!(unlimited.parts_too_many("sms", &said("a".repeat(1_000))), None);
    }
}

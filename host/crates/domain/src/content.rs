//! Contents: what a message says, per channel and locale. Text leaves are templates, rendered when it leaves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::locale;
use crate::message::Purpose;

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
}

fn english() -> String {
    "en".into()
}

impl Content {
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

//! What a plugin says of itself, and what it asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::locale;
use crate::shop::{ChannelAbility, Grants};

/// What a plugin says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Descriptor {
    /// For a list.
    pub title: String,
    /// One or two sentences.
    pub summary: String,
    /// JSON Schema of its configuration.
    pub config_schema: Value,
    /// Facts it reads.
    pub facts: Vec<FactNeed>,
    /// Hosts its requests go to.
    pub hosts: Vec<HostNeed>,
    /// Secrets it needs.
    pub secrets: Vec<SecretNeed>,
    /// Conditions: all branches; empty means yes and no.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<String>,
    /// Channels: what they can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ability: Option<ChannelAbility>,
    /// Channels: JSON Schema of a content variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_schema: Option<Value>,
    /// Sources: the tasks they do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<SourceAbility>,
    /// Its own words by language and key; the language `""` is what the others fall back to. What people read of the
    /// plugin, such as the titles of its schemas, has its English as key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub translations: BTreeMap<String, BTreeMap<String, String>>,
    /// How many subjects one instance decides for.
    #[serde(default, skip_serializing_if = "Instances::is_usual")]
    pub instances: Instances,
}

/// How many subjects one instance decides for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Instances {
    /// A fresh one for each batch.
    #[default]
    PerBatch,
    /// A fresh one for each subject.
    PerSubject,
}

impl Instances {
    fn is_usual(&self) -> bool {
        *self == Self::PerBatch
    }
}

/// A task that a source does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceAbility {
    /// Which.
    pub task: SourceTaskKind,
    /// Minutes between two; none leaves it to people and to need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_minutes: Option<u32>,
}

/// What a source can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceTaskKind {
    /// Ask what is new.
    Poll,
    /// Read what was there before.
    Backfill,
    /// Read the orders of some customers again.
    OrdersOf,
    /// Register the webhooks.
    Subscribe,
    /// See whether the credentials work.
    Probe,
}

/// A fact that a plugin wants to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactNeed {
    /// `interface.function` or `interface.*`.
    pub fact: String,
    /// For facts over a range: how many days back it looks at most; none asks for everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_days: Option<u32>,
    /// Why.
    pub why: String,
}

/// A host that a plugin wants to send requests to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostNeed {
    /// Host name, or `{config:/pointer}`.
    pub host: String,
    /// Methods, or `SMTP`.
    pub methods: Vec<String>,
    /// Prefix of the path.
    pub path_prefix: String,
    /// Requests a minute that it needs at most; none leaves it to the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Why.
    pub why: String,
}

/// A secret that a plugin wants to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretNeed {
    /// Name of its placeholder.
    pub name: String,
    /// For a form.
    pub title: String,
    /// Why.
    pub why: String,
}

impl Descriptor {
    /// How many days back it looks at most over an interface of facts: none if it reads nothing of it, `u32::MAX` if
    /// there is no end.
    pub fn looks_back(&self, interface: &str) -> Option<u32> {
        let of_it = |need: &&FactNeed| need.fact.split_once('.').is_some_and(|(name, _)| name == interface);
        self.facts.iter().filter(of_it).map(|need| need.within_days.unwrap_or(u32::MAX)).max()
    }

    /// One of its own words in a language (S15): of that language, else of the plain ones; none where nobody has it.
    pub fn translate(&self, key: &str, language: &str) -> Option<&str> {
        let having: Vec<&str> = self
            .translations
            .iter()
            .filter(|(_, words)| words.contains_key(key))
            .map(|(tag, _)| tag.as_str())
            .collect();
        let tag = locale::choose(&having, Some(language), "").map(|place| having[place])?;
        self.translations.get(tag)?.get(key).map(String::as_str)
    }

    /// The grants that would satisfy it with a configuration: what a person is asked to confirm.
    pub fn asks(&self, config: &Value) -> Grants {
        let host = |need: &HostNeed| -> String {
            need.host
                .strip_prefix("{config:")
                .and_then(|rest| rest.strip_suffix('}'))
                .map(|pointer| config.pointer(pointer).and_then(Value::as_str).unwrap_or_default())
                .map_or_else(|| need.host.clone(), host_of)
        };
        Grants {
            facts: self.facts.iter().map(|need| need.fact.clone()).collect(),
            within_days: self.facts.iter().filter_map(|need| Some((need.fact.clone(), need.within_days?))).collect(),
            hosts: self
                .hosts
                .iter()
                .map(|need| crate::shop::HostGrant {
                    host: host(need),
                    methods: need.methods.clone(),
                    path_prefix: need.path_prefix.clone(),
                    per_minute: need.per_minute,
                })
                .filter(|grant| !grant.host.is_empty())
                .collect(),
            secrets: self.secrets.iter().map(|need| need.name.clone()).collect(),
        }
    }
}

/// The host, with its port if one is written, of a URL; or the text itself if it is none.
fn host_of(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
}

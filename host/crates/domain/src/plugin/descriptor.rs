//! What a plugin says of itself, and what it asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

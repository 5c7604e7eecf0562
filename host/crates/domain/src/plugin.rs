//! Plugins as values: what one says of itself, how it is installed, how it can fail.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::locale;
use crate::shop::{ChannelAbility, Grants, PluginRef};
use crate::time::Timestamp;
use crate::trust::SignedBy;

/// The five kinds of plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PluginKind {
    /// Decides which branch.
    Condition,
    /// Decides which content.
    Selector,
    /// Reaches a provider.
    Channel,
    /// Understands a shop platform.
    Source,
    /// Turns templates into text.
    Renderer,
}

impl PluginKind {
    /// The word of the WIT.
    pub fn name(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Selector => "selector",
            Self::Channel => "channel",
            Self::Source => "source",
            Self::Renderer => "renderer",
        }
    }
}

impl std::fmt::Display for PluginKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One installed version of a plugin. The newest installed of a name is the active one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PluginRecord {
    /// From the component's metadata.
    pub name: String,
    /// From the component's metadata, `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// SHA-256 of the component, hex.
    pub digest: String,
    /// Which of the five.
    pub kind: PluginKind,
    /// The WIT package it was built for, such as `cartwright:plugin@0.1.0`.
    pub built_for: String,
    /// Size of the component in bytes.
    pub size: u64,
    /// From the component's metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// From the component's metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authors: Option<String>,
    /// What it says of itself.
    pub descriptor: Descriptor,
    /// For conditions, selectors and renderers: what the shop allows it. Connections carry their own grants.
    #[serde(default)]
    pub grants: Grants,
    /// What an operator allows it beyond or below the usual limits.
    #[serde(default, skip_serializing_if = "PluginLimits::is_usual")]
    pub limits: PluginLimits,
    /// Who signed it, as far as the shop knew the key at its upload; none for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<SignedBy>,
    /// What the shop was warned of at its upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distrust: Option<String>,
    /// When it was installed.
    pub installed_at: Timestamp,
    /// Whether new decisions use it.
    pub active: bool,
}

impl PluginRecord {
    /// The number before the first dot of the version.
    pub fn major(&self) -> u64 {
        self.version.split('.').next().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// `name@version (digest)`, as traces write it.
    pub fn label(&self) -> String {
        format!("{}@{} ({})", self.name, self.version, &self.digest[..self.digest.len().min(12)])
    }
}

/// The installed version that a reference takes: active, of its name and major version; without one, the newest.
pub fn active_plugin<'a>(installed: &'a [PluginRecord], wanted: &PluginRef) -> Option<&'a PluginRecord> {
    installed
        .iter()
        .filter(|record| record.active && record.name == wanted.name)
        .filter(|record| wanted.major.is_none_or(|major| major == record.major()))
        .min_by_key(|record| std::cmp::Reverse(record.installed_at))
}

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
    /// Its own words by language and key; the language `""` is what the others fall back to.
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

/// What an operator allows a plugin beyond or below the usual limits (S42); what is left out stays as usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginLimits {
    /// Milliseconds for any one subject, document or step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_ms: Option<u32>,
    /// MiB over all memories of an instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u32>,
    /// KiB that one call may hand to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_kib: Option<u32>,
    /// Lines of log for one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_lines: Option<u32>,
    /// Rounds of requests in one task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// Seconds for one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_s: Option<u32>,
}

impl PluginLimits {
    /// Whether nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What one call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Microseconds of running, without waiting for a place.
    pub micros: u64,
    /// Most bytes of memory at a time, over all memories of the instance.
    pub memory_bytes: u64,
}

/// Why a plugin gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{problem}: {message}")]
pub struct PluginFailure {
    /// What it was.
    pub problem: Problem,
    /// In words, with the limit and its value where one was crossed.
    pub message: String,
    /// Of a trap: the functions of the guest, innermost first, with the source line where the component says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<String>,
}

impl PluginFailure {
    /// A failure in words.
    pub fn new(problem: Problem, message: impl Into<String>) -> Self {
        Self { problem, message: message.into(), backtrace: Vec::new() }
    }
}

/// What can go wrong with a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// It answered with a fault of its own.
    Fault,
    /// Its fault `bad-config`.
    BadConfig,
    /// Its fault `bad-input`.
    BadInput,
    /// Its fault `missing-fact`.
    MissingFact,
    /// Its fault `not-supported`.
    NotSupported,
    /// It crashed.
    Trap,
    /// It took too long.
    TimeOut,
    /// It wanted too much memory.
    Memory,
    /// It answered with something that is no answer.
    InvalidAnswer,
    /// It answered with too much.
    TooLarge,
    /// It read a fact that it does not declare.
    FactNotDeclared,
    /// It read or did what the shop did not grant.
    NotGranted,
    /// Made again from a record, it read a fact that the record does not have.
    FactNotRecorded,
    /// No place to run it at the moment.
    Busy,
    /// It is not installed, or cannot be loaded.
    NotInstalled,
}

impl Problem {
    /// Whether the same facts may give an answer later (S12).
    pub fn may_pass(self) -> bool {
        matches!(self, Self::TimeOut | Self::Busy)
    }

    /// Whether the same component would fail in the same way on the same facts, on any machine.
    pub fn is_of_the_facts(self) -> bool {
        !matches!(self, Self::TimeOut | Self::Busy | Self::Memory | Self::NotInstalled)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fault => "fault",
            Self::BadConfig => "bad configuration",
            Self::BadInput => "bad input",
            Self::MissingFact => "missing fact",
            Self::NotSupported => "not supported",
            Self::Trap => "trap",
            Self::TimeOut => "time-out",
            Self::Memory => "memory limit",
            Self::InvalidAnswer => "invalid answer",
            Self::TooLarge => "answer too large",
            Self::FactNotDeclared => "fact not declared",
            Self::NotGranted => "not granted",
            Self::FactNotRecorded => "fact not recorded",
            Self::Busy => "busy",
            Self::NotInstalled => "not installed",
        })
    }
}

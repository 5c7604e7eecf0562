//! Plugins as values: what one says of itself, how it is installed, how it can fail.

mod audit;
pub mod breaker;
mod descriptor;
mod failure;
mod figures;
mod limits;
mod stage;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shop::{Grants, PluginRef};
use crate::time::Timestamp;
use crate::trust::SignedBy;

pub use audit::{AuditEntry, Audited, Kill, Rejected};
pub use breaker::Breaker;
pub use descriptor::{Descriptor, FactNeed, HostNeed, Instances, SecretNeed, SourceAbility, SourceTaskKind};
pub use failure::{PluginFailure, Problem, Usage};
pub use figures::{Figures, Tally};
pub use limits::PluginLimits;
pub use stage::{MoveError, Stage, is_in_canary, moved, rolled_back};

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

    /// Whether it only decides, so that asking it changes nothing.
    pub fn decides(self) -> bool {
        matches!(self, Self::Condition | Self::Selector)
    }
}

impl std::fmt::Display for PluginKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One installed version of a plugin.
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
    /// Where it stands.
    #[serde(flatten)]
    pub stage: Stage,
    /// Since when.
    #[serde(default)]
    pub since: Timestamp,
    /// Why, where something happened to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
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
        .filter(|record| record.is_active() && record.name == wanted.name)
        .filter(|record| wanted.major.is_none_or(|major| major == record.major()))
        .min_by_key(|record| std::cmp::Reverse(record.installed_at))
}

//! Who did what to a plugin, and why: one line for each change, never changed afterwards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PluginLimits, Stage};
use crate::ids::NoteId;
use crate::shop::Grants;
use crate::time::Timestamp;
use crate::trust::SignedBy;

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// Ours.
    pub id: NoteId,
    /// When.
    pub at: Timestamp,
    /// Who: the label of the key, or the part of the service that did it by itself.
    pub by: String,
    /// Name of the plugin.
    pub plugin: String,
    /// SHA-256 of the version, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What.
    #[serde(flatten)]
    pub did: Audited,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Audited {
    /// A version was uploaded.
    Uploaded {
        /// Its version.
        version: String,
        /// Who signed it, as far as the shop knew the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed_by: Option<SignedBy>,
        /// What the shop was warned of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        distrust: Option<String>,
    },
    /// It asks for more than was granted, and waits.
    AskedForMore {
        /// What it asks for and was not granted.
        missing: Vec<String>,
    },
    /// It was granted this; what was granted before is gone.
    Granted {
        /// From now on.
        grants: Grants,
    },
    /// It moved from one stage to another.
    Moved {
        /// Where it stood.
        from: Stage,
        /// Where it stands.
        to: Stage,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The plugin was stopped.
    Killed {
        /// Why.
        why: String,
    },
    /// It may go on.
    Revived,
    /// An operator changed its limits.
    Limited {
        /// From now on.
        limits: PluginLimits,
    },
    /// Its circuit breaker opened.
    BreakerOpened {
        /// Subjects it failed on.
        failures: u32,
        /// Of so many.
        subjects: u32,
    },
    /// Its circuit breaker closed.
    BreakerClosed,
}

/// A plugin that was stopped: whatever would ask it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kill {
    /// Name of the plugin: all its versions.
    pub plugin: String,
    /// Since when.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
    /// Why.
    pub why: String,
}

/// An upload that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejected {
    /// Ours.
    pub id: NoteId,
    /// When.
    pub at: Timestamp,
    /// Who sent it.
    pub by: String,
    /// SHA-256 of the file, hex.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// The check that refused it: file, metadata, compile, imports, world or describe.
    pub check: String,
    /// What is wrong with it, and what to do.
    pub message: String,
}

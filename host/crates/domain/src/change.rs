//! The audit of a shop: who changed what over the API. One line for each change, never changed afterwards (S46).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::NoteId;
use crate::time::Timestamp;

/// Something that somebody changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Ours.
    pub id: NoteId,
    /// When.
    pub at: Timestamp,
    /// Who: the name of a person, or the label of a key.
    pub by: String,
    /// By what they were known.
    pub with: Known,
    /// The operation, as the published document has it: `PUT /v1/contents/{name}`.
    pub operation: String,
    /// What its address named: `{"name": "reminder"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub about: BTreeMap<String, String>,
    /// The name of what was changed, where the answer tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its state from then on, where the answer tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// By what a caller is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// They signed in.
    Person,
    /// An API key.
    Key,
}

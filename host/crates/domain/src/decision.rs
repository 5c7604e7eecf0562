//! A decision of a plugin with everything it was made on: what `replay` makes again, what a trap leaves behind, what
//! a shadow's difference shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fact::FactRead;
use crate::ids::RunId;
use crate::plan::{Offered, Reply};
use crate::plugin::{PluginFailure, PluginKind};
use crate::time::Timestamp;

/// One decision about one subject. The moment, the configuration, the chance of (run, step), the candidates and the
/// facts are all that a pure plugin can see, so the same component gives the same answer again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionRecord {
    /// Name of the plugin.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component, hex.
    pub digest: String,
    /// A condition or a selector.
    pub kind: PluginKind,
    /// The configuration of the step.
    pub config: Value,
    /// The run that asked.
    pub run: RunId,
    /// The step that asked.
    pub step: String,
    /// The moment.
    pub now: Timestamp,
    /// Selectors: what was offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Offered>,
    /// The facts it read, in order.
    pub facts: Vec<FactRead>,
    /// What it answered.
    pub answer: DecisionAnswer,
}

/// What a plugin answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionAnswer {
    /// A branch or a content.
    Decided(Reply),
    /// Nothing usable.
    Failed(PluginFailure),
}

impl DecisionRecord {
    /// Whether the answer can be made again: a time-out or a lack of room says nothing about the facts.
    pub fn is_replayable(&self) -> bool {
        match &self.answer {
            DecisionAnswer::Decided(_) => true,
            DecisionAnswer::Failed(failure) => failure.problem.is_of_the_facts(),
        }
    }
}

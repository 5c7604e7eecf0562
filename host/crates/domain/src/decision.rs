//! A decision of a plugin with everything it was made on: what `replay` makes again, what a trap leaves behind, what
//! a shadow's difference shows. Its facts, its configuration and its words may be personal data of the run's customer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fact::FactRead;
use crate::ids::{NoteId, RunId};
use crate::plan::{Answer, Offered, Question, Reply};
use crate::plugin::{PluginFailure, PluginKind, PluginRecord};
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
    /// What a version answered about one subject.
    pub fn new(version: &PluginRecord, question: &Question, run: RunId, now: Timestamp, answer: &Answer) -> Self {
        Self {
            plugin: version.name.clone(),
            version: version.version.clone(),
            digest: version.digest.clone(),
            kind: version.kind,
            config: question.asked_config(),
            run,
            step: question.step.clone(),
            now,
            candidates: question.candidates.clone().unwrap_or_default(),
            facts: answer.reads.clone(),
            answer: DecisionAnswer::of(&answer.reply),
        }
    }
    /// Whether the answer can be made again: a time-out or a lack of room says nothing about the facts.
    pub fn is_replayable(&self) -> bool {
        match &self.answer {
            DecisionAnswer::Decided(_) => true,
            DecisionAnswer::Failed(failure) => failure.problem.is_of_the_facts(),
        }
    }
}

impl DecisionAnswer {
    /// From what a plugin said.
    pub fn of(reply: &Result<Reply, PluginFailure>) -> Self {
        match reply {
            Ok(reply) => Self::Decided(reply.clone()),
            Err(failure) => Self::Failed(failure.clone()),
        }
    }
}

/// A failure with everything it came from: its `decision` is a replay file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrapRecord {
    /// Ours.
    pub id: NoteId,
    /// When.
    pub at: Timestamp,
    /// What it was; its back-trace names the functions of the guest, innermost first.
    pub failure: PluginFailure,
    /// The decision that it was to be.
    pub decision: DecisionRecord,
}

/// Where a shadow decided otherwise than the active version, about the same subject at the same moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Ours.
    pub id: NoteId,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub active: DecisionRecord,
    /// What would have been done.
    pub shadow: DecisionRecord,
}

impl Difference {
    /// Whether two answers lead to different branches or contents. Their words may differ.
    pub fn is_between(active: &Result<Reply, PluginFailure>, shadow: &Result<Reply, PluginFailure>) -> bool {
        match (active, shadow) {
            (Ok(active), Ok(shadow)) => active.leads_to() != shadow.leads_to(),
            (Err(active), Err(shadow)) => active.problem != shadow.problem,
            _ => true,
        }
    }
}

/// A line that a plugin wrote into its log. It may hold personal data of whomever the call was about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogEntry {
    /// Ours.
    pub id: NoteId,
    /// When.
    pub at: Timestamp,
    /// The run that it was asked about, where it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The line.
    pub line: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Problem;

    #[test]
    fn answers_differ_where_they_lead_and_not_in_their_words() {
        let branch = |branch: &str, reason: &str| {
            Ok(Reply::Branch { branch: branch.to_owned(), reason: Some(reason.to_owned()) })
        };
        let failed = |problem| Err(PluginFailure::new(problem, "no"));
        assert!(!Difference::is_between(&branch("yes", "7 orders"), &branch("yes", "seven orders")));
        assert!(Difference::is_between(&branch("yes", ""), &branch("no", "")));
        assert!(Difference::is_between(&branch("yes", ""), &failed(Problem::Trap)));
        assert!(!Difference::is_between(&failed(Problem::Trap), &failed(Problem::Trap)));
    }
}

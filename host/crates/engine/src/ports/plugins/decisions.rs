//! What conditions, selectors and renderers are asked and answer.

use cartwright_domain::fact::FactRead;
use cartwright_domain::plan::{Offered, Reply};
use cartwright_domain::plugin::{PluginFailure, Usage};

/// An answer with everything the trace wants to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered<T> {
    /// The answer.
    pub result: Result<T, PluginFailure>,
    /// The facts that were read, in order.
    pub reads: Vec<FactRead>,
    /// Lines that the plugin logged.
    pub log: Vec<String>,
    /// What the call used.
    pub usage: Usage,
}

/// A condition's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The branch; the runtime has checked that it is declared.
    pub branch: String,
    /// The plugin's own words.
    pub reason: Option<String>,
}

impl From<Verdict> for Reply {
    fn from(verdict: Verdict) -> Self {
        Self::Branch { branch: verdict.branch, reason: verdict.reason }
    }
}

/// A selector's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Place among the candidates; the runtime has checked that it is one.
    pub candidate: usize,
    /// Extra variables.
    pub variables: Vec<(String, String)>,
    /// The plugin's own words.
    pub reason: Option<String>,
}

impl Choice {
    /// The choice among these candidates, by name.
    pub fn reply(self, candidates: &[Offered]) -> Reply {
        // The runtime has checked the place; a wrong one would name no content, which the planner refuses.
        let content = candidates.get(self.candidate).map(|candidate| candidate.name.clone()).unwrap_or_default();
        Reply::Content { content, variables: self.variables, reason: self.reason }
    }
}

/// A text leaf of a content variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplatePart {
    /// JSON pointer of the leaf.
    pub name: String,
    /// The template.
    pub template: String,
    /// Whether values are escaped for HTML.
    pub escape: Escape,
}

/// How values are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Not at all.
    None,
    /// For HTML.
    Html,
}

/// What a renderer found in templates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateReport {
    /// Dotted paths that are read.
    pub variables: Vec<String>,
    /// Part and what is wrong with it.
    pub errors: Vec<(String, String)>,
}

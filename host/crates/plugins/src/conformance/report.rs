//! What an examination found.

use std::fmt;

use cartwright_domain::plugin::PluginKind;
use serde::Serialize;

/// All checks of one component, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `name@version`.
    pub plugin: String,
    /// Which of the five.
    pub kind: PluginKind,
    /// Each check with its finding.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Short and stable, such as `batch-equals-singles`.
    pub name: &'static str,
    /// What must hold.
    pub statement: &'static str,
    /// Whether it does.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// It holds.
    Passed,
    /// It does not.
    Failed {
        /// What was seen.
        seen: String,
        /// What to do.
        remedy: String,
    },
    /// It says nothing about this component, or cannot be tried on it.
    NotApplicable {
        /// Why.
        why: String,
    },
}

impl Report {
    pub(super) fn new(plugin: String, kind: PluginKind) -> Self {
        Self { plugin, kind, checks: Vec::new() }
    }

    /// Whether nothing failed.
    pub fn is_clean(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Every failed check, with what was seen and what to do.
    pub fn failures(&self) -> impl Iterator<Item = (&Check, &str, &str)> {
        self.checks.iter().filter_map(|check| match &check.finding {
            Finding::Failed { seen, remedy } => Some((check, seen.as_str(), remedy.as_str())),
            Finding::Passed | Finding::NotApplicable { .. } => None,
        })
    }

    /// The finding of a check, if it was made.
    pub fn finding(&self, name: &str) -> Option<&Finding> {
        self.checks.iter().find(|check| check.name == name).map(|check| &check.finding)
    }

    /// Notes a check. `seen` is what speaks against it.
    pub(super) fn note(&mut self, rule: Rule, seen: Result<(), String>) {
        let finding = match seen {
            Ok(()) => Finding::Passed,
            Err(seen) => Finding::Failed { seen: shortened(&seen), remedy: rule.remedy.to_owned() },
        };
        self.checks.push(Check { name: rule.name, statement: rule.statement, finding });
    }

    pub(super) fn leave_out(&mut self, rule: Rule, why: &str) {
        let finding = Finding::NotApplicable { why: why.to_owned() };
        self.checks.push(Check { name: rule.name, statement: rule.statement, finding });
    }
}

/// One promise of the kit.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) statement: &'static str,
    pub(super) remedy: &'static str,
}

/// As much of a text as a person reads.
fn shortened(text: &str) -> String {
    const MOST: usize = 600;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.plugin, self.kind)?;
        for check in &self.checks {
            match &check.finding {
                Finding::Passed => writeln!(f, "  passed          {}", check.statement)?,
                Finding::NotApplicable { why } => writeln!(f, "  not applicable  {} ({why})", check.statement)?,
                Finding::Failed { seen, remedy } => {
                    writeln!(f, "  FAILED          {}", check.statement)?;
                    writeln!(f, "                  seen: {seen}")?;
                    writeln!(f, "                  do:   {remedy}")?;
                }
            }
        }
        let failed = self.failures().count();
        write!(f, "{} checks, {failed} failed", self.checks.len())
    }
}

//! The condition step: by a rule tree or by a plugin, and what a plugin's failure comes to (S11, S12).

use std::collections::BTreeMap;

use super::{Answer, BETWEEN_TRIES, Flow, HELD, LOOK_AGAIN, Planner, Reply, TRIES};
use crate::fact::FactRead;
use crate::plugin::{PluginFailure, Problem};
use crate::rule::{Group, Truth};
use crate::run::EndReason;
use crate::strategy::BranchRule;
use crate::time::Timestamp;
use crate::trace::Happening;

/// Who took a branch, and why.
struct By<'a> {
    label: &'a str,
    digest: Option<String>,
    reason: Option<String>,
}

impl Planner<'_> {
    pub(super) fn branch_by_rule(&mut self, step: &str, rule: &Group, branches: &BTreeMap<String, String>) -> Flow {
        let mut reads = Vec::new();
        let truth = rule.evaluate(self.situation.subject, &mut reads);
        let branch = match truth {
            Truth::Yes => "yes",
            Truth::Unknown if branches.contains_key("unknown") => "unknown",
            Truth::No | Truth::Unknown => "no",
        };
        self.branch(step, branch, By { label: "rule", digest: None, reason: None }, reads, branches)
    }

    /// The first rule that says yes. One that is not known does not match, and does not hide those after it.
    pub(super) fn branch_by_rules(
        &mut self,
        step: &str,
        rules: &[BranchRule],
        branches: &BTreeMap<String, String>,
    ) -> Flow {
        let mut reads = Vec::new();
        let mut none = "no";
        let mut taken = None;
        for BranchRule { branch, rule } in rules {
            match rule.evaluate(self.situation.subject, &mut reads) {
                Truth::Yes => {
                    taken = Some(branch.as_str());
                    break;
                }
                Truth::Unknown if branches.contains_key("unknown") => none = "unknown",
                Truth::No | Truth::Unknown => {}
            }
        }
        let by = By { label: "rule", digest: None, reason: None };
        self.branch(step, taken.unwrap_or(none), by, reads, branches)
    }

    pub(super) fn branch_by_plugin(
        &mut self,
        step: &str,
        answer: &Answer,
        branches: &BTreeMap<String, String>,
        on_error: &str,
        since: Timestamp,
        tries: u32,
    ) -> Flow {
        let reads = answer.reads.clone();
        let failure = match &answer.reply {
            Ok(Reply::Branch { branch, reason }) if branches.contains_key(branch) => {
                let by = By { label: &answer.by, digest: answer.digest.clone(), reason: reason.clone() };
                return self.branch(step, branch, by, reads, branches);
            }
            Ok(_) => PluginFailure::new(Problem::InvalidAnswer, "its branch is not drawn at this step"),
            Err(failure) => failure.clone(),
        };
        if let Some(rest) = self.hold(step, answer, &failure, since, tries) {
            return rest;
        }
        if let Some(rest) = self.try_again(step, answer, &failure, since, tries) {
            return rest;
        }
        if on_error == "hold" {
            let then = format!("holds, and looks again every {LOOK_AGAIN}");
            // Told once, not at every look.
            if tries != TRIES + 1 {
                self.tell_failure(step, answer, &failure, then);
            }
            self.rest_at(step, since, TRIES + 1, self.now + LOOK_AGAIN);
            return Flow::Rest;
        }
        // Never a silent yes: what is not drawn falls to `no`.
        let branch = if branches.contains_key(on_error) { on_error } else { "no" };
        self.tell_failure(step, answer, &failure, format!("takes branch `{branch}` (on_error)"));
        self.branch(step, branch, By { label: "on_error", digest: None, reason: None }, Vec::new(), branches)
    }

    /// S13: a plugin that was not asked decides nothing, whatever the step says about errors. Told once, not at every
    /// look.
    pub(super) fn hold(
        &mut self,
        step: &str,
        answer: &Answer,
        failure: &PluginFailure,
        since: Timestamp,
        tries: u32,
    ) -> Option<Flow> {
        if failure.problem != Problem::Held {
            return None;
        }
        if tries != HELD {
            self.tell_failure(step, answer, failure, format!("holds, and looks again every {LOOK_AGAIN}"));
        }
        self.rest_at(step, since, HELD, self.now + LOOK_AGAIN);
        Some(Flow::Rest)
    }

    /// S12: a time-out or missing slot is tried again; anything else would give the same answer.
    pub(super) fn try_again(
        &mut self,
        step: &str,
        answer: &Answer,
        failure: &PluginFailure,
        since: Timestamp,
        tries: u32,
    ) -> Option<Flow> {
        // Whoever was held until now has not been tried yet.
        let tries = if tries == HELD { 0 } else { tries };
        if !failure.problem.may_pass() || tries >= TRIES {
            return None;
        }
        let again = self.now + BETWEEN_TRIES;
        self.tell_failure(step, answer, failure, format!("tries again at {again}"));
        self.rest_at(step, since, tries + 1, again);
        Some(Flow::Rest)
    }

    fn branch(
        &mut self,
        step: &str,
        branch: &str,
        by: By<'_>,
        reads: Vec<FactRead>,
        branches: &BTreeMap<String, String>,
    ) -> Flow {
        let By { label, digest, reason } = by;
        let what = Happening::Branched { branch: branch.to_owned(), by: label.to_owned(), digest, reason };
        self.tell(Some(step), what, reads);
        match branches.get(branch) {
            Some(next) => self.go(next, self.now),
            None => self.end(EndReason::PluginFailed),
        }
    }
}

//! Conditions: one verdict for each subject.

use cartwright_domain::facts::Subject;
use cartwright_domain::plugin::{PluginFailure, PluginKind};
use cartwright_engine::ports::Verdict;
pub(crate) use cartwright_plugins_bindings::v0_2::condition::exports::cartwright::plugin::condition as wit;
use cartwright_plugins_bindings::v0_2::imports::types::Fault;
use wasmtime::Store;

use super::{Live, convert};
use crate::batch::Work;
use crate::failure::{invalid, within};
use crate::guest::Guest;
use crate::limits::{BatchTime, Limits};

/// Verdicts on a batch of subjects.
pub(crate) struct Evaluate<'a> {
    pub(crate) branches: &'a [String],
    pub(crate) subjects: &'a [Subject],
}

impl Work for Evaluate<'_> {
    type Answer = Verdict;
    const WHAT: &'static str = "one subject";

    fn items(&self) -> usize {
        self.subjects.len()
    }

    fn time(&self, limits: &Limits) -> BatchTime {
        limits.decision
    }

    fn present(&self, guest: &mut Guest, index: usize) {
        guest.present(&self.subjects[index]);
    }

    async fn call(
        &self,
        live: &Live,
        store: &mut Store<Guest>,
        _: usize,
    ) -> wasmtime::Result<Result<Verdict, PluginFailure>> {
        ask(live, store, self.branches).await
    }
}

/// The verdict on whoever is present.
pub(crate) async fn ask(
    live: &Live,
    store: &mut Store<Guest>,
    branches: &[String],
) -> wasmtime::Result<Result<Verdict, PluginFailure>> {
    let answer = live.evaluate(&mut *store).await?;
    Ok(answer.map_err(convert::fault).and_then(|answer| verdict(&store.data().limits, branches, answer)))
}

impl Live {
    async fn evaluate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Result<wit::Verdict, Fault>> {
        match self {
            Self::Condition(live) => live.cartwright_plugin_condition().call_evaluate(store).await,
            Self::V0_1(older) => older.evaluate(store).await,
            _ => Err(self.is_not(PluginKind::Condition)),
        }
    }
}

/// The branches of a condition: its own, or yes and no.
pub(crate) fn branches(own: &[String]) -> Vec<&str> {
    if own.is_empty() { vec!["yes", "no"] } else { own.iter().map(String::as_str).collect() }
}

fn verdict(limits: &Limits, own: &[String], answer: wit::Verdict) -> Result<Verdict, PluginFailure> {
    let branches = branches(own);
    if !branches.contains(&answer.branch.as_str()) {
        let shown: String = answer.branch.chars().take(100).collect();
        return Err(invalid(format!("it took the branch `{shown}`; declared are {}", branches.join(", "))));
    }
    within(limits, "the reason", answer.reason.as_ref().map_or(0, String::len))?;
    Ok(Verdict { branch: answer.branch, reason: answer.reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s12_an_undeclared_branch_is_no_answer() {
        let answer = |branch: &str| wit::Verdict { branch: branch.to_owned(), reason: None };
        let limits = Limits::default();
        assert_eq!(verdict(&limits, &[], answer("yes")).unwrap().branch, "yes");
        let own = ["gold".to_owned(), "silver".to_owned()];
        let failure = verdict(&limits, &own, answer("yes")).unwrap_err();
        assert_eq!(failure.to_string(), "invalid answer: it took the branch `yes`; declared are gold, silver");
    }
}

//! Selectors: one choice for each subject.

use std::sync::Arc;

use cartwright_domain::facts::Subject;
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{PluginFailure, PluginKind};
use cartwright_engine::ports::Choice;
use cartwright_plugins_bindings::v0_2::imports::types::Fault;
pub(crate) use cartwright_plugins_bindings::v0_2::selector::exports::cartwright::plugin::selector as wit;
use wasmtime::Store;

use super::{Live, convert};
use crate::batch::Work;
use crate::failure::invalid;
use crate::guest::Guest;
use crate::limits::{BatchTime, Limits};

/// Choices for a batch of subjects.
pub(crate) struct Select<'a> {
    pub(crate) candidates: Arc<[Offered]>,
    pub(crate) subjects: &'a [Subject],
}

impl Work for Select<'_> {
    type Answer = Choice;
    const WHAT: &'static str = "one subject";

    fn items(&self) -> usize {
        self.subjects.len()
    }

    fn time(&self, limits: &Limits) -> BatchTime {
        limits.decision
    }

    fn present(&self, guest: &mut Guest, index: usize) {
        guest.candidates = self.candidates.clone();
        guest.present(&self.subjects[index]);
    }

    async fn call(
        &self,
        live: &Live,
        store: &mut Store<Guest>,
        _: usize,
    ) -> wasmtime::Result<Result<Choice, PluginFailure>> {
        ask(live, store, self.candidates.len()).await
    }
}

/// The choice for whoever is present.
pub(crate) async fn ask(
    live: &Live,
    store: &mut Store<Guest>,
    candidates: usize,
) -> wasmtime::Result<Result<Choice, PluginFailure>> {
    let answer = live.select(store).await?;
    Ok(answer.map_err(convert::fault).and_then(|answer| choice(candidates, answer)))
}

impl Live {
    async fn select(&self, store: &mut Store<Guest>) -> wasmtime::Result<Result<wit::Choice, Fault>> {
        match self {
            Self::Selector(live) => live.cartwright_plugin_selector().call_select(store).await,
            Self::V0_1(older) => older.select(store).await,
            _ => Err(self.is_not(PluginKind::Selector)),
        }
    }
}

fn choice(candidates: usize, answer: wit::Choice) -> Result<Choice, PluginFailure> {
    let candidate = answer.candidate as usize;
    if candidate >= candidates {
        return Err(invalid(format!("it chose candidate {candidate}, counted from 0, of {candidates}")));
    }
    let variables = answer.variables.into_iter().map(|variable| (variable.name, variable.value)).collect();
    Ok(Choice { candidate, variables, reason: answer.reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_beyond_the_last_is_no_answer() {
        let answer = |candidate| wit::Choice { candidate, variables: Vec::new(), reason: None };
        assert_eq!(choice(2, answer(1)).unwrap().candidate, 1);
        assert!(choice(2, answer(2)).is_err());
        assert!(choice(0, answer(0)).is_err());
    }
}

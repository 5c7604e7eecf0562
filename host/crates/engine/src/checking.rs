//! The invariants of a shop, over its database: asked by tests after every story and fault, and by `doctor`.

use std::collections::BTreeMap;

use cartwright_domain::check::{Violation, check_all, check_counted, check_figures};
use cartwright_domain::funnel::{self, Cell};
use cartwright_domain::ids::{RunId, ShopId};
use cartwright_domain::local::Day;
use cartwright_domain::message::Message;
use cartwright_domain::run::Run;

use crate::Engine;
use crate::ports::{FigureFilter, PageRequest, RunFilter, StoreError, Wanted};

/// What looking at a shop came to.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Runs that were looked at, with all their messages.
    pub runs: u64,
    /// Their messages.
    pub messages: u64,
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// The sums of reports moved meanwhile, so nothing is said about them.
    pub figures_moved: bool,
}

impl Engine {
    /// Looks at all runs and messages of a shop, a page at a time, and at the sums of its reports. `progress` is told
    /// how many runs have been looked at.
    pub async fn check_shop(&self, shop: ShopId, progress: &(dyn Fn(u64) + Sync)) -> Result<Checked, StoreError> {
        let mut checked = Checked::default();
        let before = self.all_figures(shop).await?;
        let mut sums: BTreeMap<Cell, i64> = BTreeMap::new();
        let mut page = PageRequest { after: None, limit: 200 };
        loop {
            let found = self.store.runs(shop, &RunFilter::default(), &page).await?;
            let ids: Vec<RunId> = found.items.iter().map(|run| run.id).collect();
            let slice = self.store.load(shop, &Wanted { runs: ids.clone(), ..Wanted::default() }).await?;
            let runs: BTreeMap<RunId, &Run> = slice
                .runs
                .iter()
                .map(|entry| (entry.value.id, &entry.value))
                .filter(|(id, _)| ids.contains(id))
                .collect();
            // A customer's other runs come along, and have their turn on another page.
            let messages: Vec<&Message> = slice
                .messages
                .iter()
                .map(|entry| &entry.value)
                .filter(|message| runs.contains_key(&message.run))
                .collect();
            checked.violations.extend(check_all(&runs.values().copied().collect::<Vec<_>>(), &messages));
            checked.violations.extend(check_counted(&messages));
            let of_run = messages.iter().filter_map(|message| {
                let run = runs.get(&message.run)?;
                Some((*message, run.strategy, run.version))
            });
            for (cell, sum) in funnel::sums(of_run) {
                *sums.entry(cell).or_default() += sum;
            }
            checked.runs += runs.len() as u64;
            checked.messages += messages.len() as u64;
            progress(checked.runs);
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        checked.figures_moved = self.all_figures(shop).await? != before;
        if !checked.figures_moved {
            checked.violations.extend(check_figures(&sums, &before));
        }
        Ok(checked)
    }

    async fn all_figures(&self, shop: ShopId) -> Result<BTreeMap<Cell, i64>, StoreError> {
        let filter = FigureFilter { from: Day::FIRST, to: Day::LAST, strategy: None };
        Ok(self.store.message_figures(shop, &filter).await?.into_iter().collect())
    }
}

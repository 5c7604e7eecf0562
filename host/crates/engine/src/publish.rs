//! Publishing: a definition becomes an immutable version, or is refused with every fault and its place.

use cartwright_domain::content::Content;
use cartwright_domain::ids::{ShopId, StrategyId};
use cartwright_domain::strategy::{StateChange, Stays, Step, Strategy, StrategyRecord, StrategyState, Version, Ways};

pub use cartwright_domain::publish::{Severity, StrategyFault};

use crate::Engine;
use crate::holdings::Holdings;
use crate::install::CONFLICTS;
use crate::mjml::make_all;
use crate::ports::{PageRequest, Publication, RunFilter, StoreError};

/// A published version.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The strategy over all its versions.
    pub record: StrategyRecord,
    /// The version that new runs take from now on.
    pub version: Version,
    /// What is worth a look and was let pass.
    pub warnings: Vec<StrategyFault>,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// These are wrong; warnings stand among them.
    #[error("{}", list(.0))]
    Faults(Vec<StrategyFault>),
    /// Another strategy of the shop has the name.
    #[error("there is another strategy named `{0}`; give this one another name, or publish it as its next version")]
    NameTaken(String),
    /// There is no such strategy in the shop.
    #[error("there is no such strategy")]
    NotFound,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a strategy was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no such strategy in the shop.
    #[error("there is no such strategy")]
    NotFound,
    /// It is still at work.
    #[error("`{name}` stays: {why}")]
    Stays {
        /// Its name.
        name: String,
        /// Why, and what to do.
        why: Stays,
    },
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) fn list(faults: &[StrategyFault]) -> String {
    faults.iter().filter(|fault| fault.refuses()).map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Engine {
    /// Everything that is wrong with a definition, warnings included. Nothing is stored.
    pub async fn check_strategy(&self, shop: ShopId, definition: &Strategy) -> Result<Vec<StrategyFault>, StoreError> {
        let holdings = self.holdings(shop).await?;
        self.strategy_faults(&holdings, definition).await
    }

    /// Publishes a definition: as the next version of `strategy`, or as a new strategy in the given state. A strategy
    /// that exists keeps its state unless the given one differs. What it was checked against still holds when it is
    /// saved, or it is checked again: a plugin promoted in between has been looked at too (S43).
    pub async fn publish(
        &self,
        shop: ShopId,
        strategy: Option<StrategyId>,
        mut definition: Strategy,
        state: StrategyState,
    ) -> Result<Published, PublishError> {
        for content in &mut definition.contents {
            // What is wrong with it is said below.
            make_all(content, "").await;
        }
        for _ in 0..CONFLICTS {
            match self.try_publish(shop, strategy, definition.clone(), state).await {
                Err(PublishError::Store(StoreError::Conflict)) => {}
                Ok(published) => {
                    self.enrol_after_a_change(shop, &published.record).await;
                    return Ok(published);
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn try_publish(
        &self,
        shop: ShopId,
        strategy: Option<StrategyId>,
        definition: Strategy,
        state: StrategyState,
    ) -> Result<Published, PublishError> {
        let holdings = self.holdings(shop).await?;
        let known = self.store.strategies(shop).await?;
        let current = match strategy {
            Some(id) => Some(known.iter().find(|record| record.id == id).ok_or(PublishError::NotFound)?),
            None => None,
        };
        if known.iter().any(|record| record.name == definition.name && Some(record.id) != strategy) {
            return Err(PublishError::NameTaken(definition.name));
        }
        let faults = self.strategy_faults(&holdings, &definition).await?;
        if faults.iter().any(StrategyFault::refuses) {
            return Err(PublishError::Faults(faults));
        }
        let now = self.now();
        let new = definition.contents.iter().filter(|content| !holdings.contents.contains(content));
        let contents: Vec<Content> = new.cloned().collect();
        let mut mint = self.entropy.mint(now);
        let record = StrategyRecord {
            id: current.map_or_else(|| mint.next(), |record| record.id),
            name: definition.name.clone(),
            state,
            current: mint.next(),
            current_number: current.map_or(0, |record| record.current_number) + 1,
            created_at: current.map_or(now, |record| record.created_at),
            changed_at: now,
            state_change: current.filter(|record| record.state == state).and_then(|record| record.state_change.clone()),
        };
        let revision = holdings.revision;
        let version = Version {
            id: record.current,
            strategy: record.id,
            number: record.current_number,
            published_at: now,
            definition: pinned(definition, holdings),
            replaced: Default::default(),
        };
        let publication = Publication { revision, record: &record, version: &version, contents: &contents };
        match self.store.publish(shop, &publication).await {
            Ok(()) => Ok(Published { record, version, warnings: faults }),
            Err(StoreError::Taken(_)) => Err(PublishError::NameTaken(record.name)),
            Err(error) => Err(error.into()),
        }
    }

    /// Pauses, closes, stops or revives a strategy, and keeps who did and why. Returns whether there is one. The runs of
    /// a stopped one end.
    pub async fn set_strategy_state(
        &self,
        shop: ShopId,
        strategy: StrategyId,
        state: StrategyState,
        by: &str,
        reason: Option<String>,
    ) -> Result<bool, StoreError> {
        let change = StateChange { at: self.now(), by: by.to_owned(), reason };
        let known = self.store.set_strategy_state(shop, strategy, state, &change).await?;
        if let Some(record) = self.store.strategies(shop).await?.iter().find(|record| record.id == strategy) {
            self.enrol_after_a_change(shop, record).await;
        }
        if known && state == StrategyState::Stopped {
            self.end_runs(shop, strategy).await?;
        }
        Ok(known)
    }

    /// Deletes a strategy that is not at work any more, or never was. Its runs, messages and figures stay.
    pub async fn remove_strategy(&self, shop: ShopId, strategy: StrategyId) -> Result<(), RemoveError> {
        for _ in 0..CONFLICTS {
            let revision = self.store.settings_revision(shop).await?;
            let known = self.store.strategies(shop).await?;
            let record = known.into_iter().find(|record| record.id == strategy).ok_or(RemoveError::NotFound)?;
            let ways = self.ways_of(shop, strategy).await?;
            record.may_go(ways).map_err(|why| RemoveError::Stays { name: record.name, why })?;
            match self.store.remove_strategy(shop, strategy, revision).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(RemoveError::NotFound),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn ways_of(&self, shop: ShopId, strategy: StrategyId) -> Result<Ways, StoreError> {
        if self.store.running(shop, &[strategy], 1).await?.iter().any(|(_, count)| *count > 0) {
            return Ok(Ways::UnderWay);
        }
        let filter = RunFilter { strategy: Some(strategy), ..RunFilter::default() };
        let any = self.store.runs(shop, &filter, &PageRequest { after: None, limit: 1 }).await?;
        Ok(if any.items.is_empty() { Ways::None } else { Ways::Past })
    }
}

/// The definition with exactly the contents that its steps name, as they are now: later revisions of them change
/// nothing for runs of this version (S28).
fn pinned(mut definition: Strategy, holdings: Holdings) -> Strategy {
    let named: Vec<&String> = definition.steps.values().flat_map(Step::contents).collect();
    let own = definition.contents.iter();
    let mut contents: Vec<Content> = own.filter(|content| named.contains(&&content.name)).cloned().collect();
    for content in holdings.contents {
        if named.contains(&&content.name) && contents.iter().all(|known| known.name != content.name) {
            contents.push(content);
        }
    }
    definition.contents = contents;
    definition
}

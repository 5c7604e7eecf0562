//! "Replace everywhere" (S28): counted before, then done for every version at once.

use cartwright_domain::ids::{ShopId, StrategyId, VersionId};
use cartwright_domain::replacing::lacking;
use std::collections::{BTreeMap, BTreeSet};

use crate::Engine;
use crate::install::CONFLICTS;
use crate::ports::StoreError;

/// Where the newest revision of a content takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacing {
    /// The newest revision.
    pub revision: u32,
    /// The versions that would say something else afterwards.
    pub versions: Vec<Place>,
}

/// A version whose content is another one so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Of which strategy.
    pub strategy: StrategyId,
    /// Its name.
    pub name: String,
    /// The version's number.
    pub number: u32,
    /// Runs that wait in it.
    pub waiting: u64,
    version: VersionId,
    /// Channels that it is sent over there, and that the newest revision has nothing for.
    lacks: Vec<String>,
}

/// Why a content was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// There is no such content.
    #[error("there is no content of that name")]
    NotFound,
    /// The revision that was looked at is not the newest any more.
    #[error("revision {0} is the newest; look at it and count again before it takes the place of others")]
    Stale(u32),
    /// Messages would have nothing to say.
    #[error(
        "version {number} of `{name}` sends it over `{channel}`, and revision {revision} says nothing there; write that variant first"
    )]
    Lacks {
        /// The strategy's name.
        name: String,
        /// The version's number.
        number: u32,
        /// Short name of the channel.
        channel: String,
        /// The newest revision.
        revision: u32,
    },
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Where a content's newest revision would take another's place: in versions that runs wait in, and in those that
    /// new runs take. None if there is no such content. Nothing is stored.
    pub async fn preview_replacing(&self, shop: ShopId, content: &str) -> Result<Option<Replacing>, StoreError> {
        let contents = self.store.contents(shop).await?;
        let Some((newest, revision)) = contents.into_iter().find(|(known, _)| known.name == content) else {
            return Ok(None);
        };
        let waiting: BTreeMap<VersionId, u64> = self.store.runs_by_version(shop).await?.into_iter().collect();
        let strategies = self.store.strategies(shop).await?;
        let names: BTreeMap<StrategyId, String> =
            strategies.iter().map(|record| (record.id, record.name.clone())).collect();
        let at_work: BTreeSet<VersionId> =
            waiting.keys().copied().chain(strategies.iter().map(|record| record.current)).collect();
        let versions = self.versions(shop, &at_work.into_iter().collect::<Vec<_>>()).await?;
        let mut places: Vec<Place> = versions
            .values()
            .filter_map(|version| {
                let old = version.definition.content(content).filter(|old| **old != newest)?;
                Some(Place {
                    strategy: version.strategy,
                    name: names.get(&version.strategy).cloned().unwrap_or_default(),
                    number: version.number,
                    waiting: waiting.get(&version.id).copied().unwrap_or_default(),
                    version: version.id,
                    lacks: lacking(old, &newest).into_iter().map(str::to_owned).collect(),
                })
            })
            .collect();
        places.sort_by(|a, b| (&a.name, a.number).cmp(&(&b.name, b.number)));
        Ok(Some(Replacing { revision, versions: places }))
    }

    /// Puts a revision of a content, which has to be the newest, in the place of every other; where it did. What was
    /// handed over before stays as it was said.
    pub async fn replace_content(&self, shop: ShopId, content: &str, revision: u32) -> Result<Replacing, ReplaceError> {
        for _ in 0..CONFLICTS {
            let settings = self.store.settings_revision(shop).await?;
            let replacing = self.preview_replacing(shop, content).await?.ok_or(ReplaceError::NotFound)?;
            if replacing.revision != revision {
                return Err(ReplaceError::Stale(replacing.revision));
            }
            if let Some((place, channel)) = replacing.first_lack() {
                let (name, number, channel) = (place.name.clone(), place.number, channel.to_owned());
                return Err(ReplaceError::Lacks { name, number, channel, revision });
            }
            let versions: Vec<VersionId> = replacing.versions.iter().map(|place| place.version).collect();
            if versions.is_empty() {
                return Ok(replacing);
            }
            match self.store.replace_content(shop, (content, revision), &versions, self.now(), settings).await {
                Ok(()) => {
                    tracing::info!(%shop, content, revision, versions = versions.len(), "a content was replaced everywhere");
                    return Ok(replacing);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

impl Replacing {
    fn first_lack(&self) -> Option<(&Place, &str)> {
        self.versions.iter().find_map(|place| Some((place, place.lacks.first()?.as_str())))
    }
}

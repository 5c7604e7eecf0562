//! A store that forgets: the ledger and the journal in plain maps, for `simulate`, back-tests and property tests,
//! where a hundred thousand runs must cost no SQL. It keeps the same promises as the databases, and the same contract
//! suite says so. What people configure is rare, and lies in an SQLite database in memory beside it.
//!
//! Start reading at [`tables`], then `commit.rs`: what is checked before anything is changed.

mod commit;
mod incidents;
mod journal;
mod ledger;
mod load;
mod nodes;
mod reading;
mod replies;
mod settings;
mod tables;
mod test_sends;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::Secret;

use crate::error::OpenError;
use crate::secrets::SecretKeys;
use crate::sqlite::SqliteStore;
use tables::Tables;

/// The store that forgets.
pub struct MemoryStore {
    settings: SqliteStore,
    known: Mutex<Known>,
    state: Mutex<State>,
    /// Held over a commit that changes settings as well.
    commits: tokio::sync::Mutex<()>,
}

/// Settings that are asked for at every batch, until one of them changes.
#[derive(Default)]
struct Known {
    revisions: BTreeMap<ShopId, u64>,
    secrets: BTreeMap<(ShopId, ConnectionId), Vec<(String, Secret)>>,
    expiries: BTreeMap<(ShopId, ConnectionId), Vec<(String, Timestamp)>>,
}

/// Everything else.
#[derive(Default)]
struct State {
    shops: BTreeMap<ShopId, Tables>,
    /// The last place in a journal that was given out.
    journal: i64,
    /// The last hand-over number that was given out.
    hand_overs: u64,
}

impl MemoryStore {
    /// An empty one.
    pub async fn new(keys: SecretKeys) -> Result<Self, OpenError> {
        Ok(Self {
            settings: SqliteStore::open("sqlite::memory:", keys).await?,
            known: Mutex::default(),
            state: Mutex::default(),
            commits: tokio::sync::Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was configured: what is known of it has to be asked for again.
    fn forget_known(&self) {
        *self.known() = Known::default();
    }

    /// Looks at the tables of a shop; those of one that has none are empty.
    fn read<T>(&self, shop: ShopId, look: impl FnOnce(&Tables) -> T) -> T {
        match self.state().shops.get(&shop) {
            Some(tables) => look(tables),
            None => look(&Tables::default()),
        }
    }
}

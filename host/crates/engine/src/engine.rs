//! The engine: its ports, and what the use cases share.

use std::sync::Arc;

use cartwright_domain::time::Timestamp;
use tokio::sync::Notify;

use crate::failpoints::{self, Failpoints};
use crate::ingest::GroupCommit;
use crate::ports::{Clock, Egress, Entropy, Plugins, Store};
use crate::settings::Cache;
use crate::tasks::Turns;

/// Everything a use case needs. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The plugin runtime.
    pub plugins: Arc<dyn Plugins>,
    /// How requests leave.
    pub egress: Arc<dyn Egress>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) group_commit: Arc<GroupCommit>,
    /// Woken when there may be work.
    pub(crate) wake: Arc<Notify>,
    /// Held while work is done: a skip of the demo clock and the worker take turns.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    /// Who renews the secrets of which connection.
    pub(crate) turns: Arc<Turns>,
    pub(crate) failpoints: Arc<dyn Failpoints>,
}

impl Engine {
    /// An engine over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        plugins: Arc<dyn Plugins>,
        egress: Arc<dyn Egress>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            plugins,
            egress,
            clock,
            entropy,
            cache: Arc::default(),
            group_commit: Arc::default(),
            wake: Arc::default(),
            turn: Arc::default(),
            turns: Arc::default(),
            failpoints: failpoints::none(),
        }
    }

    /// The same engine with points at which a test may stop it.
    pub fn with_failpoints(self, failpoints: Arc<dyn Failpoints>) -> Self {
        Self { failpoints, ..self }
    }

    /// This moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

//! The engine: its ports, and what the use cases share.

use std::sync::Arc;

use cartwright_domain::time::Timestamp;

use crate::ports::{Clock, Egress, Entropy, Plugins, Store};

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
}

impl Engine {
    /// This moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

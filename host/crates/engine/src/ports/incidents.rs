//! The port to what went wrong. It is opened and closed by commits of the ledger ([`super::Changes::alarms`]).

use async_trait::async_trait;
use cartwright_domain::ids::{IncidentId, ShopId};
use cartwright_domain::incident::Incident;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;

use super::{Page, PageRequest, StoreError};

/// Incidents.
#[async_trait]
pub trait Incidents: Send + Sync {
    /// Those that are to be looked at, earliest first.
    async fn due_incidents(&self, shop: ShopId, now: Timestamp, limit: u32)
    -> Result<Vec<Entry<Incident>>, StoreError>;
    /// One of them.
    async fn incident(&self, shop: ShopId, incident: IncidentId) -> Result<Option<Entry<Incident>>, StoreError>;
    /// All of them: those that stand first, the newest first among these and among the others.
    async fn incidents(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Incident>, StoreError>;
    /// Those that stand, of every shop: for the operator.
    async fn open_incidents(&self) -> Result<Vec<(ShopId, Incident)>, StoreError>;
}

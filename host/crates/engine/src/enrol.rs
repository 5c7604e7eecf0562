//! Those whom a strategy with a date concerns from the moment it goes live: everybody whose date is known by then.
//! Whoever is told of later is looked at with their event.

use cartwright_domain::customer::Customer;
use cartwright_domain::date;
use cartwright_domain::ids::{CustomerId, ShopId};
use cartwright_domain::strategy::{StrategyRecord, StrategyState, TriggerKind};

use crate::Engine;
use crate::batch::changes_of;
use crate::install::CONFLICTS;
use crate::ports::{PageRequest, StoreError, Wanted};

/// Customers of one transaction.
const BATCH: u32 = 200;

impl Engine {
    /// Looks at every customer once a strategy with a date may have gone live. What fails is told in the log: the
    /// strategy is published all the same, and making it live once more looks again.
    pub(crate) async fn enrol_after_a_change(&self, shop: ShopId, record: &StrategyRecord) {
        if record.state != StrategyState::Live {
            return;
        }
        match self.enrol_by_date(shop, record).await {
            Ok(0) => {}
            Ok(looked_at) => tracing::info!(%shop, strategy = record.name, looked_at, "customers with a date"),
            Err(error) => {
                tracing::error!(%shop, strategy = record.name, %error, "not all customers with a date were looked at");
            }
        }
    }

    async fn enrol_by_date(&self, shop: ShopId, record: &StrategyRecord) -> Result<usize, StoreError> {
        let Some(version) = self.versions(shop, &[record.current]).await?.remove(&record.current) else {
            return Ok(0);
        };
        let trigger = &version.definition.trigger;
        let (TriggerKind::Date, Some(attribute)) = (trigger.on, trigger.attribute.as_deref()) else { return Ok(0) };
        let mut page = PageRequest { after: None, limit: BATCH };
        let mut looked_at = 0;
        loop {
            let found = self.store.customers(shop, &page).await?;
            let has_date = |customer: &&Customer| customer.attributes.contains_key(attribute);
            let ids: Vec<CustomerId> = found.items.iter().filter(has_date).map(|customer| customer.id).collect();
            looked_at += ids.len();
            self.look_at_dates(shop, &ids).await?;
            match found.next {
                Some(next) => page.after = Some(next),
                None => return Ok(looked_at),
            }
        }
    }

    async fn look_at_dates(&self, shop: ShopId, ids: &[CustomerId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        for _ in 0..CONFLICTS {
            let Some(settings) = self.settings(shop).await? else { return Ok(()) };
            let mut world =
                self.load_world(&settings, &Wanted { customers: ids.to_vec(), ..Wanted::default() }).await?;
            let now = self.now();
            let mut mint = self.entropy.mint(now);
            for id in ids {
                date::look(&mut world, &mut mint, *id, now);
            }
            match self.store.commit(shop, &changes_of(world)).await {
                Err(StoreError::Conflict) => {}
                other => return other.map(|_| ()),
            }
        }
        Err(StoreError::Conflict)
    }
}

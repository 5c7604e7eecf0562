//! After a stop: what the last process had claimed is taken on at once, not only when its lease ends.

use cartwright_domain::message::MessageState;

use crate::Engine;
use crate::batch::changes_of;
use crate::dispatch::LEASE;
use crate::ports::{StoreError, Wanted};

/// Messages of one transaction.
const BATCH: u32 = 1_000;

impl Engine {
    /// Ends the leases of the process before; how many. Only for a database that no other process works on: a claim
    /// of a process that still runs would be sent twice.
    pub async fn take_over(&self) -> Result<usize, StoreError> {
        let _turn = self.turn.lock().await;
        let now = self.now();
        let mut taken = 0;
        for shop in self.store.shops_with_work(now + LEASE).await? {
            let Some(settings) = self.settings(shop).await? else { continue };
            let claimed = self.store.due_messages(shop, now + LEASE, BATCH).await?;
            let mut world = self.load_world(&settings, &Wanted { messages: claimed, ..Wanted::default() }).await?;
            for entry in world.messages.values_mut() {
                let lease = match entry.value.state {
                    MessageState::Prepared { lease_until } | MessageState::HandedOver { lease_until, .. } => {
                        lease_until
                    }
                    _ => continue,
                };
                if lease > now {
                    entry.edit().due_at = Some(now);
                    taken += 1;
                }
            }
            self.store.commit(shop, &changes_of(world)).await?;
        }
        Ok(taken)
    }
}

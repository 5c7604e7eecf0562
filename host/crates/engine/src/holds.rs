//! Holds: what waits until a person puts something right.

use cartwright_domain::ids::ShopId;

use crate::Engine;
use crate::ports::StoreError;

impl Engine {
    /// Releases a channel with its held contents; whether there is such a channel. What waited for it is looked at
    /// again within a minute.
    pub async fn release_hold(&self, shop: ShopId, channel: &str) -> Result<bool, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(false) };
        let Some(entry) = settings.channels.get(channel) else { return Ok(false) };
        let mut connection = entry.value.clone();
        connection.held = None;
        connection.held_contents.clear();
        connection.odd_refusals = 0;
        self.store.save_connection(shop, &connection).await?;
        self.wake_for([shop]);
        Ok(true)
    }
}

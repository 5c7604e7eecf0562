//! Holds: what waits until a person puts something right.

use cartwright_domain::alert::{Alarm, AlertCause, content_on};
use cartwright_domain::ids::ShopId;

use crate::Engine;
use crate::ports::{Changes, StoreError};

/// Somebody else changed the channel meanwhile; more often than this only if something is broken.
const CONFLICTS: u32 = 10;

impl Engine {
    /// Releases a channel with its held contents; whether there is such a channel. What waited for it is looked at
    /// again within a minute.
    pub async fn release_hold(&self, shop: ShopId, channel: &str) -> Result<bool, StoreError> {
        for _ in 0..CONFLICTS {
            let Some(settings) = self.settings(shop).await? else { return Ok(false) };
            let Some(entry) = settings.channels.get(channel) else { return Ok(false) };
            let (mut entry, now) = (entry.clone(), self.now());
            let connection = entry.edit();
            let contents = std::mem::take(&mut connection.held_contents);
            connection.held = None;
            connection.odd_refusals = 0;
            let of_channel = [AlertCause::ChannelHeld, AlertCause::OddRefusals];
            let mut alarms: Vec<Alarm> = of_channel.map(|cause| Alarm::clear(cause, channel, now)).to_vec();
            alarms.extend(
                contents
                    .keys()
                    .map(|content| Alarm::clear(AlertCause::ContentHeld, &content_on(content, channel), now)),
            );
            let changes = Changes { connections: vec![entry], alarms, ..Changes::default() };
            match self.store.commit(shop, &changes).await {
                Err(StoreError::Conflict) => {}
                other => {
                    self.wake_for([shop]);
                    return other.map(|_| true);
                }
            }
        }
        Err(StoreError::Conflict)
    }
}

//! Holds: what waits until a person puts something right.

use cartwright_domain::alert::{Alarm, AlertCause, content_on};
use cartwright_domain::ids::ShopId;
use cartwright_domain::sender::{Sender, sender_on};
use cartwright_domain::shop::Connection;
use cartwright_domain::time::Timestamp;

use crate::Engine;
use crate::ports::{Changes, StoreError};

/// Somebody else changed the channel meanwhile; more often than this only if something is broken.
const CONFLICTS: u32 = 10;

impl Engine {
    /// Releases a channel with its senders and its held contents; whether there is such a channel. What waited for it is
    /// looked at again within a minute.
    pub async fn release_hold(&self, shop: ShopId, channel: &str) -> Result<bool, StoreError> {
        self.release(shop, channel, |connection, now| {
            let of_channel = [AlertCause::ChannelHeld, AlertCause::OddRefusals];
            let contents = connection.held_contents.keys();
            let contents = contents.map(|content| (AlertCause::ContentHeld, content_on(content, channel)));
            let alarms = of_channel
                .map(|cause| (cause, channel.to_owned()))
                .into_iter()
                .chain(contents)
                .chain(connection.senders.iter().map(|sender| cause_of(sender, channel)))
                .map(|(cause, about)| Alarm::clear(cause, &about, now))
                .collect();
            connection.release();
            Some(alarms)
        })
        .await
    }

    /// Releases one sender of a channel; whether there is such a sender.
    pub async fn release_sender(&self, shop: ShopId, channel: &str, sender: &str) -> Result<bool, StoreError> {
        self.release(shop, channel, |connection, now| {
            let sender = connection.sender_mut(sender)?;
            sender.release();
            let (cause, about) = cause_of(sender, channel);
            Some(vec![Alarm::clear(cause, &about, now)])
        })
        .await
    }

    /// Lets go of something of a channel, with the all-clears; whether it is there.
    async fn release(
        &self,
        shop: ShopId,
        channel: &str,
        let_go: impl Fn(&mut Connection, Timestamp) -> Option<Vec<Alarm>>,
    ) -> Result<bool, StoreError> {
        for _ in 0..CONFLICTS {
            let Some(settings) = self.settings(shop).await? else { return Ok(false) };
            let Some(entry) = settings.channels.get(channel) else { return Ok(false) };
            let mut entry = entry.clone();
            let Some(alarms) = let_go(entry.edit(), self.now()) else { return Ok(false) };
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

fn cause_of(sender: &Sender, channel: &str) -> (AlertCause, String) {
    (AlertCause::SenderHeld, sender_on(&sender.name, channel))
}

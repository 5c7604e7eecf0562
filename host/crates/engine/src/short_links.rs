//! Short links: made when a message is rendered, durable before it leaves, and what happens when somebody opens one.
//!
//! Whoever opens a link gets to where it leads, whatever becomes of the count; a count is an event of the customer's,
//! so that reports, waits and triggers take it like any other click (S06, S30).

use cartwright_domain::event::{Event, Origin, Receipt, ReceiptKind, Subject, What};
use cartwright_domain::ids::ShopId;
use cartwright_domain::message::{Message, Purpose};
use cartwright_domain::short_link::{self, ShortLink};
use cartwright_domain::time::Timestamp;

use crate::Engine;
use crate::ingest::digest_of;
use crate::ports::{Arrival, StoreError};

/// Who opens a link, as far as the request tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// Somebody who follows it.
    Person,
    /// A program that looks what is behind it: a scanner, a preview, a request for the head only.
    Machine,
}

impl Engine {
    /// Where a short link leads; none if it is nobody's any more. A person's visit counts as a click.
    pub async fn open_short_link(&self, token: &str, visitor: Visitor) -> Result<Option<String>, StoreError> {
        if !short_link::is_token(token) {
            return Ok(None);
        }
        let Some((shop, id)) = self.store.short_link(token).await? else { return Ok(None) };
        let Some(message) = self.store.message(shop, id).await? else { return Ok(None) };
        let Some(link) = message.links.iter().find(|link| link.token == token) else { return Ok(None) };
        let now = self.now();
        let counts = visitor == Visitor::Person && !message.is_too_soon(now) && message.purpose != Purpose::Staff;
        if counts && let Err(error) = self.count_click(shop, &message, link, now).await {
            tracing::warn!(%error, %shop, message = %message.id, "a click is not counted");
        }
        Ok(link.target())
    }

    /// The click is told as the channel's, whose message it was; by the same id within a minute, so it counts once.
    async fn count_click(
        &self,
        shop: ShopId,
        message: &Message,
        link: &ShortLink,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const MINUTE: i64 = 60_000;
        let Some(settings) = self.settings(shop).await? else { return Ok(()) };
        let channel = settings.channels.get(&message.channel).map(|entry| entry.value.id);
        let receipt = Receipt {
            kind: ReceiptKind::Clicked,
            provider_id: None,
            message_id: Some(message.id),
            sender: None,
            also: None,
            text: link.name.clone(),
            link: Some(link.token.clone()),
            failure: None,
            price: None,
        };
        let event = Event {
            id: format!("click:{}:{}", link.token, now.millis().div_euclid(MINUTE)),
            occurred_at: now,
            subject: Subject::default(),
            what: What::Receipt(receipt),
        };
        let origin = channel.map_or(Origin::Api, Origin::Connection);
        let arrival = Arrival { shop, origin, received_at: now, digest: digest_of(&event), event };
        self.accept(vec![arrival]).await.map(|_| ())
    }
}

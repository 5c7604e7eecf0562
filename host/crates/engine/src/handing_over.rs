//! The third stage of S17: checked once more and committed, then handed to the provider, then settled.
//!
//! What a batch of messages works on is loaded once and carried through its stages. That is as good as loading it again:
//! the shop's events are applied by the same node, before or after the batch and never meanwhile; an urgent one that
//! waits keeps the commit from succeeding (S08), and so does whoever changed a customer or a message of it. After a
//! change of settings all is loaded again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cartwright_domain::ids::{CustomerId, MessageId, ShopId};
use cartwright_domain::message::{Message, MessageState};
use cartwright_domain::outcome;
use cartwright_domain::policy::Check;
use cartwright_domain::sending;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::MessageTrace;
use cartwright_domain::world::World;
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Engine;
use crate::batch::{changes_and_rest, changes_of};
use crate::deliver::{Delivery, Ready};
use crate::dispatch::{IN_FLIGHT, LEASE};
use crate::ports::{StoreError, Wanted};
use crate::settings::ShopSettings;

/// A batch of messages between two commits.
pub(crate) struct Carried {
    /// What people configured when the world was loaded.
    pub(crate) settings: Arc<ShopSettings>,
    /// As the last commit left it; none while somebody works on it, and where somebody else was faster.
    world: Option<World>,
}

impl Carried {
    pub(crate) fn new(settings: &Arc<ShopSettings>, world: World) -> Self {
        Self { settings: settings.clone(), world: Some(world) }
    }

    pub(crate) fn shop(&self) -> ShopId {
        self.settings.shop.id
    }

    /// What it stands at after a commit that succeeded.
    pub(crate) fn carry(&mut self, world: World) {
        self.world = Some(world);
    }
}

impl Engine {
    /// The world of these messages: the one that is carried, or loaded where what people configured has changed since (a
    /// pause, a release), or a commit has failed. None where the shop is gone.
    pub(crate) async fn world_of_messages(
        &self,
        carried: &mut Carried,
        ids: &[MessageId],
    ) -> Result<Option<World>, StoreError> {
        let Some(settings) = self.settings(carried.shop()).await? else { return Ok(None) };
        let world = carried.world.take().filter(|_| settings.revision == carried.settings.revision);
        carried.settings = settings;
        match world.filter(|world| ids.iter().all(|id| world.messages.contains_key(id))) {
            Some(world) => Ok(Some(world)),
            None => {
                let wanted = Wanted { messages: ids.to_vec(), ..Wanted::default() };
                Ok(Some(self.load_world(&carried.settings, &wanted).await?))
            }
        }
    }

    /// S17, third stage. One commit for all of a wave; refused as a whole when an order, a consent or anything else
    /// that may forbid a message is durable but not applied yet: then the messages are free again.
    pub(crate) async fn hand_over(&self, carried: &mut Carried, wave: Vec<Ready>) -> Result<Vec<Ready>, StoreError> {
        let ids: Vec<MessageId> = wave.iter().map(|ready| ready.outgoing.id).collect();
        let Some(mut world) = self.world_of_messages(carried, &ids).await? else { return Ok(Vec::new()) };
        let now = self.now();
        let mut going = Vec::new();
        let mut unchanged = Vec::new();
        let mut short_links = Vec::new();
        for ready in wave {
            let id = ready.outgoing.id;
            let Some(message) = world.messages.get(&id).map(|entry| entry.value.clone()) else { continue };
            // Behind a claim that has lapsed the places are as old as the claim: whoever claims it next takes new ones.
            if !matches!(message.state, MessageState::Prepared { lease_until } if lease_until > now) {
                continue;
            }
            let checked = sending::check(&world, &message, now);
            match checked.check.clone() {
                Check::Go(way) if way.to == ready.outgoing.to && way.sender == message.sender => {
                    if let Some(customer) = world.customers.get(&message.customer) {
                        unchanged.push((message.customer, customer.revision));
                    }
                    mark_handed_over(&mut world, id, &ready, checked.late_after, now);
                    short_links.extend(ready.links.iter().map(|link| (link.token.clone(), id)));
                    going.push(ready);
                }
                Check::Wait(until) => sending::wait_for_window(&mut world, id, until, checked, now),
                // The address or the sender changed meanwhile: it is rendered again for the new one.
                Check::Go(_) => release(&mut world, id, now),
                Check::WaitForSender(until) => sending::wait_for_sender(&mut world, id, until, checked, now),
                Check::Skip(reason) => outcome::skip_with(&mut world, id, reason, None, checked.reads, now),
                Check::Hold(reason) => outcome::hold_with(&mut world, id, reason, checked.reads, now),
                Check::Paused => sending::wait_paused(&mut world, id, now),
            }
        }
        let addressed: BTreeSet<CustomerId> = unchanged.iter().map(|(customer, _)| *customer).collect();
        let names = addressed.iter().flat_map(|customer| world.identities.entries_of(*customer));
        let addressed = names.map(|(name, _)| name.clone()).collect();
        let (mut changes, rest) = changes_and_rest(world);
        // One whose place went back has moved on by this very commit.
        unchanged.retain(|(id, _)| changes.customers.iter().all(|changed| changed.value.id != *id));
        changes.unchanged = unchanged;
        changes.short_links = short_links;
        changes.addressed = Some(addressed);
        changes.hand_overs = going.len() as u32;
        match self.commit(carried.shop(), changes).await {
            Ok(_) => carried.carry(rest),
            Err(StoreError::Conflict) => {
                let ids = going.iter().map(|ready| ready.outgoing.id).collect();
                self.release_claims(&carried.settings, ids).await?;
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        }
        Ok(going)
    }

    /// Claims that came to nothing are free at once, not only when their lease ends.
    pub(crate) async fn release_claims(&self, settings: &ShopSettings, ids: Vec<MessageId>) -> Result<(), StoreError> {
        let mut world = self.load_world(settings, &Wanted { messages: ids.clone(), ..Wanted::default() }).await?;
        let now = self.now();
        for id in ids {
            let prepared = |message: &Message| matches!(message.state, MessageState::Prepared { .. });
            if world.messages.get(&id).is_some_and(|entry| prepared(&entry.value)) {
                release(&mut world, id, now);
            }
        }
        match self.commit(settings.shop.id, changes_of(world)).await {
            // Somebody else has taken them on; their lease says the rest.
            Err(StoreError::Conflict) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Makes the requests of a wave and commits what became of them.
    pub(crate) async fn deliver(&self, carried: &mut Carried, wave: Vec<Ready>) -> Result<(), StoreError> {
        if wave.is_empty() {
            return Ok(());
        }
        let answered: Vec<Delivery> =
            futures_util::stream::iter(wave).map(|ready| self.send(ready)).buffer_unordered(IN_FLIGHT).collect().await;
        self.failpoints.reach("message.answered");
        self.settle_deliveries(carried, answered).await?;
        self.failpoints.reach("message.settled");
        Ok(())
    }
}

fn mark_handed_over(world: &mut World, id: MessageId, ready: &Ready, late_after: Timestamp, now: Timestamp) {
    let Some(entry) = world.messages.get_mut(&id) else { return };
    let message = entry.edit();
    message.state =
        MessageState::HandedOver { lease_until: now + LEASE, adapter_state: BASE64.encode(&ready.began.state) };
    message.due_at = Some(now + LEASE);
    message.window_opens_at = None;
    message.late_after = late_after;
    message.attempts += 1;
    message.handed_over_at = Some(now);
    message.changed_at = now;
    message.to = Some(ready.outgoing.to.clone());
    message.locale = Some(ready.outgoing.locale.clone());
    message.rendered = Some(ready.outgoing.content.clone());
    message.content_revision = ready.content_revision;
    message.add_links(&ready.links);
    let message = message.clone();
    outcome::tell(world, &message, MessageTrace::HandedOver { attempt: message.attempts }, now);
}

fn release(world: &mut World, id: MessageId, now: Timestamp) {
    if let Some(entry) = world.messages.get_mut(&id) {
        let message = entry.edit();
        message.state = MessageState::Queued;
        message.due_at = Some(now);
    }
}

/// Whom these messages concern: what a batch has loaded of others is none of the commit's business.
pub(crate) fn customers_of(world: &World, ids: &[MessageId]) -> BTreeSet<CustomerId> {
    ids.iter().filter_map(|id| world.messages.get(id)).map(|entry| entry.value.customer).collect()
}

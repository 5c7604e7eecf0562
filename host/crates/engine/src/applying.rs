//! Applies events that are durable: the first thing in every round, so that an order that came first wins (S01, S08).

use cartwright_domain::apply::apply;
use cartwright_domain::contact::AddressKind;
use cartwright_domain::erasure::{Notice, leave_alone};
use cartwright_domain::event::{Origin, What};
use cartwright_domain::handle::name_on;
use cartwright_domain::identity::names_of;
use cartwright_domain::ids::{CustomerId, ShopId};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::world::{Identity, World};
use std::collections::{BTreeMap, BTreeSet};

use crate::Engine;
use crate::batch::changes_of;
use crate::ports::{PendingEvent, ReplySendFilter, StoreError, Wanted};
use crate::settings::ShopSettings;

/// Events of one transaction.
pub(crate) const APPLIED_AT_ONCE: usize = 500;
/// So long they are kept once they were applied (S46).
const KEPT: Span = Span::days(90);
/// Older ones are dropped with every so many-th event.
const NOW_AND_THEN: i64 = 1_000;

impl Engine {
    /// Applies one batch of pending events; how many.
    pub(crate) async fn apply_events(&self, shop: ShopId) -> Result<usize, StoreError> {
        let mut pending = self.store.pending_events(shop, APPLIED_AT_ONCE as u32).await?;
        let Some(first) = pending.first().cloned() else { return Ok(0) };
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        let is_notice = |event: &PendingEvent| Notice::of(&event.event, event.origin).is_some();
        if let Some(place) = pending.iter().position(is_notice) {
            // What came before it is applied before it.
            pending.truncate(place.max(1));
        }
        let notice = Notice::of(&first.event, first.origin);
        if let Some(notice) = notice {
            self.obey(&settings, &first, notice).await?;
            let waits = self.store.pending_events(shop, 1).await?;
            if waits.first().is_none_or(|event| event.sequence != first.sequence) {
                // It named whoever was erased, and is gone with them.
                return Ok(1);
            }
        }
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        let mut wanted = wanted_by(&settings, &pending);
        let watermarks = watermarks_in(&settings, &pending);
        if !watermarks.is_empty() {
            wanted.messages.extend(self.store.sent_before(shop, &watermarks).await?);
        }
        let erased = self.erased_among(&settings, &wanted.identities).await?;
        let mut world = self.load_world(&settings, &wanted).await?;
        self.load_reply_sends(&mut world, &wanted).await?;
        let mut mint = self.entropy.mint(self.now());
        let (mut late, mut not_again) = (0, 0);
        for event in &pending {
            // Whoever only asks what is kept of them does not become known by it.
            let names = names_of(&event.event, &settings.shop);
            if notice == Some(Notice::DataRequested) && !names.iter().any(|name| world.identities.contains_key(name)) {
                continue;
            }
            let source = source_of(&settings, event.origin);
            if let Origin::Connection(connection) = event.origin {
                world.hear(connection, event.received_at);
            }
            let applied = apply(&mut world, &mut mint, &event.event, &source, event.received_at);
            late += applied.late as usize;
            not_again += applied.not_again as usize;
        }
        if let (Some(Notice::Uninstalled), Origin::Connection(source)) = (notice, first.origin) {
            world.uninstall(source, first.received_at);
        }
        leave_alone(&mut world, &erased);
        let mut changes = changes_of(world);
        changes.applied = pending.iter().map(|event| event.sequence).collect();
        self.commit(shop, changes).await?;
        self.failpoints.reach("event.applied");
        if pending.iter().any(|event| event.sequence % NOW_AND_THEN == 0) {
            self.store.forget_events(shop, self.now() - KEPT).await?;
        }
        self.tally(shop, "late_event", late).await?;
        self.tally(shop, "not_again", not_again).await?;
        Ok(pending.len())
    }

    /// Answers and notices, where receipts name something that is no message.
    async fn load_reply_sends(&self, world: &mut World, wanted: &Wanted) -> Result<(), StoreError> {
        let known: BTreeSet<&str> =
            world.messages.values().filter_map(|entry| entry.value.provider_id.as_deref()).collect();
        let ids = wanted.messages.iter().filter(|id| world.messages.get(id).is_none()).copied().collect();
        let is_open = |id: &&String| !known.contains(id.as_str());
        let provider_ids = wanted.provider_ids.iter().filter(is_open).cloned().collect();
        let filter = ReplySendFilter { ids, provider_ids, replies: Vec::new() };
        if filter.ids.is_empty() && filter.provider_ids.is_empty() {
            return Ok(());
        }
        let found = self.store.reply_sends(world.shop.id, &filter).await?;
        world.reply_sends.extend(found.into_iter().map(|entry| (entry.value.id, entry)));
        Ok(())
    }

    /// Counts what happened so many times, if it did.
    pub(crate) async fn tally(&self, shop: ShopId, counter: &str, times: usize) -> Result<(), StoreError> {
        match times {
            0 => Ok(()),
            _ => self.store.count(shop, counter, times as u64).await,
        }
    }
}

fn wanted_by(settings: &ShopSettings, pending: &[PendingEvent]) -> Wanted {
    let mut wanted = Wanted::default();
    for PendingEvent { event, origin, .. } in pending {
        wanted.identities.extend(names_of(event, &settings.shop));
        wanted.orders.extend(event.subject.order.clone());
        match &event.what {
            What::ProductUpdated(product) => wanted.products.push(product.product_id.clone()),
            What::ProductDeleted(product) => wanted.products.push(product.product_id.clone()),
            What::OrderPlaced(order) | What::OrderPaid(order) | What::OrderCancelled(order) => {
                wanted.products.extend(order.lines.iter().filter_map(|line| line.product_id.clone()));
            }
            _ => {}
        }
        if let What::Receipt(receipt) = &event.what {
            wanted.messages.extend(receipt.message_id);
            wanted.provider_ids.extend(receipt.provider_id.clone());
            for sender in receipt.sender.iter().chain(&receipt.also) {
                // The inbox knows people by our own ids.
                if sender.kind == AddressKind::Handle {
                    wanted.customers.extend(sender.value.parse::<CustomerId>());
                }
                wanted.identities.push(name_on(&source_of(settings, *origin), sender));
            }
        }
    }
    wanted.identities.sort();
    wanted.identities.dedup();
    wanted
}

/// Who has what they were sent until when: which messages that are is for the database to say.
fn watermarks_in(settings: &ShopSettings, pending: &[PendingEvent]) -> Vec<(Identity, Timestamp)> {
    let mut latest = BTreeMap::new();
    for PendingEvent { event, origin, .. } in pending {
        let What::Receipt(receipt) = &event.what else { continue };
        let Some(sender) = receipt.sender.as_ref().filter(|_| receipt.is_watermark()) else { continue };
        let until = latest.entry(name_on(&source_of(settings, *origin), sender)).or_insert(event.occurred_at);
        *until = event.occurred_at.max(*until);
    }
    latest.into_iter().collect()
}

fn source_of(settings: &ShopSettings, origin: Origin) -> String {
    match origin {
        Origin::Api => "api".into(),
        Origin::Connection(id) => settings
            .sources
            .values()
            .chain(settings.channels.values())
            .find(|entry| entry.value.id == id)
            .map_or_else(|| "connection".into(), |entry| entry.value.name.clone()),
    }
}

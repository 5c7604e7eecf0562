//! Erasure (S45): of one customer, as the shop or the platform asks for it, and of all where the platform does.

use std::collections::BTreeSet;

use cartwright_domain::alert::{Alarm, AlertCause, AlertCode};
use cartwright_domain::erasure::{ANSWERED_WITHIN, Erased, Known, Notice, erase, hash_of, request_number};
use cartwright_domain::event::Origin;
use cartwright_domain::identity::names_of;
use cartwright_domain::ids::{CustomerId, RunId, ShopId};
use cartwright_domain::time::Span;
use cartwright_domain::world::Identity;

use crate::Engine;
use crate::batch::changes_of;
use crate::ports::{Changes, PageRequest, PendingEvent, RunFilter, StoreError, Wanted};
use crate::settings::ShopSettings;

/// Somebody else changed the customer meanwhile; more often than this only if something is broken.
const CONFLICTS: u32 = 20;
/// Rows that are looked through at once.
const PAGE: u32 = 200;

impl Engine {
    /// Erases a customer: ends their runs, drops what is not handed over, and deletes what is personal. Whether there is
    /// such a customer.
    pub async fn erase_customer(&self, shop: ShopId, customer: CustomerId) -> Result<bool, StoreError> {
        for _ in 0..CONFLICTS {
            let Some(known) = self.store.customer(shop, customer).await? else { return Ok(false) };
            match self.try_erase(shop, known.id).await {
                Ok(()) => {
                    tracing::info!(%shop, customer = %known.id, "a customer was erased");
                    return Ok(true);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn try_erase(&self, shop: ShopId, customer: CustomerId) -> Result<(), StoreError> {
        let key = self.store.make_erasure_key(shop, self.entropy.seed()).await?;
        let Some(settings) = self.settings(shop).await? else { return Ok(()) };
        let runs = self.runs_of(shop, customer).await?;
        let wanted = Wanted { customers: vec![customer], runs, ..Wanted::default() };
        let mut world = self.load_world(&settings, &wanted).await?;
        let events = self.events_of(&settings, &Known::of(&world, customer)).await?;
        let now = self.now();
        let erased = Erased { events, ..erase(&mut world, customer, &key, now) };
        let changes = Changes { erased: Some(erased), ..changes_of(world) };
        self.store.commit(shop, &changes).await.map(|_| ())
    }

    async fn runs_of(&self, shop: ShopId, customer: CustomerId) -> Result<Vec<RunId>, StoreError> {
        let filter = RunFilter { customer: Some(customer), ..RunFilter::default() };
        let (mut runs, mut page) = (Vec::new(), PageRequest { after: None, limit: PAGE });
        loop {
            let found = self.store.runs(shop, &filter, &page).await?;
            runs.extend(found.items.iter().map(|run| run.id));
            match found.next {
                Some(next) => page.after = Some(next),
                None => return Ok(runs),
            }
        }
    }

    /// Recorded events and those that wait which are about somebody: by their names as they are read, not as they are
    /// written.
    async fn events_of(&self, settings: &ShopSettings, known: &Known) -> Result<Vec<i64>, StoreError> {
        let shop = settings.shop.id;
        let theirs = |events: &[PendingEvent]| -> Vec<i64> {
            let own = events.iter().filter(|pending| known.concerns(&pending.event, &settings.shop));
            own.map(|pending| pending.sequence).collect()
        };
        let mut found = theirs(&self.store.pending_events(shop, u32::MAX >> 1).await?);
        let mut after = None;
        loop {
            let page = self.store.recorded_events(shop, after, PAGE).await?;
            found.extend(theirs(&page));
            match page.last() {
                Some(last) => after = Some((last.received_at, last.sequence)),
                None => return Ok(found),
            }
        }
    }

    /// Does what a platform's notice asks for, before the notice itself is applied: whoever dies in between is told
    /// again, and erasing twice erases once.
    pub(crate) async fn obey(
        &self,
        settings: &ShopSettings,
        pending: &PendingEvent,
        notice: Notice,
    ) -> Result<(), StoreError> {
        let shop = settings.shop.id;
        match notice {
            Notice::Uninstalled => Ok(()),
            Notice::CustomerRedacted => {
                let names = names_of(&pending.event, &settings.shop);
                let wanted = Wanted { identities: names.clone(), ..Wanted::default() };
                let world = self.load_world(settings, &wanted).await?;
                let owners: BTreeSet<CustomerId> =
                    names.iter().filter_map(|name| world.identities.get(name).copied()).collect();
                for owner in owners {
                    self.erase_customer(shop, owner).await?;
                }
                // Somebody who is not known here must not become known by an import either, nor by the notice itself.
                self.note_erased(shop, &names, pending.sequence).await
            }
            Notice::DataRequested => self.hear_of_request(settings, pending).await,
            Notice::ShopRedacted => {
                let others = settings
                    .sources
                    .values()
                    .filter(|source| !matches!(pending.origin, Origin::Connection(own) if own == source.value.id));
                if others.count() > 0 {
                    let words = AlertCode::AllToBeErased;
                    // The brace is the address's own: any customer's id goes there.
                    let step = AlertCode::EraseThemAlone.with([("customer", &"{customer}")]);
                    let about = source_name(settings, pending.origin);
                    let alarm = Alarm::raise(AlertCause::ErasureWanted, &about, words, step, self.now());
                    return self.sound(shop, vec![alarm]).await;
                }
                self.erase_all(shop).await
            }
        }
    }

    /// People of the shop answer: what is kept is theirs to give. Who asks and is not known does not become known by it.
    async fn hear_of_request(&self, settings: &ShopSettings, pending: &PendingEvent) -> Result<(), StoreError> {
        let names = names_of(&pending.event, &settings.shop);
        let wanted = Wanted { identities: names.clone(), ..Wanted::default() };
        let world = self.load_world(settings, &wanted).await?;
        let known = names.iter().find_map(|name| world.identities.get(name));
        let source = source_name(settings, pending.origin);
        let asks = names.first().map_or("", |name| &name.value);
        let until = pending.received_at + ANSWERED_WITHIN;
        // Each asks for an answer of its own.
        let about = match request_number(&pending.event) {
            Some(number) => format!("{source} (#{number})"),
            None => source,
        };
        let words = AlertCode::AnswerUntil.with([("until", &until)]);
        let step = match known {
            Some(customer) => AlertCode::SendWhatIsKept.with([("customer", customer)]),
            None => AlertCode::NothingIsKept.with([("asks", &asks)]),
        };
        let alarm = Alarm::raise(AlertCause::DataRequested, &about, words, step, self.now());
        self.sound(settings.shop.id, vec![alarm]).await
    }

    async fn erase_all(&self, shop: ShopId) -> Result<(), StoreError> {
        // Deliveries are anybody's, also where nobody is known by name.
        let anybody = Erased { at: self.now(), ..Erased::default() };
        self.store.commit(shop, &Changes { erased: Some(anybody), ..Changes::default() }).await?;
        // All of them are about somebody, and each customer would look through what is left.
        self.store.forget_events(shop, self.now() + Span::days(1)).await?;
        let mut page = PageRequest { after: None, limit: PAGE };
        loop {
            let found = self.store.customers(shop, &page).await?;
            for customer in found.items.iter().filter(|customer| customer.erased_at.is_none()) {
                self.erase_customer(shop, customer.id).await?;
            }
            match found.next {
                Some(next) => page.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn note_erased(&self, shop: ShopId, names: &[Identity], notice: i64) -> Result<(), StoreError> {
        let key = self.store.make_erasure_key(shop, self.entropy.seed()).await?;
        let hashes = names.iter().filter_map(|name| hash_of(&key, name)).collect();
        let erased = Erased { hashes, events: vec![notice], at: self.now(), ..Erased::default() };
        self.store.commit(shop, &Changes { erased: Some(erased), ..Changes::default() }).await.map(|_| ())
    }

    /// Those of these names that are addresses of somebody who was erased.
    pub(crate) async fn erased_among(
        &self,
        settings: &ShopSettings,
        names: &[Identity],
    ) -> Result<BTreeSet<Identity>, StoreError> {
        let Some(key) = &settings.erasure_key else { return Ok(BTreeSet::new()) };
        let hashed: Vec<([u8; 32], &Identity)> =
            names.iter().filter_map(|name| Some((hash_of(key, name)?, name))).collect();
        if hashed.is_empty() {
            return Ok(BTreeSet::new());
        }
        let hashes: Vec<[u8; 32]> = hashed.iter().map(|(hash, _)| *hash).collect();
        let known = self.store.erased_among(settings.shop.id, &hashes).await?;
        Ok(hashed.into_iter().filter(|(hash, _)| known.contains(hash)).map(|(_, name)| name.clone()).collect())
    }
}

fn source_name(settings: &ShopSettings, origin: Origin) -> String {
    let source = settings.sources.values().find(|source| origin == Origin::Connection(source.value.id));
    source.map(|source| source.value.name.clone()).unwrap_or_default()
}

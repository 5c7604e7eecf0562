//! What arrived (S02).

use std::ops::Bound;

use async_trait::async_trait;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{
    Arrival, Arrived, Aside, Journal, KeptAside, Page, PageRequest, PendingEvent, StoreError,
};

use super::tables::Pending;
use super::{MemoryStore, State};
use crate::{arrivals, page};

#[async_trait]
impl Journal for MemoryStore {
    async fn accept(&self, arrivals: &[Arrival]) -> Result<Vec<Arrived>, StoreError> {
        let mut state = self.state();
        Ok(arrivals.iter().map(|arrival| accept(&mut state, arrival)).collect())
    }

    async fn put_aside(&self, aside: &Aside) -> Result<(), StoreError> {
        let mut state = self.state();
        state.journal += 1;
        let place = state.journal;
        let kept = KeptAside { number: place, aside: aside.clone(), taken_at: None };
        state.shops.entry(aside.shop).or_default().asides.insert(place, kept);
        Ok(())
    }

    async fn asides(
        &self,
        shop: ShopId,
        connection: Option<ConnectionId>,
        page: &PageRequest,
    ) -> Result<Page<KeptAside>, StoreError> {
        let wanted = |kept: &KeptAside| connection.is_none() || kept.aside.connection == connection;
        Ok(self.read(shop, |tables| {
            let newest = tables.asides.range(..page::before_number(page)).rev().filter(|(_, kept)| wanted(kept));
            let listed = newest.take(page::rows(page) as usize);
            page::page(listed.map(|(place, kept)| (place.to_string(), kept.clone())).collect(), page)
        }))
    }

    async fn aside(&self, shop: ShopId, number: i64) -> Result<Option<KeptAside>, StoreError> {
        Ok(self.read(shop, |tables| tables.asides.get(&number).cloned()))
    }

    async fn settle_aside(
        &self,
        shop: ShopId,
        number: i64,
        outcome: Result<Timestamp, &str>,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let kept = state.shops.get_mut(&shop).and_then(|tables| tables.asides.get_mut(&number));
        match (kept.filter(|kept| kept.taken_at.is_none()), outcome) {
            (Some(kept), Ok(at)) => kept.taken_at = Some(at),
            (Some(kept), Err(reason)) => kept.aside.reason = reason.to_owned(),
            (None, _) => {}
        }
        Ok(())
    }

    async fn count(&self, shop: ShopId, counter: &str, times: u64) -> Result<(), StoreError> {
        *self.state().shops.entry(shop).or_default().counts.entry(counter.to_owned()).or_default() += times;
        Ok(())
    }

    async fn counts(&self, shop: ShopId) -> Result<Vec<(String, u64)>, StoreError> {
        Ok(self.read(shop, |tables| tables.counts.iter().map(|(name, count)| (name.clone(), *count)).collect()))
    }

    async fn pending_events(&self, shop: ShopId, limit: u32) -> Result<Vec<PendingEvent>, StoreError> {
        let events = |pending: &Pending| pending.event.clone();
        Ok(self.read(shop, |tables| tables.pending.values().take(limit as usize).map(events).collect()))
    }

    async fn recorded_events(
        &self,
        shop: ShopId,
        after: Option<(Timestamp, i64)>,
        limit: u32,
    ) -> Result<Vec<PendingEvent>, StoreError> {
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.read(shop, |tables| {
            let events = tables.events.range((behind, Bound::Unbounded)).take(limit as usize);
            events.map(|(_, event)| event.clone()).collect()
        }))
    }

    async fn forget_events(&self, shop: ShopId, before: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state();
        let Some(tables) = state.shops.get_mut(&shop) else { return Ok(0) };
        let kept = tables.events.split_off(&(before, i64::MIN));
        Ok(std::mem::replace(&mut tables.events, kept).len() as u64)
    }
}

pub(super) fn accept(state: &mut State, arrival: &Arrival) -> Arrived {
    let tables = state.shops.entry(arrival.shop).or_default();
    let fact = (arrivals::origin_id(arrival.origin), arrival.event.id.clone());
    match tables.event_ids.get(&fact) {
        Some(known) if *known == arrival.digest => return Arrived::Same,
        Some(_) => return Arrived::Conflict,
        None => {}
    }
    state.journal += 1;
    let Arrival { origin, received_at, event, .. } = arrival.clone();
    let (sequence, urgent) = (state.journal, event.what.is_urgent());
    tables.event_ids.insert(fact, arrival.digest);
    tables.received.insert(sequence, received_at);
    let event = PendingEvent { sequence, origin, received_at, event };
    tables.pending.insert((received_at, sequence), Pending { event, urgent });
    Arrived::New
}

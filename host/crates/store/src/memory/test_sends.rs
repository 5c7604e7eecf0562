//! Test sends, and the addresses that they go to (S26).

use async_trait::async_trait;
use cartwright_domain::contact::Address;
use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_domain::test_send::{TestAddress, TestKind, TestSend};
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Page, PageRequest, StoreError, TestSends};
use std::cmp::Reverse;

use super::MemoryStore;
use super::tables::Row;
use crate::page;
use crate::rows::address_kind;

#[async_trait]
impl TestSends for MemoryStore {
    async fn test_addresses(&self, shop: ShopId) -> Result<Vec<Entry<TestAddress>>, StoreError> {
        let mut found: Vec<_> = self.read(shop, |tables| tables.test_addresses.values().map(Row::entry).collect());
        found.sort_by_key(|entry: &Entry<TestAddress>| {
            let address = &entry.value.address;
            (address_kind(address.kind), address.value.clone())
        });
        Ok(found)
    }

    async fn save_test_address(&self, shop: ShopId, address: &Entry<TestAddress>) -> Result<(), StoreError> {
        let mut state = self.state();
        let known = &mut state.shops.entry(shop).or_default().test_addresses;
        let stands = known.get(&address.value.address).map_or(0, |row| row.revision);
        if stands != address.revision {
            return Err(StoreError::Conflict);
        }
        let row = Row { value: address.value.clone(), revision: stands + 1 };
        known.insert(address.value.address.clone(), row);
        Ok(())
    }

    async fn remove_test_address(&self, shop: ShopId, address: &Address) -> Result<bool, StoreError> {
        let mut state = self.state();
        Ok(state.shops.entry(shop).or_default().test_addresses.remove(address).is_some())
    }

    async fn test_send(&self, shop: ShopId, test: MessageId) -> Result<Option<Entry<TestSend>>, StoreError> {
        Ok(self.read(shop, |tables| tables.test_sends.get(&test).map(Row::entry)))
    }

    async fn test_sends(&self, shop: ShopId, page: &PageRequest) -> Result<Page<TestSend>, StoreError> {
        let (at, id) = page::before_moment(page);
        let place = |test: &TestSend| (test.at.millis(), test.id.0);
        Ok(self.read(shop, |tables| {
            let mut listed: Vec<&TestSend> = tables.test_sends.values().map(|row| &row.value).collect();
            listed.sort_by_key(|test| Reverse(place(test)));
            let listed = listed.into_iter().filter(|test| place(test) < (at, id)).take(page::rows(page) as usize);
            let listed = listed.map(|test| (page::moment_cursor(test.at.millis(), test.id.0), test.clone()));
            page::page(listed.collect(), page)
        }))
    }

    async fn count_test_sends(&self, shop: ShopId, kind: TestKind, since: Timestamp) -> Result<u64, StoreError> {
        Ok(self.read(shop, |tables| {
            let of_kind = |test: &TestSend| test.kind == kind && test.at >= since;
            tables.test_sends.values().filter(|row| of_kind(&row.value)).count() as u64
        }))
    }
}

//! Test sends, and the addresses that they go to (S26).

use cartwright_domain::contact::{Address, AddressKind};
use cartwright_domain::erasure::Erased;
use cartwright_domain::ids::CustomerId;
use cartwright_domain::message::Outcome;
use cartwright_domain::test_send::{TestAddress, TestKind, TestSend, TestState};
use cartwright_domain::time::Span;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, InboxEntry, PageRequest, Store};
use serde_json::json;

use crate::contract;
use crate::values::{add_shop, at, customer, is_conflict, mint};

fn address(value: &str) -> Address {
    Address { kind: AddressKind::Email, value: value.into() }
}

/// Handed over so many minutes after the beginning.
fn test(minute: i64, kind: TestKind, made_of: Option<CustomerId>) -> TestSend {
    let mut test = TestSend {
        id: cartwright_domain::ids::Mint::new(at(minute), [minute as u8; 32]).next(),
        kind,
        at: at(minute),
        by: "mia".into(),
        channel: "mail".into(),
        to: address("mia@acorn.example"),
        content: None,
        revision: None,
        locale: None,
        customer: made_of,
        state: TestState::Uncertain,
        answer: None,
    };
    test.hand_over(Span::minutes(1), at(minute));
    test
}

fn writing(entries: Vec<Entry<TestSend>>) -> Changes {
    Changes { test_sends: entries, ..Changes::default() }
}

async fn all(store: &dyn Store, shop: cartwright_domain::ids::ShopId) -> Vec<TestSend> {
    store.test_sends(shop, &PageRequest { after: None, limit: 50 }).await.unwrap().items
}

contract! {
    async fn s26_an_address_is_kept_with_its_code_and_a_guess_that_came_second_is_counted_too(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let mia = TestAddress::new(address("mia@acorn.example"), 42, at(0));
        let ben = TestAddress::new(Address { kind: AddressKind::Phone, value: "+4915112345678".into() }, 7, at(0));
        for known in [&ben, &mia] {
            store.save_test_address(shop, &Entry::new(known.clone())).await.unwrap();
        }
        assert!(is_conflict(store.save_test_address(shop, &Entry::new(mia.clone())).await), "it is there");
        let kept = store.test_addresses(shop).await.unwrap();
        assert_eq!(kept.iter().map(|entry| &entry.value).collect::<Vec<_>>(), [&mia, &ben], "by kind");

        let (mut first, mut second) = (kept[0].clone(), kept[0].clone());
        assert!(first.edit().confirm("000041", at(1)).is_err());
        store.save_test_address(shop, &first).await.unwrap();
        assert!(second.edit().confirm("000042", at(1)).is_ok());
        assert!(is_conflict(store.save_test_address(shop, &second).await), "it was read before the first guess");
        assert_eq!(store.test_addresses(shop).await.unwrap()[0].value, first.value);

        assert!(store.test_addresses(other).await.unwrap().is_empty());
        assert!(!store.remove_test_address(other, &mia.address).await.unwrap());
        assert!(store.remove_test_address(shop, &mia.address).await.unwrap());
        assert!(!store.remove_test_address(shop, &mia.address).await.unwrap());
        assert_eq!(store.test_addresses(shop).await.unwrap().len(), 1);
    }

    async fn s26_a_test_is_handed_over_once_and_settled_from_there(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let sent = test(1, TestKind::Content, None);
        store.commit(shop, &writing(vec![Entry::new(sent.clone())])).await.unwrap();
        assert!(is_conflict(store.commit(shop, &writing(vec![Entry::new(sent.clone())])).await), "never twice");
        let mut known = store.test_send(shop, sent.id).await.unwrap().unwrap();
        assert_eq!(known.value, sent);
        known.edit().settle(&Outcome::Accepted { provider_id: "p\0".into(), price: None });
        let settled = known.value.clone();
        store.commit(shop, &writing(vec![known.clone()])).await.unwrap();
        assert!(is_conflict(store.commit(shop, &writing(vec![known])).await), "it has moved on");
        assert_eq!(all(&*store, shop).await, [settled]);
        assert_eq!((store.test_send(other, sent.id).await.unwrap(), all(&*store, other).await), (None, vec![]));
    }

    async fn s26_tests_are_listed_newest_first_and_counted_by_kind(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let kinds = [TestKind::Content, TestKind::Code, TestKind::Content, TestKind::Content];
        let tests: Vec<TestSend> =
            kinds.into_iter().enumerate().map(|(minute, kind)| test(minute as i64, kind, None)).collect();
        store.commit(shop, &writing(tests.iter().cloned().map(Entry::new).collect())).await.unwrap();
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = store.test_sends(shop, &PageRequest { after, limit: 3 }).await.unwrap();
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, tests.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(store.count_test_sends(shop, TestKind::Content, at(2)).await.unwrap(), 2);
        assert_eq!(store.count_test_sends(shop, TestKind::Code, at(0)).await.unwrap(), 1);
        assert_eq!(store.count_test_sends(shop, TestKind::Code, at(2)).await.unwrap(), 0);
    }

    async fn s45_what_was_tried_with_somebodys_data_goes_with_them_also_after_a_merge(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (ana, heir, ben) = (customer(&mut mint), customer(&mut mint), customer(&mut mint));
        let people = [&ana, &heir, &ben].map(|person| Entry::new(person.clone())).to_vec();
        let tests = [test(1, TestKind::Content, Some(ana.id)), test(2, TestKind::Content, Some(ben.id))];
        let shown = |test: &TestSend| InboxEntry { message: test.id, at: at(1), to: "mia".into(), document: json!({}) };
        let changes = Changes {
            customers: people,
            inbox: tests.iter().map(shown).collect(),
            ..writing(tests.iter().cloned().map(Entry::new).collect())
        };
        store.commit(shop, &changes).await.unwrap();
        store.commit(shop, &Changes { merged: vec![(ana.id, heir.id)], ..Changes::default() }).await.unwrap();
        assert_eq!(store.test_send(shop, tests[0].id).await.unwrap().unwrap().value.customer, Some(heir.id));
        let erased = Erased { customer: Some(heir.id), ..Erased::default() };
        store.commit(shop, &Changes { erased: Some(erased), ..Changes::default() }).await.unwrap();
        assert_eq!(all(&*store, shop).await, [tests[1].clone()]);
        let inbox = store.inbox(shop, &PageRequest { after: None, limit: 9 }).await.unwrap().items;
        assert_eq!(inbox.iter().map(|entry| entry.message).collect::<Vec<_>>(), [tests[1].id]);
    }
}

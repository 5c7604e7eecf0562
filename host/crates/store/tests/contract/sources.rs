//! What is known of sources beside their settings: when they are asked next, and what they told, in one commit.

use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::plugin::{SourceAbility, SourceTaskKind};
use cartwright_domain::shard::Shard;
use cartwright_domain::shop::{Connection, ConnectionKind};
use cartwright_domain::source::SourceState;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Arrived, Changes, Store};
use serde_json::json;

use crate::contract;
use crate::values::{add_shop, altered, at, calm, changed, is_conflict, mint, urgent};

/// A source of a shop, stored.
async fn connect(store: &dyn Store, shop: ShopId, seed: u8, name: &str) -> ConnectionId {
    let id: ConnectionId = mint(seed).next();
    let source: Connection =
        serde_json::from_value(json!({ "id": id, "name": name, "kind": "source", "plugin": "acme" })).unwrap();
    store.save_connection(shop, &source).await.unwrap();
    id
}

/// What is known of a source that is polled then.
fn polled(connection: ConnectionId, due_at: Timestamp, cursor: &str) -> SourceState {
    let mut state = SourceState::new(connection);
    state.plan(&[SourceAbility { task: SourceTaskKind::Poll, every_minutes: Some(10) }], false, due_at);
    state.cursor = Some(cursor.into());
    state
}

fn source(entry: Entry<SourceState>) -> Changes {
    Changes { sources: vec![entry], ..Changes::default() }
}

contract! {
    async fn s08_what_is_known_of_a_source_comes_back_and_stands_at_a_revision(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (one, other) = (connect(&*store, shop, 3, "one").await, connect(&*store, shop, 4, "other").await);
        let first = polled(one, at(5), "c1");
        let both = vec![Entry::new(first.clone()), Entry::new(SourceState::new(other))];
        store.commit(shop, &Changes { sources: both, ..Changes::default() }).await.unwrap();
        assert!(is_conflict(store.commit(shop, &source(Entry::new(first.clone()))).await), "it is there already");
        let known = store.source_states(shop).await.unwrap();
        assert_eq!(known.len(), 2);
        assert!(known.contains(&Entry::loaded(first, 1)));
        let next = polled(one, at(15), "c2");
        store.commit(shop, &source(changed(next.clone(), 1))).await.unwrap();
        assert!(is_conflict(store.commit(shop, &source(changed(polled(one, at(9), "lost"), 1))).await));
        assert!(store.source_states(shop).await.unwrap().contains(&Entry::loaded(next, 2)));
    }

    async fn s08_a_page_and_its_cursor_are_durable_together_or_not_at_all(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let id = connect(&*store, shop, 3, "acme").await;
        let known = calm(shop, "e1");
        store.accept(std::slice::from_ref(&known)).await.unwrap();
        let arrivals = vec![known.clone(), altered(&known), urgent(shop, "o1"), calm(shop, "e2")];
        let page = |revision, cursor: &str| Changes {
            arrivals: arrivals.clone(),
            ..source(Entry { value: polled(id, at(5), cursor), revision, changed: true })
        };
        assert!(is_conflict(store.commit(shop, &page(7, "wrong")).await));
        assert_eq!(store.pending_events(shop, 10).await.unwrap().len(), 1, "the refused batch told nothing");
        let committed = store.commit(shop, &page(0, "c1")).await.unwrap();
        assert_eq!(committed.arrived, [Arrived::Same, Arrived::Conflict, Arrived::New, Arrived::New]);
        assert_eq!(store.pending_events(shop, 10).await.unwrap().len(), 3);
        assert_eq!(store.source_states(shop).await.unwrap()[0].value.cursor.as_deref(), Some("c1"));
        let hand_over = Changes { addressed: Some(Vec::new()), hand_overs: 1, ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &hand_over).await), "the order that was told comes first");
    }

    async fn s08_a_source_that_is_due_is_work(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let id = connect(&*store, shop, 3, "acme").await;
        store.commit(shop, &source(Entry::new(polled(id, at(5), "c1")))).await.unwrap();
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), Some(at(5)));
        assert!(store.shops_with_work(&Shard::ALL, at(4)).await.unwrap().is_empty());
        assert_eq!(store.shops_with_work(&Shard::ALL, at(5)).await.unwrap(), [shop]);
        assert!(store.shops_with_work(&[], at(5)).await.unwrap().is_empty());
        store.commit(shop, &source(changed(SourceState::new(id), 1))).await.unwrap();
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), None);
    }

    async fn s08_with_its_connection_a_source_is_forgotten_for_good(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let id = connect(&*store, shop, 3, "acme").await;
        store.commit(shop, &source(Entry::new(polled(id, at(5), "c1")))).await.unwrap();
        assert!(store.remove_connection(shop, ConnectionKind::Source, "acme").await.unwrap());
        assert!(store.source_states(shop).await.unwrap().is_empty());
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), None);
        assert!(is_conflict(store.commit(shop, &source(changed(polled(id, at(5), "c2"), 1))).await));
        assert!(is_conflict(store.commit(shop, &source(Entry::new(polled(id, at(5), "c2")))).await));
    }

    async fn s08_sources_of_shops_are_apart(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let id = connect(&*store, shop, 3, "acme").await;
        store.commit(shop, &source(Entry::new(polled(id, at(5), "c1")))).await.unwrap();
        assert!(store.source_states(other).await.unwrap().is_empty());
        assert!(is_conflict(store.commit(other, &source(Entry::new(polled(id, at(5), "c1")))).await));
        assert_eq!(store.source_states(shop).await.unwrap().len(), 1);
    }
}

//! What providers say of the templates of a shop's channels.

use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::shard::Shard;
use cartwright_domain::shop::{Connection, ConnectionKind};
use cartwright_domain::template::{Template, TemplateBook, TemplateState};
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, Store};
use serde_json::json;

use crate::contract;
use crate::values::{add_shop, at, changed, is_conflict, mint};

/// A channel of a shop, stored.
async fn connect(store: &dyn Store, shop: ShopId, seed: u8, name: &str) -> ConnectionId {
    let id: ConnectionId = mint(seed).next();
    let channel: Connection =
        serde_json::from_value(json!({ "id": id, "name": name, "kind": "channel", "plugin": "acme" })).unwrap();
    store.save_connection(shop, &channel).await.unwrap();
    id
}

/// What its provider said, to be asked again then.
fn book(connection: ConnectionId, due_at: Option<Timestamp>, state: TemplateState) -> TemplateBook {
    let words = Some("what\0ever".to_owned());
    let template = Template { name: "cart".into(), title: None, locale: "vi".into(), state, words, told_at: at(1) };
    TemplateBook { due_at, listed_at: Some(at(1)), templates: vec![template], ..TemplateBook::new(connection) }
}

fn writing(books: Vec<Entry<TemplateBook>>) -> Changes {
    Changes { templates: books, ..Changes::default() }
}

contract! {
    async fn s17_what_providers_say_comes_back_and_stands_at_a_revision(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (one, other) = (connect(&*store, shop, 3, "one").await, connect(&*store, shop, 4, "other").await);
        let pending = book(one, Some(at(5)), TemplateState::Pending);
        let both = [pending.clone(), TemplateBook::new(other)].map(Entry::new).to_vec();
        store.commit(shop, &writing(both)).await.unwrap();
        let conflicts = async |entry| is_conflict(store.commit(shop, &writing(vec![entry])).await);
        assert!(conflicts(Entry::new(pending.clone())).await, "it is there already");
        let known = store.template_books(shop).await.unwrap();
        assert_eq!(known.len(), 2);
        assert!(known.contains(&Entry::loaded(pending.clone(), 1)));
        let approved = book(one, Some(at(9)), TemplateState::Approved);
        store.commit(shop, &writing(vec![changed(approved.clone(), 1)])).await.unwrap();
        assert!(conflicts(changed(pending, 1)).await, "somebody else was told something meanwhile");
        assert!(store.template_books(shop).await.unwrap().contains(&Entry::loaded(approved, 2)));
    }

    async fn s17_every_node_learns_what_a_provider_says(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let id = connect(&*store, shop, 3, "acme").await;
        let before = store.settings_revision(shop).await.unwrap();
        store.commit(shop, &writing(vec![Entry::new(book(id, None, TemplateState::Paused))])).await.unwrap();
        let then = store.settings_revision(shop).await.unwrap();
        assert!(then > before);
        store.commit(shop, &Changes::default()).await.unwrap();
        assert_eq!(store.settings_revision(shop).await.unwrap(), then);
    }

    async fn s17_a_provider_that_is_to_be_asked_is_work(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let id = connect(&*store, shop, 3, "acme").await;
        store.commit(shop, &writing(vec![Entry::new(book(id, Some(at(5)), TemplateState::Pending))])).await.unwrap();
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), Some(at(5)));
        assert!(store.shops_with_work(&Shard::ALL, at(4)).await.unwrap().is_empty());
        assert_eq!(store.shops_with_work(&Shard::ALL, at(5)).await.unwrap(), [shop]);
        assert!(store.shops_with_work(&[], at(5)).await.unwrap().is_empty());
        store.commit(shop, &writing(vec![changed(book(id, None, TemplateState::Pending), 1)])).await.unwrap();
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), None);
    }

    async fn s17_with_its_channel_a_book_is_forgotten_and_shops_have_their_own(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let id = connect(&*store, shop, 3, "acme").await;
        let known = book(id, Some(at(5)), TemplateState::Pending);
        assert!(is_conflict(store.commit(other, &writing(vec![Entry::new(known.clone())])).await));
        store.commit(shop, &writing(vec![Entry::new(known.clone())])).await.unwrap();
        assert!(store.template_books(other).await.unwrap().is_empty());
        assert!(store.remove_connection(shop, ConnectionKind::Channel, "acme").await.unwrap());
        assert!(store.template_books(shop).await.unwrap().is_empty());
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), None);
        assert!(is_conflict(store.commit(shop, &writing(vec![changed(known.clone(), 1)])).await));
        assert!(is_conflict(store.commit(shop, &writing(vec![Entry::new(known)])).await));
    }
}

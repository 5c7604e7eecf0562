//! What people configure.

use cartwright_domain::content::Content;
use cartwright_domain::ids::{ShopId, StrategyId};
use cartwright_domain::replacing::Replacement;
use cartwright_domain::shop::{Connection, ConnectionKind, Shop};
use cartwright_domain::strategy::{StateChange, StrategyRecord, StrategyState, Version};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{ApiKey, Changes, PageRequest, Publication, Secret, Store, StoreError};
use serde_json::json;

use crate::contract;
use crate::plugins::{install, plugin};
use crate::values::{add_shop, at, changed, is_conflict, mint};

pub(crate) fn connection(seed: u8, kind: &str, name: &str) -> Connection {
    let id: cartwright_domain::ids::ConnectionId = mint(seed).next();
    serde_json::from_value(json!({ "id": id, "name": name, "kind": kind, "plugin": "inbox" })).unwrap()
}

pub(crate) fn content(name: &str) -> Content {
    serde_json::from_value(json!({ "name": name, "variants": [] })).unwrap()
}

/// Publishes what was checked a moment ago.
pub(crate) async fn publish(
    store: &dyn Store,
    shop: ShopId,
    record: &StrategyRecord,
    version: &Version,
) -> Result<(), StoreError> {
    let revision = store.settings_revision(shop).await?;
    store.publish(shop, &Publication { revision, record, version, contents: &[] }).await
}

/// Somebody gave a strategy its state then.
pub(crate) fn said_at(second: i64) -> StateChange {
    StateChange { at: at(second), by: "ana".into(), reason: None }
}

pub(crate) fn strategy(name: &str, seed: u8, number: u32) -> (StrategyRecord, Version) {
    let strategy: StrategyId = mint(seed).next();
    let version: cartwright_domain::ids::VersionId = mint(seed + number as u8).next();
    let record = StrategyRecord {
        id: strategy,
        name: name.into(),
        state: StrategyState::Live,
        current: version,
        current_number: number,
        created_at: at(0),
        changed_at: at(i64::from(number)),
        state_change: None,
    };
    let definition =
        json!({ "name": name, "trigger": { "on": "cart", "next": "end" }, "steps": { "end": { "kind": "exit" } } });
    let version = json!({ "id": version, "strategy": strategy, "number": number, "published_at": at(0), "definition": definition });
    (record, serde_json::from_value(version).unwrap())
}

fn is_taken<T>(result: Result<T, StoreError>, name: &str) -> bool {
    matches!(result, Err(StoreError::Taken(taken)) if taken.contains(name))
}

contract! {
    async fn shops_are_made_changed_and_listed_by_name(db) {
        let store = db.store();
        let (one, two) = (add_shop(&*store, 2).await, add_shop(&*store, 1).await);
        let shop = store.shop(one).await.unwrap().unwrap();
        assert!(matches!(store.add_shop(&shop).await, Err(StoreError::Taken(_))));
        let link = json!({ "channel": "sms", "keyword": "SPRING", "text": "Hello" });
        let chat_links = [("poster".to_owned(), serde_json::from_value(link).unwrap())].into();
        let renamed = Shop { name: "Zoo".into(), chat_links, ..(*shop).clone() };
        store.save_shop(&renamed).await.unwrap();
        assert_eq!(*store.shop(one).await.unwrap().unwrap(), renamed);
        let names: Vec<String> = store.shops().await.unwrap().into_iter().map(|shop| shop.name).collect();
        // By bytes, on every machine: capital letters first.
        assert_eq!(names, ["Zoo", "shop 1"]);
        assert!(store.shop(two).await.unwrap().is_some());
        assert!(is_conflict(store.save_shop(&Shop { id: mint(9).next(), ..renamed }).await));
    }

    async fn keys_are_found_by_their_hash_and_forgotten(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let key = |seed: u8, shop| ApiKey { id: mint(seed).next(), shop, label: format!("key {seed}"), hash: [seed; 32], created_at: at(0) };
        let (own, operator) = (key(3, Some(shop)), key(4, None));
        store.add_key(&own).await.unwrap();
        store.add_key(&operator).await.unwrap();
        assert!(matches!(store.add_key(&own).await, Err(StoreError::Taken(_))));
        assert_eq!(store.key(&[3; 32]).await.unwrap(), Some(own.clone()));
        assert_eq!(store.key(&[4; 32]).await.unwrap(), Some(operator));
        assert_eq!(store.key(&[5; 32]).await.unwrap(), None);
        assert_eq!(store.keys(shop).await.unwrap(), std::slice::from_ref(&own));
        assert!(!store.remove_key(other, own.id).await.unwrap());
        assert!(store.remove_key(shop, own.id).await.unwrap());
        assert!(!store.remove_key(shop, own.id).await.unwrap());
        assert_eq!(store.key(&own.hash).await.unwrap(), None);
    }

    async fn connections_have_one_name_each_among_their_kind(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (channel, source) = (connection(3, "channel", "main"), connection(4, "source", "main"));
        store.save_connection(shop, &channel).await.unwrap();
        store.save_connection(shop, &source).await.unwrap();
        assert!(is_taken(store.save_connection(shop, &connection(5, "channel", "main")).await, "main"));
        let renamed = Connection { name: "other".into(), ..channel.clone() };
        store.save_connection(shop, &renamed).await.unwrap();
        assert_eq!(store.connections(shop).await.unwrap(), [Entry::loaded(renamed.clone(), 2), Entry::loaded(source.clone(), 1)]);
        assert_eq!(store.connection(source.id).await.unwrap(), Some((shop, source)));
        assert!(!store.remove_connection(shop, ConnectionKind::Source, "other").await.unwrap());
        assert!(store.remove_connection(shop, ConnectionKind::Channel, "other").await.unwrap());
        assert_eq!(store.connection(channel.id).await.unwrap(), None);
    }

    async fn a_hold_is_refused_if_the_connection_changed_meanwhile(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let channel = connection(3, "channel", "main");
        store.save_connection(shop, &channel).await.unwrap();
        let held = |revision| Changes {
            connections: vec![changed(Connection { odd_refusals: 4, ..channel.clone() }, revision)],
            ..Changes::default()
        };
        let before = store.settings_revision(shop).await.unwrap();
        store.commit(shop, &held(1)).await.unwrap();
        assert_eq!(store.connections(shop).await.unwrap()[0].value.odd_refusals, 4);
        assert!(store.settings_revision(shop).await.unwrap() > before);
        store.save_connection(shop, &channel).await.unwrap();
        assert!(is_conflict(store.commit(shop, &held(2)).await));
        store.commit(shop, &held(3)).await.unwrap();
    }

    async fn s28_saving_a_content_makes_a_revision(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let relabelled = Content { labels: vec!["new".into()], ..content("hello") };
        assert_eq!(store.save_content(shop, &content("hello"), at(0)).await.unwrap(), 1);
        assert_eq!(store.save_content(shop, &relabelled, at(1)).await.unwrap(), 2);
        assert_eq!(store.save_content(shop, &content("bye"), at(2)).await.unwrap(), 1);
        assert_eq!(store.contents(shop).await.unwrap(), [(content("bye"), 1), (relabelled, 2)]);
    }

    async fn s28_a_revision_takes_the_place_of_a_content_in_the_versions_that_are_named(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (_, first) = strategy("carts", 10, 1);
        let (_, second) = strategy("carts", 10, 2);
        for number in 1..4 {
            let content = Content { labels: vec![number.to_string()], ..content("hello") };
            assert_eq!(store.save_content(shop, &content, at(0)).await.unwrap(), number);
        }
        for revision in [2, 3] {
            let before = store.settings_revision(shop).await.unwrap();
            let stale = store.replace_content(shop, ("hello", revision), &[first.id], at(7), before - 1).await;
            assert!(is_conflict(stale));
            store.replace_content(shop, ("hello", revision), &[first.id], at(7), before).await.unwrap();
            assert!(store.settings_revision(shop).await.unwrap() > before, "caches hear of it");
        }
        let places = store.replacements(shop, &[first.id, second.id]).await.unwrap();
        let newest = Content { labels: vec!["3".into()], ..content("hello") };
        assert_eq!(places, [Replacement { version: first.id, content: newest, revision: 3, replaced_at: at(7) }]);
        assert!(store.replacements(shop, &[second.id]).await.unwrap().is_empty());
        assert!(store.replacements(shop, &[]).await.unwrap().is_empty());
    }

    async fn s28_a_strategy_keeps_all_its_versions(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (_, first) = strategy("carts", 10, 1);
        let (record, second) = strategy("carts", 10, 2);
        let initial = StrategyRecord { current: first.id, current_number: 1, ..record.clone() };
        publish(&*store, shop, &initial, &first).await.unwrap();
        publish(&*store, shop, &record, &second).await.unwrap();
        assert_eq!(store.strategies(shop).await.unwrap(), std::slice::from_ref(&record));
        assert_eq!(store.versions_of(shop, record.id).await.unwrap(), [second.clone(), first.clone()]);
        assert_eq!(store.versions(shop, &[first.id, mint(99).next()]).await.unwrap(), std::slice::from_ref(&first));
        assert!(store.versions(shop, &[]).await.unwrap().is_empty());
        assert!(is_conflict(publish(&*store, shop, &record, &second).await), "somebody else published that number");
        let (other, version) = strategy("carts", 20, 1);
        assert!(is_taken(publish(&*store, shop, &other, &version).await, "carts"));
        assert_eq!(store.strategies(shop).await.unwrap().len(), 1);
    }

    async fn s43_what_was_checked_before_the_settings_moved_is_not_published(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (record, version) = strategy("carts", 10, 1);
        let revision = store.settings_revision(shop).await.unwrap();
        install(&*store, shop, &[plugin("vip", "1.0.0", "d1")]).await;
        let contents = [content("hello")];
        let publication = Publication { revision, record: &record, version: &version, contents: &contents };
        assert!(is_conflict(store.publish(shop, &publication).await));
        assert!(store.strategies(shop).await.unwrap().is_empty() && store.contents(shop).await.unwrap().is_empty());
        let revision = store.settings_revision(shop).await.unwrap();
        store.publish(shop, &Publication { revision, ..publication }).await.unwrap();
        assert_eq!(store.contents(shop).await.unwrap(), [(content("hello"), 1)]);
        assert!(store.settings_revision(shop).await.unwrap() > revision);
    }

    async fn s27_a_strategy_changes_its_state(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (record, version) = strategy("carts", 10, 1);
        publish(&*store, shop, &record, &version).await.unwrap();
        let change = StateChange { reason: Some("the cups are sold out".into()), ..said_at(7) };
        assert!(store.set_strategy_state(shop, record.id, StrategyState::Paused, &change).await.unwrap());
        let paused =
            StrategyRecord { state: StrategyState::Paused, changed_at: at(7), state_change: Some(change), ..record };
        assert_eq!(store.strategies(shop).await.unwrap(), [paused]);
        assert!(!store.set_strategy_state(shop, mint(99).next(), StrategyState::Live, &said_at(8)).await.unwrap());
    }

    async fn strategies_and_contents_are_listed_by_name_page_by_page(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let other = add_shop(&*store, 2).await;
        for (seed, name) in [(10, "carts"), (20, "Ärzte"), (30, "birthday")] {
            let (record, version) = strategy(name, seed, 1);
            publish(&*store, shop, &record, &version).await.unwrap();
            store.save_content(shop, &content(name), at(0)).await.unwrap();
        }
        store.save_content(shop, &content("carts"), at(1)).await.unwrap();
        let first = PageRequest { after: None, limit: 2 };
        let page = store.strategies_page(shop, &first).await.unwrap();
        assert_eq!(page.items.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["birthday", "carts"]);
        let rest = store.strategies_page(shop, &PageRequest { after: page.next, limit: 2 }).await.unwrap();
        assert_eq!((rest.items[0].name.as_str(), rest.items.len(), rest.next), ("Ärzte", 1, None));
        let page = store.contents_page(shop, &first).await.unwrap();
        assert_eq!(page.items, [(content("birthday"), 1), (content("carts"), 2)], "the newest revision alone");
        let rest = store.contents_page(shop, &PageRequest { after: page.next, limit: 2 }).await.unwrap();
        assert_eq!((rest.items, rest.next), (vec![(content("Ärzte"), 1)], None));
        assert!(store.strategies_page(other, &first).await.unwrap().items.is_empty());
        assert!(store.contents_page(other, &first).await.unwrap().items.is_empty());
    }

    async fn every_change_of_settings_moves_their_revision(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let record = store.shop(shop).await.unwrap().unwrap();
        let channel = connection(3, "channel", "main");
        let (strategy, version) = strategy("carts", 10, 1);
        let mut last = store.settings_revision(shop).await.unwrap();
        let mut moved = async |what: &str| {
            let now = store.settings_revision(shop).await.unwrap();
            assert!(now > last, "{what}");
            last = now;
        };
        store.save_shop(&record).await.unwrap();
        moved("shop").await;
        store.save_connection(shop, &channel).await.unwrap();
        moved("connection").await;
        store.save_secret(shop, channel.id, "token", &Secret::from("x")).await.unwrap();
        moved("secret").await;
        install(&*store, shop, &[plugin("vip", "1.0.0", "d1")]).await;
        moved("plugin").await;
        store.save_content(shop, &content("hello"), at(0)).await.unwrap();
        moved("content").await;
        publish(&*store, shop, &strategy, &version).await.unwrap();
        moved("version").await;
        store.set_strategy_state(shop, strategy.id, StrategyState::Closed, &said_at(1)).await.unwrap();
        moved("state").await;
        store.remove_connection(shop, ConnectionKind::Channel, "main").await.unwrap();
        moved("removal").await;
        assert_eq!(store.settings_revision(mint(99).next()).await.unwrap(), 0);
    }
}

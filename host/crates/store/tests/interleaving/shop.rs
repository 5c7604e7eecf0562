//! The shop that every case happens in.

use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::{Connection, Shop};
use cartwright_domain::strategy::{StrategyRecord, StrategyState, Version};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{PluginChanges, Publication, Store};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

use crate::case::Case;
use crate::provider::records;

/// A shop whose day is from 9 to 18: its own window and its channel's together.
pub(crate) async fn set_up(store: &dyn Store, case: &Case, now: Timestamp) -> ShopId {
    static SHOPS: AtomicU64 = AtomicU64::new(1);
    let number = u128::from(SHOPS.fetch_add(1, Ordering::Relaxed));
    let id = |kind: u128| Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 | number << 16 | kind);
    let own_run = if case.own_run_counts { "counts" } else { "exempt" };
    let hours = |from: &str, until: &str| json!({ "open": [{ "from": from, "until": until }], "zone": "shop" });
    let shop = Shop {
        id: ShopId(id(0)),
        window: Some(value(hours("09:00", "20:00"))),
        cap: Some(value(json!({ "contacts": case.contacts, "within": "24h", "own_run": own_run }))),
        ..cartwright_testkit::values::shop()
    };
    store.add_shop(&shop).await.unwrap();
    let ability = json!({ "channel": "post", "addresses": ["email"], "idempotent": case.idempotent, "lookup": false });
    for record in records(&ability) {
        let revision = store.settings_revision(shop.id).await.unwrap();
        let component = Some(bytes::Bytes::from_static(b"-"));
        let changes = PluginChanges { revision, records: vec![record], component, ..PluginChanges::default() };
        store.change_plugins(shop.id, &changes).await.unwrap();
    }
    let channel: Connection = value(json!({
        "id": id(1), "name": "post", "kind": "channel", "plugin": "post", "config": {}, "ability": ability,
        "window": hours("08:00", "18:00"),
    }));
    store.save_connection(shop.id, &channel).await.unwrap();
    for (place, definition) in [cart_strategy(), checkout_strategy()].into_iter().enumerate() {
        let place = place as u128;
        let version = Version {
            id: value(json!(id(16 + place))),
            strategy: value(json!(id(32 + place))),
            number: 1,
            published_at: now,
            definition: value(definition),
            replaced: Default::default(),
        };
        let record = StrategyRecord {
            id: version.strategy,
            name: version.definition.name.clone(),
            state: StrategyState::Live,
            current: version.id,
            current_number: 1,
            created_at: now,
            changed_at: now,
            state_change: None,
        };
        let revision = store.settings_revision(shop.id).await.unwrap();
        let publication = Publication { revision, record: &record, version: &version, contents: &[] };
        store.publish(shop.id, &publication).await.unwrap();
    }
    shop.id
}

fn value<T: serde::de::DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn contents() -> Value {
    json!([{ "name": "reminder", "variants": [{ "channel": "post", "body": { "text": "Still yours" } }] }])
}

/// How late a message may be: never, here, so that none is lost for that.
const LATENESS: &str = "2000h";

fn cart_strategy() -> Value {
    let say = |next: &str| json!({ "kind": "message", "channel": "post", "content": "reminder", "next": next });
    json!({
        "name": "Carts",
        "trigger": { "on": "cart", "settle": "1h", "next": "remind" },
        "policies": { "max_lateness": LATENESS },
        "steps": {
            "remind": say("wait"),
            "wait": { "kind": "delay", "for": "3h", "next": "again" },
            "again": say("done"),
            "done": { "kind": "exit" }
        },
        "contents": contents()
    })
}

fn checkout_strategy() -> Value {
    json!({
        "name": "Checkouts",
        "trigger": { "on": "checkout", "settle": "30m", "next": "remind" },
        "policies": { "max_lateness": LATENESS, "priority": 1, "capped": "wait" },
        "steps": {
            "remind": { "kind": "message", "channel": "post", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": contents()
    })
}

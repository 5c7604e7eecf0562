//! The life of plugins: stages change as a whole or not at all, and what is found out is kept and capped.

use bytes::Bytes;
use cartwright_domain::ids::{NoteId, RunId, ShopId};
use cartwright_domain::plugin::{AuditEntry, Audited, Breaker, Kill, PluginLimits, PluginRecord, Stage};
use cartwright_domain::shop::Grants;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::{Happening, TraceEntry};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, Figure, Note, NoteKind, PageRequest, PluginChanges, Store};
use serde_json::json;
use uuid::Uuid;

use crate::contract;
use crate::settings::strategy;
use crate::values::{add_person, add_shop, at, changed, ended, is_conflict, mint};

pub(crate) fn plugin(name: &str, version: &str, digest: &str) -> PluginRecord {
    serde_json::from_value(json!({
        "name": name, "version": version, "digest": digest, "kind": "condition", "built_for": "cartwright:plugin@0.1.0",
        "size": 3, "installed_at": at(0), "stage": "active",
        "descriptor": { "title": name, "summary": "", "config_schema": {}, "facts": [], "hosts": [], "secrets": [] },
    }))
    .unwrap()
}

pub(crate) async fn changes_at(store: &dyn Store, shop: ShopId) -> PluginChanges {
    PluginChanges { revision: store.settings_revision(shop).await.unwrap(), ..PluginChanges::default() }
}

pub(crate) async fn install(store: &dyn Store, shop: ShopId, records: &[PluginRecord]) {
    let component = Some(Bytes::from_static(b"abc"));
    let changes = PluginChanges { records: records.to_vec(), component, ..changes_at(store, shop).await };
    store.change_plugins(shop, &changes).await.unwrap();
}

pub(crate) fn kill(plugin: &str) -> Kill {
    Kill { plugin: plugin.into(), at: at(3), by: "ana".into(), why: "it writes nonsense".into() }
}

/// Later numbers are greater.
pub(crate) fn mint_note(number: u128) -> NoteId {
    NoteId(Uuid::from_u128(number))
}

pub(crate) fn note(kind: NoteKind, subject: &str, number: u128, run: Option<RunId>) -> Note {
    let document = json!({ "number": number, "text": "a\0b" });
    Note { kind, subject: subject.into(), id: mint_note(number), at: at(number as i64), run, document }
}

pub(crate) fn figure(digest: &str, name: &str, value: u64) -> Figure {
    Figure { digest: digest.into(), day: "2026-11-21".into(), name: name.into(), value }
}

async fn stages(store: &dyn Store, shop: ShopId) -> Vec<(String, Stage)> {
    let mut stages: Vec<_> =
        store.plugins(shop).await.unwrap().into_iter().map(|plugin| (plugin.digest, plugin.stage)).collect();
    stages.sort_by(|one, other| one.0.cmp(&other.0));
    stages
}

async fn numbers(store: &dyn Store, shop: ShopId, kind: NoteKind, subject: &str) -> Vec<u64> {
    let page = PageRequest { after: None, limit: 200 };
    let notes = store.notes(shop, kind, subject, &page).await.unwrap().items;
    notes.iter().map(|note| note.document["number"].as_u64().unwrap()).collect()
}

contract! {
    async fn s43_one_version_takes_the_place_of_another_in_one_commit(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let (old, new) = (plugin("vip", "1.0.0", "d1"), plugin("vip", "1.1.0", "d2"));
        install(&*store, shop, std::slice::from_ref(&old)).await;
        let superseded = old.at_stage(Stage::Superseded, at(1), Some("d2 took its place"));
        let audit = AuditEntry {
            id: mint_note(1), at: at(1), by: "ana".into(), plugin: "vip".into(), digest: Some("d2".into()),
            did: Audited::Moved { from: Stage::Installed, to: Stage::Active, why: None },
        };
        let changes = PluginChanges {
            records: vec![new.clone(), superseded.clone()],
            component: Some(Bytes::from_static(b"xyz")),
            audit: vec![audit.clone()],
            ..changes_at(&*store, shop).await
        };
        store.change_plugins(shop, &changes).await.unwrap();
        assert_eq!(store.settings_revision(shop).await.unwrap(), changes.revision + 1);
        assert_eq!(stages(&*store, shop).await, [("d1".into(), Stage::Superseded), ("d2".into(), Stage::Active)]);
        assert_eq!(store.plugins(shop).await.unwrap().iter().find(|plugin| plugin.digest == "d1"), Some(&superseded));
        assert_eq!(store.plugin_component(shop, "d2").await.unwrap(), Some(Bytes::from_static(b"xyz")));
        assert_eq!(store.component(shop, "d1").await.unwrap(), Some(Bytes::from_static(b"abc")));
        assert_eq!(store.component(shop, "d3").await.unwrap(), None);
        let told = store.note(shop, NoteKind::Audit, "vip", audit.id).await.unwrap().unwrap();
        assert_eq!(serde_json::from_value::<AuditEntry>(told.document).unwrap(), audit);
        // Back again, in the other order.
        let back = PluginChanges {
            records: vec![old.clone(), new.at_stage(Stage::Installed, at(2), None)],
            ..changes_at(&*store, shop).await
        };
        store.change_plugins(shop, &back).await.unwrap();
        assert_eq!(stages(&*store, shop).await, [("d1".into(), Stage::Active), ("d2".into(), Stage::Installed)]);
    }

    async fn s43_what_was_decided_on_older_settings_changes_nothing(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let stale = changes_at(&*store, shop).await;
        install(&*store, shop, &[plugin("vip", "1.0.0", "d1")]).await;
        let stale = PluginChanges {
            records: vec![plugin("max", "1.0.0", "d2")],
            component: Some(Bytes::new()),
            killed: Some(kill("vip")),
            ..stale
        };
        assert!(is_conflict(store.change_plugins(shop, &stale).await));
        assert_eq!(stages(&*store, shop).await, [("d1".into(), Stage::Active)]);
        assert!(store.plugin_kills(shop).await.unwrap().is_empty());
        assert_eq!(store.component(shop, "d2").await.unwrap(), None);
    }

    async fn s43_one_version_of_a_major_is_active_and_one_its_canary(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let all = [plugin("vip", "1.0.0", "d1"), plugin("vip", "2.0.0", "d2"), plugin("max", "1.0.0", "d3")];
        install(&*store, shop, &all).await;
        let canary = |digest| PluginRecord { stage: Stage::Canary { percent: 7 }, ..plugin("vip", "1.1.0", digest) };
        install(&*store, shop, &[canary("d4")]).await;
        for second in [plugin("vip", "1.2.0", "d5"), canary("d6")] {
            let changes = PluginChanges { records: vec![second], ..changes_at(&*store, shop).await };
            assert!(is_conflict(store.change_plugins(shop, &changes).await));
        }
        assert_eq!(stages(&*store, shop).await[3], ("d4".into(), Stage::Canary { percent: 7 }));
    }

    async fn everything_about_a_version_comes_back(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let record = PluginRecord {
            grants: Grants { facts: vec!["orders.count".into()], ..Grants::default() },
            limits: PluginLimits { call_ms: Some(9), ..PluginLimits::default() },
            authors: Some("a\0b".into()),
            stage: Stage::Waiting { then: Box::new(Stage::Canary { percent: 3 }) },
            why: Some("it asks for more".into()),
            since: at(4),
            ..plugin("vip", "1.0.0", "d1")
        };
        install(&*store, shop, std::slice::from_ref(&record)).await;
        assert_eq!(store.plugins(shop).await.unwrap(), [record]);
    }

    async fn plugins_are_listed_newest_first(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        for (minute, digest) in [(1, "d1"), (3, "d3"), (2, "d2")] {
            let plugin = PluginRecord { installed_at: at(minute), ..plugin(digest, "1.0.0", digest) };
            install(&*store, shop, &[plugin]).await;
        }
        let digests: Vec<String> = store.plugins(shop).await.unwrap().into_iter().map(|plugin| plugin.digest).collect();
        assert_eq!(digests, ["d3", "d2", "d1"]);
    }

    async fn a_plugin_is_stopped_until_somebody_lets_it_go_on(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let stop = PluginChanges { killed: Some(kill("vip")), ..changes_at(&*store, shop).await };
        store.change_plugins(shop, &stop).await.unwrap();
        assert_eq!(store.plugin_kills(shop).await.unwrap(), [kill("vip")]);
        let go_on = PluginChanges { revived: Some("vip".into()), ..changes_at(&*store, shop).await };
        store.change_plugins(shop, &go_on).await.unwrap();
        assert!(store.plugin_kills(shop).await.unwrap().is_empty());
    }

    async fn s13_a_circuit_breaker_is_saved_only_on_what_was_loaded(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        install(&*store, shop, &[plugin("vip", "1.0.0", "d1")]).await;
        let mut breaker = Breaker::default();
        breaker.count(true, at(0));
        let before = store.settings_revision(shop).await.unwrap();
        store.save_breaker(shop, "d1", &Entry::new(breaker.clone()), false).await.unwrap();
        assert!(is_conflict(store.save_breaker(shop, "d1", &Entry::new(breaker.clone()), false).await));
        assert_eq!(store.settings_revision(shop).await.unwrap(), before, "a failure alone is nobody else's business");
        let (digest, loaded) = store.breakers(shop).await.unwrap().pop().unwrap();
        assert_eq!((digest.as_str(), &loaded), ("d1", &Entry::loaded(breaker, 1)));
        store.save_breaker(shop, "d1", &loaded, true).await.unwrap();
        assert!(is_conflict(store.save_breaker(shop, "d1", &loaded, true).await));
        assert_eq!(store.settings_revision(shop).await.unwrap(), before + 1, "every node hears when it opens");
        // Another stage is another beginning.
        install(&*store, shop, &[plugin("vip", "1.0.0", "d1")]).await;
        assert!(store.breakers(shop).await.unwrap().is_empty());
    }

    async fn s43_versions_are_known_in_which_runs_wait(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (record, _) = strategy("carts", 10, 1);
        let ana = add_person(&*store, shop, &mut mint, record.id, "ana").await;
        let ben = add_person(&*store, shop, &mut mint, record.id, "ben").await;
        let mut expected = std::collections::BTreeMap::new();
        for person in [&ana, &ben] {
            *expected.entry(person.run.version).or_default() += 1;
        }
        assert_eq!(store.runs_by_version(shop).await.unwrap(), expected.into_iter().collect::<Vec<(_, u64)>>());
        for person in [ana, ben] {
            let run = ended(person.run);
            store.commit(shop, &Changes { runs: vec![changed(run, 1)], ..Changes::default() }).await.unwrap();
        }
        assert!(store.runs_by_version(shop).await.unwrap().is_empty());
    }

    async fn notes_are_listed_newest_first_and_the_oldest_go(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let most = u128::from(NoteKind::Trap.kept().unwrap());
        let traps: Vec<Note> = (1..=most).map(|number| note(NoteKind::Trap, "d1", number, None)).collect();
        store.write_notes(shop, &traps).await.unwrap();
        assert_eq!(numbers(&*store, shop, NoteKind::Trap, "d1").await.len() as u128, most);
        let more = [note(NoteKind::Trap, "d1", most + 1, None), note(NoteKind::Trap, "d2", 1, None)];
        store.write_notes(shop, &more).await.unwrap();
        let kept = numbers(&*store, shop, NoteKind::Trap, "d1").await;
        assert_eq!((kept.len() as u128, kept[0] as u128, *kept.last().unwrap()), (most, most + 1, 2));
        assert_eq!(numbers(&*store, shop, NoteKind::Trap, "d2").await, [1]);
        assert!(numbers(&*store, shop, NoteKind::Difference, "d1").await.is_empty());
        assert_eq!(store.note(shop, NoteKind::Trap, "d1", mint_note(2)).await.unwrap().as_ref(), Some(&traps[1]));
        assert_eq!(store.note(shop, NoteKind::Trap, "d1", mint_note(1)).await.unwrap(), None);
        // The same again is the same.
        store.write_notes(shop, &traps[1..2]).await.unwrap();
        let page = PageRequest { after: None, limit: 2 };
        let first = store.notes(shop, NoteKind::Trap, "d1", &page).await.unwrap();
        let page = PageRequest { after: first.next, limit: 1 };
        assert_eq!(store.notes(shop, NoteKind::Trap, "d1", &page).await.unwrap().items[0].id, mint_note(most - 1));
    }

    async fn lines_of_a_log_grow_old(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let line = |number: u128, at: Timestamp| Note { at, ..note(NoteKind::Log, "d1", number, None) };
        store.write_notes(shop, &[line(1, at(0)), line(2, at(10))]).await.unwrap();
        let later = at(5) + NoteKind::Log.age().unwrap_or(Span::ZERO);
        store.write_notes(shop, &[line(3, later)]).await.unwrap();
        assert_eq!(numbers(&*store, shop, NoteKind::Log, "d1").await, [3, 2]);
    }

    async fn deliveries_grow_old_and_the_newest_of_each_connection_stay(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let most = u128::from(NoteKind::Delivery.kept().unwrap());
        let of = |subject: &str, number: u128| note(NoteKind::Delivery, subject, number, None);
        let first: Vec<Note> = (1..=most).map(|number| of("c1", number)).collect();
        store.write_notes(shop, &first).await.unwrap();
        store.write_notes(other, &[of("c1", 1)]).await.unwrap();
        store.write_notes(shop, &[of("c1", most + 1), of("c2", 1)]).await.unwrap();
        let kept = numbers(&*store, shop, NoteKind::Delivery, "c1").await;
        assert_eq!((kept.len() as u128, kept[0] as u128, *kept.last().unwrap()), (most, most + 1, 2));
        assert_eq!(numbers(&*store, shop, NoteKind::Delivery, "c2").await, [1]);
        // Also those of a connection at which nothing comes in any more.
        store.write_notes(shop, &[note(NoteKind::Trap, "d1", 1, None)]).await.unwrap();
        store.forget_notes(shop, NoteKind::Delivery, at(most as i64)).await.unwrap();
        assert_eq!(numbers(&*store, shop, NoteKind::Delivery, "c1").await, [most as u64 + 1, most as u64]);
        assert!(numbers(&*store, shop, NoteKind::Delivery, "c2").await.is_empty());
        assert_eq!(numbers(&*store, shop, NoteKind::Trap, "d1").await, [1], "another kind is not meant");
        assert_eq!(numbers(&*store, other, NoteKind::Delivery, "c1").await, [1], "nor is another shop");
    }

    async fn figures_add_up_and_the_greatest_stay(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        for (calls, memory) in [(2, 30), (3, 20)] {
            let figures = [figure("d1", "calls", calls), figure("d1", "max_memory", memory), figure("d2", "calls", 1)];
            store.add_figures(shop, &figures).await.unwrap();
        }
        let yesterday = Figure { day: "2026-11-20".into(), ..figure("d1", "calls", 7) };
        store.add_figures(shop, std::slice::from_ref(&yesterday)).await.unwrap();
        let today = [figure("d1", "calls", 5), figure("d1", "max_memory", 30)];
        assert_eq!(store.figures(shop, "d1", "2026-11-21").await.unwrap(), today);
        assert_eq!(store.figures(shop, "d1", "").await.unwrap()[0], yesterday);
        store.add_figures(shop, &[]).await.unwrap();
    }

    async fn decisions_of_a_version_are_found_in_the_traces(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (record, _) = strategy("carts", 10, 1);
        let ana = add_person(&*store, shop, &mut mint, record.id, "ana").await;
        let entry = |digest: &str, branch: &str| TraceEntry {
            at: at(1),
            step: Some("ask".into()),
            what: Happening::Branched {
                branch: branch.into(), by: "vip".into(), digest: Some(digest.into()), reason: Some("a\0b".into()),
            },
            facts: Vec::new(),
        };
        let traces = [entry("d1", "yes"), entry("d2", "no"), entry("d1", "no")].map(|entry| (ana.run.id, entry));
        store.commit(shop, &Changes { traces: traces.to_vec(), ..Changes::default() }).await.unwrap();
        let found = store.decided_by(shop, "d1", 10).await.unwrap();
        assert_eq!(found, [traces[2].clone(), traces[0].clone()]);
        assert_eq!(store.decided_by(shop, "d1", 1).await.unwrap().len(), 1);
        assert!(store.decided_by(shop, "d3", 10).await.unwrap().is_empty());
    }
}

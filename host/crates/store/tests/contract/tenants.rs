//! One shop never sees anything of another, whatever it asks for.

use cartwright_domain::plugin::Breaker;
use cartwright_domain::shard::Shard;
use cartwright_domain::shop::ConnectionKind;
use cartwright_domain::strategy::StrategyState;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::{Entry, IdentityKind};
use cartwright_engine::ports::{
    ApiKey, Aside, Changes, InboxEntry, MessageFilter, NoteKind, PageRequest, PluginChanges, RunFilter, Secret, Wanted,
};
use serde_json::json;

use crate::contract;
use crate::plugins::{changes_at, figure, install, kill, mint_note, note, plugin};
use crate::settings::{connection, content, publish, said_at, strategy};
use crate::values::{add_person, add_shop, at, changed, is_conflict, mint, name, urgent};

contract! {
    async fn a_shop_with_everything_is_empty_for_every_other(db) {
        let store = db.store();
        let mut mint = mint(9);
        let (own, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let (record, version) = strategy("carts", 10, 1);
        let ana = add_person(&*store, own, &mut mint, record.id, "ana").await;
        let channel = connection(3, "channel", "main");
        let key = ApiKey { id: mint.next(), shop: Some(own), label: "k".into(), hash: [3; 32], created_at: at(0) };
        publish(&*store, own, &record, &version).await.unwrap();
        store.save_connection(own, &channel).await.unwrap();
        store.save_secret(own, channel.id, "token", &Secret::from("x")).await.unwrap();
        install(&*store, own, &[plugin("vip", "1.0.0", "d1")]).await;
        let kill = PluginChanges { killed: Some(kill("vip")), ..changes_at(&*store, own).await };
        store.change_plugins(own, &kill).await.unwrap();
        store.save_breaker(own, "d1", &Entry::new(Breaker::default()), false).await.unwrap();
        store.write_notes(own, &[note(NoteKind::Trap, "d1", 1, Some(ana.run.id))]).await.unwrap();
        store.add_figures(own, &[figure("d1", "calls", 1)]).await.unwrap();
        store.save_content(own, &content("hello"), at(0)).await.unwrap();
        store.add_key(&key).await.unwrap();
        store.count(own, "late_event", 1).await.unwrap();
        store.accept(&[urgent(own, "order")]).await.unwrap();
        store.put_aside(&Aside { shop: own, connection: None, received_at: at(0), reason: "odd".into(), raw: json!(1) }).await.unwrap();
        let inbox = InboxEntry { message: ana.message.id, at: at(0), to: "ana".into(), document: json!({}) };
        store.commit(own, &Changes { inbox: vec![inbox], ..Changes::default() }).await.unwrap();

        let page = PageRequest { after: None, limit: 10 };
        let sequence = store.pending_events(own, 1).await.unwrap()[0].sequence;
        assert!(store.keys(other).await.unwrap().is_empty());
        assert!(store.connections(other).await.unwrap().is_empty());
        assert!(store.secrets(other, channel.id).await.unwrap().is_empty());
        assert!(store.secret_names(other, channel.id).await.unwrap().is_empty());
        assert!(store.secret_expiries(other, channel.id).await.unwrap().is_empty());
        assert!(store.plugins(other).await.unwrap().is_empty());
        assert!(store.plugin_component(other, "d1").await.unwrap().is_none());
        assert!(store.component(other, "d1").await.unwrap().is_none());
        assert!(store.plugin_kills(other).await.unwrap().is_empty());
        assert!(store.breakers(other).await.unwrap().is_empty());
        assert!(store.notes(other, NoteKind::Trap, "d1", &page).await.unwrap().items.is_empty());
        assert!(store.note(other, NoteKind::Trap, "d1", mint_note(1)).await.unwrap().is_none());
        assert!(store.figures(other, "d1", "").await.unwrap().is_empty());
        assert!(store.runs_by_version(other).await.unwrap().is_empty());
        assert!(store.decided_by(other, "d1", 10).await.unwrap().is_empty());
        assert!(store.contents(other).await.unwrap().is_empty());
        assert!(store.strategies(other).await.unwrap().is_empty());
        assert!(store.versions(other, &[version.id]).await.unwrap().is_empty());
        assert!(store.replacements(other, &[version.id]).await.unwrap().is_empty());
        assert!(store.versions_of(other, record.id).await.unwrap().is_empty());
        assert!(store.asides(other, None, &page).await.unwrap().items.is_empty());
        assert!(store.counts(other).await.unwrap().is_empty());
        assert!(store.pending_events(other, 10).await.unwrap().is_empty());
        assert!(store.due_runs(other, at(99), 10).await.unwrap().is_empty());
        assert!(store.due_messages(other, at(99), 10).await.unwrap().is_empty());
        assert!(store.customers(other, &page).await.unwrap().items.is_empty());
        assert!(store.customer(other, ana.customer.id).await.unwrap().is_none());
        assert!(store.runs(other, &RunFilter::default(), &page).await.unwrap().items.is_empty());
        assert!(store.run(other, ana.run.id).await.unwrap().is_none());
        assert!(store.trace(other, ana.run.id).await.unwrap().is_empty());
        assert!(store.messages(other, &MessageFilter::default(), &page).await.unwrap().items.is_empty());
        assert!(store.message(other, ana.message.id).await.unwrap().is_none());
        assert!(store.inbox(other, &page).await.unwrap().items.is_empty());
        let everything = Wanted {
            contacts_since: Some(Timestamp::default()),
            identities: vec![name(IdentityKind::Email, "ana")],
            customers: vec![ana.customer.id],
            runs: vec![ana.run.id],
            messages: vec![ana.message.id],
            provider_ids: vec!["provider-ana".into()],
            orders: vec!["order-ana".into()],
            products: Vec::new(),
        };
        let slice = store.load(other, &everything).await.unwrap();
        assert!(slice.customers.is_empty() && slice.identities.is_empty() && slice.carts.is_empty());
        assert!(slice.orders.is_empty() && slice.runs.is_empty() && slice.messages.is_empty());
        assert!(slice.contacts.is_empty());

        assert!(!store.remove_key(other, key.id).await.unwrap());
        assert!(!store.remove_connection(other, ConnectionKind::Channel, "main").await.unwrap());
        assert!(!store.set_strategy_state(other, record.id, StrategyState::Stopped, &said_at(1)).await.unwrap());
        let revision = store.settings_revision(other).await.unwrap();
        assert!(!store.remove_strategy(other, record.id, revision).await.unwrap());
        for changes in [
            Changes { customers: vec![changed(ana.customer.clone(), 1)], ..Changes::default() },
            Changes { carts: vec![changed(ana.cart.clone(), 1)], ..Changes::default() },
            Changes { orders: vec![changed(ana.order.clone(), 1)], ..Changes::default() },
            Changes { runs: vec![changed(ana.run.clone(), 1)], ..Changes::default() },
            Changes { messages: vec![changed(ana.message.clone(), 1)], ..Changes::default() },
            Changes { connections: vec![changed(channel.clone(), 1)], ..Changes::default() },
            Changes { unchanged: vec![(ana.customer.id, 1)], ..Changes::default() },
            Changes { applied: vec![sequence], ..Changes::default() },
            Changes { identities: vec![(name(IdentityKind::Email, "ana"), ana.customer.id)], ..Changes::default() },
        ] {
            assert!(is_conflict(store.commit(other, &changes).await), "{changes:?}");
        }
        assert_eq!(store.shops_with_work(&Shard::ALL, at(0)).await.unwrap(), [own]);
        assert_eq!(store.load(own, &everything).await.unwrap().customers.len(), 1);
    }
}

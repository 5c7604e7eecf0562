//! S45: what is deleted of somebody, and by what they are known again.

use cartwright_domain::erasure::Erased;
use cartwright_domain::world::{Entry, IdentityKind};
use cartwright_engine::ports::{Aside, Changes, InboxEntry, NoteKind, PageRequest, Wanted};
use serde_json::json;

use crate::contract;
use crate::plugins::note;
use crate::settings::strategy;
use crate::values::{add_person, add_shop, at, calm, changed, is_conflict, mint, name, told};

contract! {
    async fn s45_of_whoever_is_erased_nothing_is_found_and_of_others_all_is(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (record, _) = strategy("carts", 10, 1);
        let ana = add_person(&*store, shop, &mut mint, record.id, "ana").await;
        let ben = add_person(&*store, shop, &mut mint, record.id, "ben").await;
        for (person, seed) in [(&ana, 1), (&ben, 2)] {
            let entry = InboxEntry { message: person.message.id, at: at(0), to: "x".into(), document: json!({}) };
            store.commit(shop, &Changes { inbox: vec![entry], ..Changes::default() }).await.unwrap();
            store.write_notes(shop, &[note(NoteKind::Trap, "d1", seed, Some(person.run.id))]).await.unwrap();
        }
        for raw in ["{\"email\": \"Ana@Example.com\"}", "{\"email\": \"ben@example.com\"}"] {
            let raw = json!({ "text": raw });
            store.put_aside(&Aside { shop, connection: None, received_at: at(0), reason: "odd".into(), raw }).await.unwrap();
        }
        store.accept(&[calm(shop, "e1"), calm(shop, "e2"), calm(shop, "e3")]).await.unwrap();
        let sequences: Vec<i64> =
            store.pending_events(shop, 9).await.unwrap().iter().map(|event| event.sequence).collect();
        store.commit(shop, &Changes { applied: vec![sequences[0], sequences[1]], ..Changes::default() }).await.unwrap();

        let erased = Erased {
            customer: Some(ana.customer.id),
            runs: vec![ana.run.id],
            messages: vec![ana.message.id],
            events: vec![sequences[0], sequences[2]],
            traits: vec!["ana@example.com".into()],
            hashes: vec![[7; 32]],
            at: at(9),
        };
        let stale = Changes { erased: Some(erased.clone()), customers: vec![changed(ana.customer.clone(), 7)], ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &stale).await));
        assert_eq!(store.trace(shop, ana.run.id).await.unwrap().len(), 1, "a refused batch erases nothing");
        let changes = Changes { erased: Some(erased), traces: vec![(ana.run.id, told("last"))], ..Changes::default() };
        store.commit(shop, &changes).await.unwrap();

        assert_eq!(store.trace(shop, ana.run.id).await.unwrap(), [told("last")], "what the batch tells stays");
        assert_eq!(store.trace(shop, ben.run.id).await.unwrap().len(), 1);
        let page = PageRequest { after: None, limit: 10 };
        let inbox: Vec<_> = store.inbox(shop, &page).await.unwrap().items.iter().map(|entry| entry.message).collect();
        assert_eq!(inbox, [ben.message.id]);
        let notes = store.notes(shop, NoteKind::Trap, "d1", &page).await.unwrap().items;
        assert_eq!(notes.iter().map(|note| note.run).collect::<Vec<_>>(), [Some(ben.run.id)]);
        let asides = store.asides(shop, None, &page).await.unwrap().items;
        assert_eq!(asides.len(), 1);
        assert!(asides[0].aside.raw.to_string().contains("ben"));
        assert!(store.pending_events(shop, 9).await.unwrap().is_empty());
        let recorded = store.recorded_events(shop, None, 9).await.unwrap();
        assert_eq!(recorded.iter().map(|event| event.sequence).collect::<Vec<_>>(), [sequences[1]]);
        let names = ["ana", "ben"].map(|who| name(IdentityKind::Email, who)).to_vec();
        let found = store.load(shop, &Wanted { identities: names, ..Wanted::default() }).await.unwrap();
        assert_eq!(found.customers.iter().map(|entry| entry.value.id).collect::<Vec<_>>(), [ben.customer.id]);
        let theirs = store.load(shop, &Wanted { customers: vec![ana.customer.id], ..Wanted::default() }).await.unwrap();
        assert!(theirs.carts.is_empty() && theirs.identities.is_empty());
        assert_eq!(theirs.orders.len(), 1, "an order without a name stays");
    }

    async fn s45_deliveries_go_with_whoever_is_erased_and_none_of_before_comes_back(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let delivery = |number: u128| note(NoteKind::Delivery, "c1", number, None);
        for shop in [shop, other] {
            store.write_notes(shop, &[delivery(1), note(NoteKind::Log, "d1", 1, None)]).await.unwrap();
        }
        let page = PageRequest { after: None, limit: 10 };
        let kept = async |shop, kind, subject| -> Vec<_> {
            let found = store.notes(shop, kind, subject, &page).await.unwrap().items;
            found.iter().map(|note| note.at).collect()
        };
        for moment in [at(5), at(3)] {
            let erased = Erased { hashes: vec![[5; 32]], at: moment, ..Erased::default() };
            store.commit(shop, &Changes { erased: Some(erased), ..Changes::default() }).await.unwrap();
        }
        assert!(kept(shop, NoteKind::Delivery, "c1").await.is_empty());
        assert_eq!(kept(shop, NoteKind::Log, "d1").await, [at(1)]);
        assert_eq!(kept(other, NoteKind::Delivery, "c1").await, [at(1)]);
        // A node that heard of it before writes it down late.
        store.write_notes(shop, &[delivery(4), delivery(5), delivery(6)]).await.unwrap();
        assert_eq!(kept(shop, NoteKind::Delivery, "c1").await, [at(6)]);
        store.write_notes(shop, &[note(NoteKind::Log, "d1", 4, None)]).await.unwrap();
        assert_eq!(kept(shop, NoteKind::Log, "d1").await, [at(4), at(1)]);
    }

    async fn s45_a_name_of_whoever_was_erased_is_free(db) {
        let store = db.store();
        let (shop, mut mint) = (add_shop(&*store, 1).await, mint(9));
        let (record, _) = strategy("carts", 10, 1);
        let ana = add_person(&*store, shop, &mut mint, record.id, "ana").await;
        let erased = Erased { customer: Some(ana.customer.id), ..Erased::default() };
        store.commit(shop, &Changes { erased: Some(erased), ..Changes::default() }).await.unwrap();
        let other = crate::values::customer(&mut mint);
        let identities = vec![(name(IdentityKind::Email, "ana"), other.id)];
        let changes = Changes { customers: vec![Entry::new(other)], identities, ..Changes::default() };
        store.commit(shop, &changes).await.unwrap();
    }

    async fn s45_a_shop_has_one_key_and_knows_its_hashes_again(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        assert_eq!(store.erasure_key(shop).await.unwrap(), None);
        let before = store.settings_revision(shop).await.unwrap();
        assert_eq!(store.make_erasure_key(shop, [1; 32]).await.unwrap(), [1; 32]);
        assert_ne!(store.settings_revision(shop).await.unwrap(), before, "every node learns that there is one");
        assert_eq!(store.make_erasure_key(shop, [2; 32]).await.unwrap(), [1; 32]);
        assert_eq!(store.erasure_key(shop).await.unwrap(), Some([1; 32]));
        let erased = Erased { hashes: vec![[3; 32], [4; 32]], at: at(1), ..Erased::default() };
        for _ in 0..2 {
            store.commit(shop, &Changes { erased: Some(erased.clone()), ..Changes::default() }).await.unwrap();
        }
        assert_eq!(store.erased_among(shop, &[[4; 32], [5; 32]]).await.unwrap(), [[4; 32]]);
        assert!(store.erased_among(other, &[[4; 32]]).await.unwrap().is_empty());
        assert_eq!(store.erasure_key(other).await.unwrap(), None);
    }
}

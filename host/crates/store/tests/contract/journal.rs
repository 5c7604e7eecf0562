//! Arriving events: durable once, in order, until they are applied.

use cartwright_domain::event::Origin;
use cartwright_engine::ports::{Arrival, Arrived, Aside, Changes, PageRequest, PendingEvent};
use serde_json::json;

use crate::contract;
use crate::values::{add_shop, altered, arriving, at, calm, is_conflict, mint, urgent};

contract! {
    async fn s02_same_event_twice_is_one(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        assert_eq!(store.accept(&[calm(shop, "e1")]).await.unwrap(), [Arrived::New]);
        assert_eq!(store.accept(&[calm(shop, "e1")]).await.unwrap(), [Arrived::Same]);
        assert_eq!(store.pending_events(shop, 10).await.unwrap().len(), 1);
    }

    async fn s02_the_same_id_with_other_content_is_a_conflict_and_nothing_is_stored(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let first = calm(shop, "e1");
        store.accept(std::slice::from_ref(&first)).await.unwrap();
        assert_eq!(store.accept(&[altered(&first), calm(shop, "e2")]).await.unwrap(), [Arrived::Conflict, Arrived::New]);
        assert_eq!(store.pending_events(shop, 10).await.unwrap().len(), 2);
    }

    async fn s02_duplicates_inside_one_batch_are_told_apart_in_their_order(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let event = calm(shop, "e1");
        let batch = [altered(&event), event.clone(), altered(&event), calm(shop, "e0")];
        assert_eq!(
            store.accept(&batch).await.unwrap(),
            [Arrived::New, Arrived::Conflict, Arrived::Same, Arrived::New]
        );
        assert_eq!(store.accept(&batch[..2]).await.unwrap(), [Arrived::Same, Arrived::Conflict]);
        assert_eq!(store.pending_events(shop, 10).await.unwrap().len(), 2);
    }

    async fn s02_an_id_belongs_to_its_origin_and_shop(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let connection = Arrival { origin: Origin::Connection(mint(3).next()), ..calm(shop, "e1") };
        let batch = [calm(shop, "e1"), connection, calm(other, "e1")];
        assert_eq!(store.accept(&batch).await.unwrap(), [Arrived::New; 3]);
        let origins: Vec<Origin> = store.pending_events(shop, 10).await.unwrap().iter().map(|event| event.origin).collect();
        assert_eq!(origins, [batch[0].origin, batch[1].origin]);
    }

    async fn s02_an_id_is_remembered_after_its_event_was_applied(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        store.accept(&[calm(shop, "e1")]).await.unwrap();
        let sequence = store.pending_events(shop, 1).await.unwrap()[0].sequence;
        store.commit(shop, &Changes { applied: vec![sequence], ..Changes::default() }).await.unwrap();
        assert!(store.pending_events(shop, 10).await.unwrap().is_empty());
        assert_eq!(store.accept(&[calm(shop, "e1")]).await.unwrap(), [Arrived::Same]);
        assert!(store.pending_events(shop, 10).await.unwrap().is_empty());
    }

    async fn events_wait_in_the_order_in_which_they_were_received(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        store.accept(&[arriving(shop, "c", 3), arriving(shop, "a", 1)]).await.unwrap();
        store.accept(&[arriving(shop, "z", 1), arriving(shop, "b", 2)]).await.unwrap();
        let order = |limit| {
            let store = store.clone();
            async move { store.pending_events(shop, limit).await.unwrap().into_iter().map(|event| event.event.id).collect::<Vec<_>>() }
        };
        assert_eq!(order(10).await, ["a", "z", "b", "c"]);
        assert_eq!(order(2).await, ["a", "z"]);
    }

    async fn an_event_comes_back_as_it_was_told(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let told = urgent(shop, "with a \0 and a \\ and \u{1f6d2}");
        store.accept(std::slice::from_ref(&told)).await.unwrap();
        assert_eq!(store.accept(std::slice::from_ref(&told)).await.unwrap(), [Arrived::Same]);
        let pending = store.pending_events(shop, 10).await.unwrap();
        assert_eq!(pending[0].event, told.event);
        assert_eq!(pending[0].received_at, told.received_at);
    }

    async fn s02_an_event_is_applied_once(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        store.accept(&[calm(shop, "e1"), calm(shop, "e2")]).await.unwrap();
        let applied: Vec<i64> = store.pending_events(shop, 10).await.unwrap().iter().map(|event| event.sequence).collect();
        store.commit(shop, &Changes { applied: vec![applied[0]], ..Changes::default() }).await.unwrap();
        assert!(is_conflict(store.commit(shop, &Changes { applied, ..Changes::default() }).await));
        assert_eq!(store.pending_events(shop, 10).await.unwrap().len(), 1, "the refused batch took nothing away");
    }

    async fn events_that_were_applied_are_recorded_as_they_came_and_read_page_by_page(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let of_connection = Arrival { origin: Origin::Connection(mint(3).next()), ..arriving(shop, "b", 2) };
        let told = [arriving(shop, "c", 3), arriving(shop, "with a \0 and \u{1f6d2}", 1), of_connection, arriving(other, "x", 1)];
        store.accept(&told).await.unwrap();
        store.accept(&[arriving(shop, "z", 1), arriving(shop, "waits", 4)]).await.unwrap();
        assert!(store.recorded_events(shop, None, 10).await.unwrap().is_empty());
        let pending = store.pending_events(shop, 10).await.unwrap();
        let applied: Vec<i64> = pending[..4].iter().map(|event| event.sequence).collect();
        store.commit(shop, &Changes { applied: applied.clone(), ..Changes::default() }).await.unwrap();
        assert!(is_conflict(store.commit(shop, &Changes { applied, ..Changes::default() }).await), "and no second time");

        let recorded = store.recorded_events(shop, None, 10).await.unwrap();
        let what = |events: &[PendingEvent]| -> Vec<_> {
            events.iter().map(|one| (one.sequence, one.origin, one.received_at, one.event.clone())).collect()
        };
        assert_eq!(what(&recorded), what(&pending[..4]));
        let first = store.recorded_events(shop, None, 3).await.unwrap();
        let behind = first.last().map(|event| (event.received_at, event.sequence));
        let second = store.recorded_events(shop, behind, 3).await.unwrap();
        assert_eq!((first.len(), what(&second)), (3, what(&recorded[3..])));
        assert!(store.recorded_events(other, None, 10).await.unwrap().is_empty());
    }

    async fn s46_recorded_events_of_before_a_moment_are_dropped(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        for shop in [shop, other] {
            store.accept(&[arriving(shop, "a", 1), arriving(shop, "b", 2), arriving(shop, "c", 3)]).await.unwrap();
            let pending = store.pending_events(shop, 10).await.unwrap();
            let applied = pending.iter().map(|event| event.sequence).collect();
            store.commit(shop, &Changes { applied, ..Changes::default() }).await.unwrap();
        }
        let moment = store.recorded_events(shop, None, 10).await.unwrap()[1].received_at;
        assert_eq!(store.forget_events(shop, moment).await.unwrap(), 1);
        assert_eq!(store.forget_events(shop, moment).await.unwrap(), 0);
        assert_eq!(store.recorded_events(shop, None, 10).await.unwrap().len(), 2);
        assert_eq!(store.recorded_events(other, None, 10).await.unwrap().len(), 3);
    }

    async fn a_place_in_the_journal_is_never_given_out_again(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let mut places = Vec::new();
        for id in ["e1", "e2", "e3"] {
            store.accept(&[calm(shop, id)]).await.unwrap();
            let sequence = store.pending_events(shop, 1).await.unwrap()[0].sequence;
            store.commit(shop, &Changes { applied: vec![sequence], ..Changes::default() }).await.unwrap();
            places.push(sequence);
        }
        assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
    }

    async fn nothing_to_accept_is_nothing_done(db) {
        assert!(db.store().accept(&[]).await.unwrap().is_empty());
    }

    async fn s02_deliveries_put_aside_are_shown_newest_first(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let connection = Some(mint(3).next());
        for minute in 0..3 {
            let raw = json!({ "minute": minute });
            let aside = Aside { shop, connection, received_at: at(minute), reason: "unknown topic\0".into(), raw };
            store.put_aside(&aside).await.unwrap();
        }
        let first = store.asides(shop, None, &PageRequest { after: None, limit: 2 }).await.unwrap();
        assert_eq!(first.items.iter().map(|kept| kept.aside.raw["minute"].as_i64()).collect::<Vec<_>>(), [Some(2), Some(1)]);
        assert_eq!((first.items[0].aside.connection, first.items[0].aside.reason.as_str()), (connection, "unknown topic\0"));
        let second = store.asides(shop, None, &PageRequest { after: first.next, limit: 2 }).await.unwrap();
        assert_eq!(second.items.len(), 1);
        assert_eq!((second.items[0].aside.received_at, second.next), (at(0), None));
    }

    async fn s02_deliveries_put_aside_are_shown_by_connection(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let mut mint = mint(3);
        let (one, other) = (mint.next(), mint.next());
        for (minute, connection) in [Some(one), Some(other), None, Some(one)].into_iter().enumerate() {
            let received_at = at(minute as i64);
            let aside = Aside { shop, connection, received_at, reason: "odd".into(), raw: json!(minute) };
            store.put_aside(&aside).await.unwrap();
        }
        let page = |after| PageRequest { after, limit: 1 };
        let first = store.asides(shop, Some(one), &page(None)).await.unwrap();
        let second = store.asides(shop, Some(one), &page(first.next)).await.unwrap();
        let found = [&first.items[0].aside.raw, &second.items[0].aside.raw];
        assert_eq!((found, second.next), ([&json!(3), &json!(0)], None));
    }

    async fn s02_a_delivery_put_aside_is_taken_in_once_or_says_why_it_was_not_again(db) {
        let store = db.store();
        let (shop, other) = (add_shop(&*store, 1).await, add_shop(&*store, 2).await);
        let connection = Some(mint(3).next());
        for minute in 0..2 {
            let aside = Aside { shop, connection, received_at: at(minute), reason: "odd".into(), raw: json!(minute) };
            store.put_aside(&aside).await.unwrap();
        }
        let listed = store.asides(shop, None, &PageRequest { after: None, limit: 9 }).await.unwrap().items;
        assert!(listed[0].number > listed[1].number);
        let (number, kept) = (listed[1].number, async |number| store.aside(shop, number).await.unwrap());
        let found = kept(number).await.unwrap();
        assert_eq!((found.aside.raw, found.aside.connection, found.taken_at), (json!(0), connection, None));
        assert!(store.aside(other, number).await.unwrap().is_none() && kept(number - 1).await.is_none());
        store.settle_aside(shop, number, Err("odder\0")).await.unwrap();
        assert_eq!(kept(number).await.unwrap().aside.reason, "odder\0");
        store.settle_aside(other, number, Ok(at(4))).await.unwrap();
        assert_eq!(kept(number).await.unwrap().taken_at, None);
        store.settle_aside(shop, number, Ok(at(5))).await.unwrap();
        // Whoever tried it at the same time and was later changes nothing of that.
        store.settle_aside(shop, number, Err("late")).await.unwrap();
        store.settle_aside(shop, number, Ok(at(6))).await.unwrap();
        let taken = kept(number).await.unwrap();
        assert_eq!((taken.taken_at, taken.aside.reason.as_str()), (Some(at(5)), "odder\0"));
        assert_eq!(kept(listed[0].number).await.unwrap().taken_at, None);
    }

    async fn counting_counts(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        for (name, times) in [("b", 1), ("a", 1), ("b", 3)] {
            store.count(shop, name, times).await.unwrap();
        }
        assert_eq!(store.counts(shop).await.unwrap(), [("a".into(), 1), ("b".into(), 4)]);
    }
}

//! What was committed is there after a crash, and what was not has left no trace.

use std::future::poll_fn;
use std::task::Poll;

use cartwright_engine::ports::{Arrived, Changes, Wanted};

use crate::contract;
use crate::values::{add_person, add_shop, at, calm, is_conflict, mint, urgent};

contract! { on_disk:
    async fn s02_what_was_accepted_is_there_after_a_crash(db) {
        let mut db = db;
        let mut mint = mint(9);
        let (shop, strategy) = (add_shop(&*db.store(), 1).await, mint.next());
        let ana = add_person(&*db.store(), shop, &mut mint, strategy, "ana").await;
        db.store().accept(&[urgent(shop, "order")]).await.unwrap();
        let first = db.store().commit(shop, &Changes { hand_overs: 7, ..Changes::default() }).await.unwrap();
        db.crash().await;
        let store = db.store();
        assert_eq!(store.accept(&[urgent(shop, "order")]).await.unwrap(), [Arrived::Same]);
        assert_eq!(store.pending_events(shop, 10).await.unwrap().len(), 1);
        let slice = store.load(shop, &Wanted { customers: vec![ana.customer.id], ..Wanted::default() }).await.unwrap();
        assert_eq!(slice.customers[0].value, ana.customer);
        assert_eq!(store.due_runs(shop, at(10), 10).await.unwrap(), [ana.run.id]);
        let next = store.commit(shop, &Changes { hand_overs: 1, ..Changes::default() }).await.unwrap();
        assert_eq!(next.first_hand_over, first.first_hand_over + 7);
    }

    async fn a_batch_that_is_given_up_midway_is_there_as_a_whole_or_not_at_all(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        for polls in [1, 2, 5, 20, 100] {
            let events: Vec<_> = (0..200).map(|number| calm(shop, &format!("{polls}/{number}"))).collect();
            // The caller goes away: its future is dropped after a few steps.
            let mut accepting = store.accept(&events);
            for _ in 0..polls {
                if poll_fn(|context| Poll::Ready(accepting.as_mut().poll(context).is_ready())).await {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(accepting);
            let outcomes = store.accept(&events).await.unwrap();
            assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
        }
        assert_eq!(store.pending_events(shop, 2000).await.unwrap().len(), 1000);
    }

    async fn another_process_sees_what_this_one_committed(db) {
        let (store, other) = (db.store(), db.open().await);
        let mut mint = mint(9);
        let (shop, strategy) = (add_shop(&*store, 1).await, mint.next());
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        assert_eq!(other.run(shop, ana.run.id).await.unwrap(), Some(ana.run));
        other.accept(&[urgent(shop, "order")]).await.unwrap();
        let hand_over = Changes { addressed: Some(Vec::new()), ..Changes::default() };
        assert!(is_conflict(store.commit(shop, &hand_over).await));
    }
}

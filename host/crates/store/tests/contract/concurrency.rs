//! Several nodes at once: whatever they do, it is as if one had come after the other.

use cartwright_domain::world::{Entry, IdentityKind};
use cartwright_engine::ports::{Arrived, Changes, Committed, Store, StoreError, Wanted};
use cartwright_testkit::database::Database;
use sqlx::{Connection, PgConnection};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::{JoinHandle, JoinSet};

use crate::contract;
use crate::values::{add_person, add_shop, at, calm, changed, customer, is_conflict, mint, name, run, urgent};

contract! {
    async fn of_two_batches_on_one_run_exactly_one_is_committed(db) {
        let store = db.store();
        let mut mint = mint(9);
        let (shop, strategy) = (add_shop(&*store, 1).await, mint.next());
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        for round in 1..=20 {
            let batch = |minute| {
                let mut run = ana.run.clone();
                run.due_at = Some(at(minute));
                Changes { runs: vec![changed(run, round)], hand_overs: 1, ..Changes::default() }
            };
            let (one, other) = (batch(1), batch(2));
            let (one, other) = tokio::join!(store.commit(shop, &one), store.commit(shop, &other));
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            assert!(is_conflict(one) || is_conflict(other));
        }
        let slice = store.load(shop, &Wanted { runs: vec![ana.run.id], ..Wanted::default() }).await.unwrap();
        assert_eq!(slice.runs[0].revision, 21);
    }

    async fn s07_of_two_runs_for_one_key_exactly_one_begins(db) {
        let store = db.store();
        let mut mint = mint(9);
        let shop = add_shop(&*store, 1).await;
        let ana = customer(&mut mint);
        store.commit(shop, &Changes { customers: vec![Entry::new(ana.clone())], ..Changes::default() }).await.unwrap();
        for _ in 0..10 {
            let strategy = mint.next();
            let begin = |run| Changes { runs: vec![Entry::new(run)], ..Changes::default() };
            let (one, other) = (begin(run(&mut mint, strategy, ana.id, None)), begin(run(&mut mint, strategy, ana.id, None)));
            let (one, other) = tokio::join!(store.commit(shop, &one), store.commit(shop, &other));
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            assert!(is_conflict(one) || is_conflict(other));
        }
    }

    async fn s10_of_two_customers_for_one_name_exactly_one_is_made(db) {
        let store = db.store();
        let mut mint = mint(9);
        let shop = add_shop(&*store, 1).await;
        for round in 0..10 {
            let token = name(IdentityKind::Cart, &format!("token {round}"));
            let mut make = || {
                let new = customer(&mut mint);
                let identities = vec![(token.clone(), new.id)];
                Changes { customers: vec![Entry::new(new)], identities, ..Changes::default() }
            };
            let (one, other) = (make(), make());
            let (one, other) = tokio::join!(store.commit(shop, &one), store.commit(shop, &other));
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            assert!(is_conflict(one) || is_conflict(other));
            let found = store.load(shop, &Wanted { identities: vec![token], ..Wanted::default() }).await.unwrap();
            assert_eq!(found.customers.len(), 1);
        }
    }

    async fn s02_the_same_events_accepted_at_once_in_any_order_are_stored_once(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let mut nodes = JoinSet::new();
        for node in 0..4 {
            let store = store.clone();
            nodes.spawn(async move {
                let mut batch: Vec<_> = (0..50).map(|number| calm(shop, &format!("e{number}"))).collect();
                batch.rotate_left(node * 13);
                if node % 2 == 1 {
                    batch.reverse();
                }
                store.accept(&batch).await.unwrap()
            });
        }
        let outcomes: Vec<Arrived> = nodes.join_all().await.concat();
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Arrived::New).count(), 50);
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Arrived::Same).count(), 150);
        assert_eq!(store.pending_events(shop, 100).await.unwrap().len(), 50);
    }

    async fn s29_no_hand_over_number_is_given_twice(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let mut nodes = JoinSet::new();
        for node in 0..8_u32 {
            let store = store.clone();
            nodes.spawn(async move {
                let mut numbers = Vec::new();
                for _ in 0..10 {
                    let count = node % 3 + 1;
                    let taken = store.commit(shop, &Changes { hand_overs: count, ..Changes::default() }).await.unwrap();
                    numbers.extend((taken.first_hand_over..).take(count as usize));
                }
                assert!(numbers.is_sorted());
                numbers
            });
        }
        let numbers: Vec<u64> = nodes.join_all().await.concat();
        let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
        assert_eq!(distinct.len(), numbers.len());
        assert_eq!(distinct.last(), Some(&(numbers.len() as u64)), "and none is left out");
    }

    async fn s08_an_order_is_accepted_before_or_after_a_hand_over_never_beside_it(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        for round in 0..20 {
            let order = [urgent(shop, &format!("order {round}"))];
            let hand_over = Changes { addressed: Some(Vec::new()), hand_overs: 1, ..Changes::default() };
            let (accepted, handed_over) = tokio::join!(store.accept(&order), store.commit(shop, &hand_over));
            assert_eq!(accepted.unwrap(), [Arrived::New]);
            assert!(handed_over.is_ok() || is_conflict(handed_over));
            assert!(is_conflict(store.commit(shop, &hand_over).await), "from now on the order is seen");
            let applied = store.pending_events(shop, 1).await.unwrap().iter().map(|event| event.sequence).collect();
            store.commit(shop, &Changes { applied, ..Changes::default() }).await.unwrap();
        }
    }

    async fn batches_that_touch_the_same_rows_in_any_order_end(db) {
        let store = db.store();
        let mut mint = mint(9);
        let (shop, strategy) = (add_shop(&*store, 1).await, mint.next());
        let mut people = Vec::new();
        for number in 0..10 {
            people.push(add_person(&*store, shop, &mut mint, strategy, &format!("p{number}")).await);
        }
        let runs: Vec<_> = people.into_iter().map(|person| person.run).collect();
        let mut nodes = JoinSet::new();
        for node in 0..4 {
            let (store, mut runs) = (store.clone(), runs.clone());
            nodes.spawn(async move {
                runs.rotate_left(node * 3);
                let wanted = Wanted { runs: runs.iter().map(|run| run.id).collect(), ..Wanted::default() };
                for _ in 0..200 {
                    let loaded = store.load(shop, &wanted).await.unwrap();
                    let revision = |id| loaded.runs.iter().find(|entry| entry.value.id == id).unwrap().revision;
                    let runs = runs.iter().map(|run| changed(run.clone(), revision(run.id))).collect();
                    match store.commit(shop, &Changes { runs, ..Changes::default() }).await {
                        Ok(_) => return,
                        result => assert!(is_conflict(result)),
                    }
                }
                panic!("somebody else was always faster");
            });
        }
        nodes.join_all().await;
        let slice = store.load(shop, &Wanted { runs: vec![runs[0].id], ..Wanted::default() }).await.unwrap();
        assert_eq!(slice.runs.iter().find(|entry| entry.value.id == runs[0].id).unwrap().revision, 5);
    }
}

/// A hand-over that has looked at everything and is about to commit, held there from outside: whoever could still make
/// it wrong must wait. SQLite has one writer, so only PostgreSQL has this moment.
pub(crate) struct HeldHandOver {
    outsider: PgConnection,
    onlooker: PgConnection,
    hand_over: JoinHandle<Result<Committed, StoreError>>,
}

impl HeldHandOver {
    pub(crate) async fn of(
        db: &Database,
        store: &Arc<dyn Store>,
        shop: cartwright_domain::ids::ShopId,
        changes: Changes,
    ) -> Self {
        let mut outsider = PgConnection::connect(db.url()).await.unwrap();
        let onlooker = PgConnection::connect(db.url()).await.unwrap();
        sqlx::query("begin").execute(&mut outsider).await.unwrap();
        sqlx::query("select last from numbers for update").execute(&mut outsider).await.unwrap();
        let store = store.clone();
        let hand_over = tokio::spawn(async move { store.commit(shop, &Changes { hand_overs: 1, ..changes }).await });
        let mut held = Self { outsider, onlooker, hand_over };
        held.until_waiting(1, || false).await;
        held
    }

    /// Returns once so many wait for a lock; fails if the one that has to wait is done instead.
    async fn until_waiting(&mut self, count: i64, is_done: impl Fn() -> bool) {
        let waiting =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut self.onlooker).await.unwrap() < count {
            assert!(!is_done(), "it did not wait for the hand-over");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn release(self) -> Result<Committed, StoreError> {
        self.outsider.close().await.unwrap();
        self.hand_over.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s08_an_order_waits_for_a_hand_over_that_already_looked() {
    let db = Database::postgres().await;
    let store = db.store();
    let shop = add_shop(&*store, 1).await;
    let mut held =
        HeldHandOver::of(&db, &store, shop, Changes { addressed: Some(Vec::new()), ..Changes::default() }).await;
    assert_eq!(store.accept(&[calm(shop, "visit")]).await.unwrap(), [Arrived::New], "nobody waits without need");
    let order = tokio::spawn({
        let store = store.clone();
        async move { store.accept(&[urgent(shop, "order")]).await }
    });
    held.until_waiting(2, || order.is_finished()).await;
    assert_eq!(held.release().await.unwrap().first_hand_over, 1);
    assert_eq!(order.await.unwrap().unwrap(), [Arrived::New]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s18_a_customer_does_not_change_under_a_hand_over_that_read_them() {
    let db = Database::postgres().await;
    let (store, mut mint) = (db.store(), mint(9));
    let shop = add_shop(&*store, 1).await;
    let ana = customer(&mut mint);
    store.commit(shop, &Changes { customers: vec![Entry::new(ana.clone())], ..Changes::default() }).await.unwrap();
    let mut held =
        HeldHandOver::of(&db, &store, shop, Changes { unchanged: vec![(ana.id, 1)], ..Changes::default() }).await;
    let opt_out = tokio::spawn({
        let (store, ana) = (store.clone(), ana.clone());
        async move { store.commit(shop, &Changes { customers: vec![changed(ana, 1)], ..Changes::default() }).await }
    });
    held.until_waiting(2, || opt_out.is_finished()).await;
    held.release().await.unwrap();
    opt_out.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s10_nothing_is_added_to_a_customer_while_they_are_merged() {
    let db = Database::postgres().await;
    let (store, mut mint) = (db.store(), mint(9));
    let (shop, strategy) = (add_shop(&*store, 1).await, mint.next());
    let guest = add_person(&*store, shop, &mut mint, strategy, "guest").await;
    let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
    let merging = Changes {
        runs: vec![changed(crate::values::ended(guest.run.clone()), 1)],
        merged: vec![(guest.customer.id, ana.customer.id)],
        ..Changes::default()
    };
    let mut held = HeldHandOver::of(&db, &store, shop, merging).await;
    let other = mint.next();
    let late = run(&mut mint, other, guest.customer.id, None);
    let late = tokio::spawn({
        let store = store.clone();
        async move { store.commit(shop, &Changes { runs: vec![Entry::new(late)], ..Changes::default() }).await }
    });
    held.until_waiting(2, || late.is_finished()).await;
    held.release().await.unwrap();
    assert!(is_conflict(late.await.unwrap()));
}

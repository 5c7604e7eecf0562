//! Several nodes: who may work on which shards, and that nobody else's work is committed.

use cartwright_domain::ids::{NodeId, ShopId};
use cartwright_domain::shard::{Fence, Shard};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Changes, Lease, NodeRecord, Role, SeenNode, Standing, Store, StoreError, Wake, Wanted};
use cartwright_testkit::database::Database;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::contract;
use crate::values::{add_person, add_shop, at, calm, changed, customer, mint};

const LONG: Span = Span::minutes(10);
/// A lease that has ended when it begins.
const OVER: Span = Span::ZERO;

fn node(number: u128) -> NodeId {
    NodeId(Uuid::from_u128(number))
}

fn record(number: u128, role: Role, standing: Standing) -> NodeRecord {
    NodeRecord { id: node(number), role, version: "0.1.0".into(), standing }
}

fn shards(leases: &[Lease]) -> BTreeSet<Shard> {
    leases.iter().map(|lease| lease.shard).collect()
}

fn fence(node: NodeId, shop: ShopId, leases: &[Lease]) -> Option<Fence> {
    let shard = Shard::of(shop);
    let lease = leases.iter().find(|lease| lease.shard == shard).unwrap();
    Some(Fence { shard, node, generation: lease.generation })
}

async fn is_fenced(store: &dyn Store, shop: ShopId, fence: Option<Fence>) -> bool {
    match store.commit(shop, &Changes { fence, hand_overs: 1, ..Changes::default() }).await {
        Ok(_) => false,
        Err(StoreError::Fenced) => true,
        Err(error) => panic!("{error}"),
    }
}

fn this_machine() -> Timestamp {
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_millis(since_1970.as_millis() as i64)
}

contract! {
    async fn the_time_of_the_database_goes_on_and_is_told_in_milliseconds(db) {
        let store = db.store();
        let before = this_machine();
        let (first, second) = (store.now().await.unwrap(), store.now().await.unwrap());
        // The databases of the tests are on this machine; some round down to the millisecond.
        assert!(before - Span::from_millis(5) <= first && first <= second && second <= this_machine() + Span::from_millis(5));
    }

    async fn s29_a_database_has_one_id_and_counts_its_hand_overs(db) {
        let store = db.store();
        let shop = add_shop(&*store, 1).await;
        let fresh = store.instance().await.unwrap();
        assert_eq!(fresh.hand_overs, 0);
        store.commit(shop, &Changes { hand_overs: 3, ..Changes::default() }).await.unwrap();
        let later = store.instance().await.unwrap();
        assert_eq!((later.id, later.hand_overs), (fresh.id, 3));
    }

    async fn a_shard_is_one_nodes_until_its_lease_ends(db) {
        let store = db.store();
        let first = store.take_shards(node(1), 100, LONG).await.unwrap();
        assert_eq!(first.len(), 100);
        assert!(first.iter().all(|lease| lease.generation == 1));
        let second = store.take_shards(node(2), 1_000, LONG).await.unwrap();
        assert_eq!(second.len(), 156);
        assert!(shards(&first).is_disjoint(&shards(&second)));
        assert_eq!(store.take_shards(node(3), 1_000, LONG).await.unwrap(), []);
        assert_eq!(store.keep_shards(node(1), OVER).await.unwrap().len(), 100);
        let third = store.take_shards(node(3), 1_000, LONG).await.unwrap();
        assert_eq!(shards(&third), shards(&first));
        assert!(third.iter().all(|lease| lease.generation == 2), "a change of hands is a new generation");
        assert_eq!(store.keep_shards(node(1), LONG).await.unwrap(), []);
    }

    async fn a_lease_that_ended_and_was_taken_by_nobody_is_renewed(db) {
        let store = db.store();
        let taken = store.take_shards(node(1), 256, OVER).await.unwrap();
        let mut kept = store.keep_shards(node(1), LONG).await.unwrap();
        kept.sort_by_key(|lease| lease.shard);
        let mut taken = taken;
        taken.sort_by_key(|lease| lease.shard);
        assert_eq!(kept, taken);
        assert_eq!(store.take_shards(node(2), 256, LONG).await.unwrap(), []);
    }

    async fn what_is_given_back_is_free_at_once(db) {
        let store = db.store();
        let taken = store.take_shards(node(1), 256, LONG).await.unwrap();
        let some: Vec<Shard> = taken.iter().map(|lease| lease.shard).take(10).collect();
        store.give_back_shards(node(2), &some).await.unwrap();
        assert_eq!(store.take_shards(node(2), 256, LONG).await.unwrap(), [], "only its owner gives a shard back");
        store.give_back_shards(node(1), &some).await.unwrap();
        assert_eq!(shards(&store.take_shards(node(2), 256, LONG).await.unwrap()), some.into_iter().collect());
        assert_eq!(store.keep_shards(node(1), LONG).await.unwrap().len(), 246);
    }

    async fn s22_a_commit_is_refused_once_the_shard_has_changed_hands(db) {
        let store = db.store();
        let mut mint = mint(9);
        let (shop, strategy) = (add_shop(&*store, 1).await, mint.next());
        let ana = add_person(&*store, shop, &mut mint, strategy, "ana").await;
        let old = fence(node(1), shop, &store.take_shards(node(1), 256, OVER).await.unwrap());
        assert!(!is_fenced(&*store, shop, old).await, "nobody has taken it over yet");
        let new = fence(node(2), shop, &store.take_shards(node(2), 256, LONG).await.unwrap());
        assert!(!is_fenced(&*store, shop, new).await);
        let before = store.instance().await.unwrap().hand_overs;
        let mut run = ana.run.clone();
        run.due_at = Some(at(77));
        let late = Changes { runs: vec![changed(run, 1)], hand_overs: 1, fence: old, ..Changes::default() };
        assert!(matches!(store.commit(shop, &late).await, Err(StoreError::Fenced)));
        let slice = store.load(shop, &Wanted { runs: vec![ana.run.id], ..Wanted::default() }).await.unwrap();
        assert_eq!((&slice.runs[0].value, store.instance().await.unwrap().hand_overs), (&ana.run, before));
        // The same node again is another owner: what it began before is not its own any more.
        store.give_back_shards(node(2), &Shard::ALL).await.unwrap();
        assert!(is_fenced(&*store, shop, new).await);
        let again = fence(node(2), shop, &store.take_shards(node(2), 256, LONG).await.unwrap());
        assert!(is_fenced(&*store, shop, new).await && !is_fenced(&*store, shop, again).await);
        assert!(!is_fenced(&*store, shop, None).await, "people need no lease");
    }

    async fn work_is_found_in_the_shards_that_are_asked_for(db) {
        let store = db.store();
        let mut mint = mint(9);
        let strategy = mint.next();
        let mut shops = Vec::new();
        for seed in 1..=20 {
            let shop = add_shop(&*store, seed).await;
            shops.push(shop);
            match seed % 2 {
                0 => drop(store.accept(&[calm(shop, "e")]).await.unwrap()),
                _ => {
                    let person = customer(&mut mint);
                    let due = crate::values::run(&mut mint, strategy, person.id, Some(at(i64::from(seed))));
                    let changes = Changes { customers: vec![Entry::new(person)], runs: vec![Entry::new(due)], ..Changes::default() };
                    store.commit(shop, &changes).await.unwrap();
                }
            }
        }
        shops.sort();
        assert_eq!(store.shops_with_work(&Shard::ALL, at(99)).await.unwrap(), shops);
        for shop in &shops {
            let own = [Shard::of(*shop)];
            let expected: Vec<ShopId> = shops.iter().copied().filter(|other| Shard::of(*other) == own[0]).collect();
            assert_eq!(store.shops_with_work(&own, at(99)).await.unwrap(), expected);
        }
        let others: Vec<Shard> = Shard::ALL.into_iter().filter(|shard| shops.iter().all(|shop| Shard::of(*shop) != *shard)).collect();
        assert_eq!(store.shops_with_work(&others, at(99)).await.unwrap(), []);
        assert_eq!((store.next_due(&others).await.unwrap(), store.next_due(&[]).await.unwrap()), (None, None));
        assert_eq!(store.next_due(&Shard::ALL).await.unwrap(), Some(at(1)));
    }

    async fn a_node_is_seen_by_others_until_it_leaves(db) {
        let store = db.store();
        store.join(&record(1, Role::Api, Standing::Unknown)).await.unwrap();
        store.join(&record(2, Role::Worker, Standing::Sound)).await.unwrap();
        store.take_shards(node(2), 7, LONG).await.unwrap();
        store.beat(&record(1, Role::Api, Standing::Sound)).await.unwrap();
        let seen = store.beat(&record(1, Role::Api, Standing::Safe)).await.unwrap();
        let told: Vec<_> = seen.iter().map(|seen| (seen.node.clone(), seen.beats, seen.shards)).collect();
        let expected = [(record(1, Role::Api, Standing::Safe), 3, 0), (record(2, Role::Worker, Standing::Sound), 1, 7)];
        assert_eq!(told, expected);
        assert!(seen.iter().all(|seen| seen.silent_for < Span::minutes(1)));
        store.leave(node(2)).await.unwrap();
        assert_eq!(store.nodes().await.unwrap().into_iter().map(|SeenNode { node, .. }| node.id).collect::<Vec<_>>(), [node(1)]);
        assert_eq!(store.take_shards(node(1), 256, LONG).await.unwrap().len(), 256, "what it had is free");
    }

    async fn nodes_that_take_at_once_never_take_the_same(db) {
        let store = db.store();
        let mut nodes = JoinSet::new();
        for number in 0..8 {
            let store: Arc<dyn Store> = store.clone();
            nodes.spawn(async move {
                let mut own = Vec::new();
                for _ in 0..4 {
                    own.extend(store.take_shards(node(number), 8, LONG).await.unwrap());
                }
                own
            });
        }
        let taken: Vec<Shard> = nodes.join_all().await.concat().into_iter().map(|lease| lease.shard).collect();
        assert_eq!(taken.len(), taken.iter().collect::<BTreeSet<_>>().len());
        let left = store.take_shards(node(99), 256, LONG).await.unwrap().len();
        assert_eq!(taken.len() + left, 256);
    }
}

contract! { on_disk:
    async fn a_node_that_was_silent_for_a_day_is_forgotten(db) {
        let store = db.store();
        store.join(&record(1, Role::Api, Standing::Sound)).await.unwrap();
        db.execute("update nodes set heartbeat_at = heartbeat_at - 86400001 where node_id = $1", node(1).0).await;
        let seen = store.beat(&record(2, Role::Api, Standing::Sound)).await.unwrap();
        assert_eq!(seen.into_iter().map(|seen| seen.node.id).collect::<Vec<_>>(), [node(2)]);
    }
}

#[tokio::test]
async fn on_sqlite_the_worker_that_joins_takes_over_from_whoever_worked_before() {
    let db = Database::sqlite().await;
    let store = db.store();
    store.join(&record(1, Role::All, Standing::Sound)).await.unwrap();
    let old = store.take_shards(node(1), 256, LONG).await.unwrap();
    store.join(&record(2, Role::Api, Standing::Sound)).await.unwrap();
    assert_eq!(store.take_shards(node(2), 256, LONG).await.unwrap(), [], "it only answers");
    store.join(&record(3, Role::All, Standing::Sound)).await.unwrap();
    assert_eq!(store.take_shards(node(3), 256, LONG).await.unwrap().len(), 256);
    let shop = add_shop(&*store, 1).await;
    assert!(is_fenced(&*store, shop, fence(node(1), shop, &old)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_nodes_wake_one_another() {
    let db = Database::postgres().await;
    let (store, other) = (db.store(), db.open().await);
    let mut wakes = store.wakes().await.unwrap().unwrap();
    other.wake(&[Wake::Work(Shard(7)), Wake::Nodes]).await.unwrap();
    assert_eq!((wakes.next().await.unwrap(), wakes.next().await.unwrap()), (Wake::Work(Shard(7)), Wake::Nodes));
    other.join(&record(1, Role::Worker, Standing::Sound)).await.unwrap();
    other.leave(node(1)).await.unwrap();
    assert_eq!(wakes.next().await.unwrap(), Wake::Nodes, "whoever leaves says so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_whoever_listens_hears_that_the_connection_is_lost() {
    let db = Database::postgres().await;
    let mut wakes = db.store().wakes().await.unwrap().unwrap();
    db.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database() and $1 is not null",
        Uuid::nil(),
    )
    .await;
    assert!(matches!(wakes.next().await, Err(StoreError::Failed(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_shard_does_not_change_hands_during_a_commit() {
    let db = Database::postgres().await;
    let store = db.store();
    let shop = add_shop(&*store, 1).await;
    let own = fence(node(1), shop, &store.take_shards(node(1), 256, OVER).await.unwrap());
    let held =
        crate::concurrency::HeldHandOver::of(&db, &store, shop, Changes { fence: own, ..Changes::default() }).await;
    let taken = store.take_shards(node(2), 256, LONG).await.unwrap();
    assert_eq!(taken.len(), 255, "where work goes on is passed by");
    held.release().await.unwrap();
    assert_eq!(shards(&store.take_shards(node(2), 256, LONG).await.unwrap()), BTreeSet::from([Shard::of(shop)]));
    assert!(is_fenced(&*store, shop, own).await);
}

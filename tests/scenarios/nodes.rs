//! Several nodes: each does what is due in its shards, and nothing once they are another's.

use cartwright_domain::event::Origin;
use cartwright_domain::ids::{Mint, NodeId, ShopId};
use cartwright_domain::shard::Shard;
use cartwright_domain::time::Span;
use cartwright_engine::ports::{Instance, Mark, Role};
use cartwright_engine::{Engine, Node};
use cartwright_testkit::database::Database;
use cartwright_testkit::values;
use cartwright_tests::{World, on_both_databases};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const LEASE: Span = Span::seconds(15);

on_both_databases!(
    s22_a_node_whose_shards_were_taken_over_commits_nothing_until_it_has_them_again,
    s29_a_node_in_safe_mode_takes_events_and_does_nothing_with_them,
);

#[derive(Default)]
struct Remembered(Mutex<Option<Instance>>);

impl Mark for Remembered {
    fn read(&self) -> Result<Option<Instance>, String> {
        Ok(*self.0.lock().unwrap())
    }

    fn write(&self, seen: Instance) -> Result<(), String> {
        *self.0.lock().unwrap() = Some(seen);
        Ok(())
    }
}

/// A node that works until it is ended.
struct Working {
    engine: Engine,
    id: NodeId,
    mark: Arc<Remembered>,
    stop: oneshot::Sender<()>,
    work: JoinHandle<()>,
}

impl Working {
    fn begin(world: &World, number: u8, role: Role, mark: Remembered) -> Self {
        let (id, mark) = (Mint::new(world.now(), [number; 32]).next(), Arc::new(mark));
        let engine = world.another_node().with_node(Node::new(id, role, "0.1.0", LEASE, mark.clone()));
        let (stop, stopped) = oneshot::channel::<()>();
        let work = tokio::spawn({
            let engine = engine.clone();
            async move { engine.work(async { drop(stopped.await) }).await }
        });
        Self { engine, id, mark, stop, work }
    }

    /// Lets time pass until others see it with so many shards, and it knows: a beat that took too long took shards all
    /// the same, and the next one tells it.
    async fn until_it_has(&self, world: &World, shards: usize) {
        let is_seen = async || {
            let nodes = self.engine.store.nodes().await.unwrap();
            nodes.iter().any(|seen| seen.node.id == self.id && seen.shards as usize == shards)
        };
        while !is_seen().await || self.engine.shards().len() != shards {
            world.clock.advance(Span::seconds(1));
            tokio::task::yield_now().await;
        }
    }

    /// Does what it may, until nothing is left. Time goes on: a beat that took longer than a lease is made again.
    async fn until_it_has_applied_all(&self, world: &World) {
        while pending(world).await > 0 {
            self.engine.settle().await.unwrap();
            world.clock.advance(Span::seconds(1));
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.work.await.unwrap();
    }
}

fn shop(world: &World) -> ShopId {
    world.shop().parse().unwrap()
}

async fn pending(world: &World) -> usize {
    world.engine.store.pending_events(shop(world), 10).await.unwrap().len()
}

/// Arrives at a process that does no work itself.
async fn tell(world: &World, id: &str) {
    let event = values::cart_updated(id, "cart", vec![values::line("Copper teapot", 1)], world.now());
    world.engine.ingest(shop(world), Origin::Api, vec![event]).await.unwrap();
}

async fn s22_a_node_whose_shards_were_taken_over_commits_nothing_until_it_has_them_again(world: &World) {
    let node = Working::begin(world, 1, Role::All, Remembered::default());
    node.until_it_has(world, 256).await;
    tell(world, "first").await;
    node.until_it_has_applied_all(world).await;
    // It is taken for dead, and does not know.
    let (store, other) = (&world.engine.store, Mint::new(world.now(), [9; 32]).next());
    store.keep_shards(node.id, Span::ZERO).await.unwrap();
    assert_eq!(store.take_shards(other, 256, LEASE).await.unwrap().len(), 256);
    tell(world, "second").await;
    node.engine.settle().await.unwrap();
    assert_eq!(pending(world).await, 1, "what is due is another's");
    store.give_back_shards(other, &Shard::ALL).await.unwrap();
    node.until_it_has(world, 256).await;
    node.until_it_has_applied_all(world).await;
    node.end().await;
    assert!(store.nodes().await.unwrap().is_empty());
    assert_eq!(store.take_shards(other, 256, LEASE).await.unwrap().len(), 256, "whoever ends leaves nothing lying");
}

async fn s29_a_node_in_safe_mode_takes_events_and_does_nothing_with_them(world: &World) {
    let database = world.engine.store.instance().await.unwrap();
    let further = Instance { hand_overs: database.hand_overs + 1, ..database };
    let node = Working::begin(world, 1, Role::All, Remembered(Mutex::new(Some(further))));
    node.until_it_has(world, 0).await;
    assert!(node.engine.pause().unwrap().to_string().starts_with("safe mode"));
    tell(world, "first").await;
    node.engine.settle().await.unwrap();
    assert_eq!(pending(world).await, 1);
    // A person confirms.
    node.mark.write(database).unwrap();
    node.until_it_has(world, 256).await;
    assert_eq!(node.engine.pause(), None);
    node.until_it_has_applied_all(world).await;
    node.end().await;
}

#[tokio::test]
async fn on_postgres_a_worker_is_woken_by_the_node_that_took_the_event() {
    let world = World::open(Database::postgres().await).await;
    let worker = Working::begin(&world, 1, Role::Worker, Remembered::default());
    worker.until_it_has(&world, 256).await;
    let api = Working::begin(&world, 2, Role::Api, Remembered::default());
    api.until_it_has(&world, 0).await;
    for id in ["first", "second", "third"] {
        let event = values::cart_updated(id, "cart", vec![values::line("Copper teapot", 1)], world.now());
        api.engine.ingest(shop(&world), Origin::Api, vec![event]).await.unwrap();
        // The clock stands still: nobody looks again by themselves.
        while pending(&world).await > 0 {
            tokio::task::yield_now().await;
        }
    }
    api.end().await;
    worker.end().await;
}

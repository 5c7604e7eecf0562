//! W4: journeys each second, from an event to a message that is handed over, with a provider that does not let wait
//! (`inbox`); against a raw batched insert of event rows on the same database.

use std::time::Instant;

use cartwright_domain::event::{Event, Origin};
use cartwright_domain::ids::ShopId;
use cartwright_testkit::database::Database;
use cartwright_testkit::values;
use cartwright_tests::World;
use serde_json::json;

use crate::figures::{Figures, Unit};
use crate::ingest::{RAW_BATCH, raw};

const JOURNEYS: usize = 2_000;
const AT_ONCE: usize = 500;

pub(crate) async fn measure(name: &str, database: Database, figures: &mut Figures) {
    let floor = raw(database.url()).await;
    figures.floor(&format!("W4 {name}: raw insert, {RAW_BATCH} a commit"), Unit::EachSecond, floor);
    let world = World::open(database).await;
    world.publish(&strategy()).await;
    let shop: ShopId = world.shop().parse().unwrap();
    // Who they are is known before: a journey begins with the cart.
    let customers: Vec<Event> = (0..JOURNEYS)
        .map(|number| {
            values::identified(
                &format!("who-{number}"),
                &cart(number),
                &format!("c{number}@acorn.example"),
                world.now(),
            )
        })
        .collect();
    let ingested = ingest(&world, shop, customers).await;
    world.settle().await;
    let carts: Vec<Event> = (0..JOURNEYS)
        .map(|number| {
            values::cart_updated(
                &format!("cart-{number}"),
                &cart(number),
                vec![values::line("Copper teapot", 1)],
                world.now(),
            )
        })
        .collect();
    let started = Instant::now();
    ingest(&world, shop, carts).await;
    world.settle().await;
    let journeys = JOURNEYS as f64 / started.elapsed().as_secs_f64();
    assert_eq!(world.inbox_size().await, JOURNEYS, "some journeys did not arrive");
    figures.add(&format!("W4 {name}: events of customers, only ingested"), Unit::EachSecond, ingested, floor);
    figures.add(&format!("W4 {name}: event to handed over"), Unit::EachSecond, journeys, floor);
}

/// Takes them for good; how many each second.
async fn ingest(world: &World, shop: ShopId, events: Vec<Event>) -> f64 {
    let started = Instant::now();
    let count = events.len();
    for batch in events.chunks(AT_ONCE) {
        world.engine.ingest(shop, Origin::Api, batch.to_vec()).await.unwrap();
    }
    count as f64 / started.elapsed().as_secs_f64()
}

fn cart(number: usize) -> String {
    format!("cart-token-{number}")
}

fn strategy() -> serde_json::Value {
    json!({
        "name": "at once",
        "trigger": { "on": "cart", "settle": "0s", "next": "tell" },
        "steps": {
            "tell": { "kind": "message", "channel": "inbox", "content": "hello", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "hello", "variants": [{ "channel": "inbox", "body": { "text": "Your {{ product.title }}" } }] }],
    })
}

//! W5: a shop at a fifth of its capacity, from an accepted event to `handed_over`, alone and beside a hostile shop
//! that keeps its one batch place full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cartwright_domain::event::Origin;
use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::Grants;
use cartwright_engine::Upload;
use cartwright_engine::ports::PluginCall;
use cartwright_plugins::SLICE;
use cartwright_testkit::database::Database;
use cartwright_testkit::values;
use cartwright_tests::World;
use hostile_guests::guests;
use serde_json::json;

use crate::condition::subject;
use crate::figures::{Figures, Unit};

const ROUNDS: usize = 5;
const JOURNEYS: usize = 200;
/// The busy part of the time, of which the rest is waited.
const SHARE: u32 = 5;

pub(crate) async fn measure(figures: &mut Figures) {
    let world = World::open(Database::memory().await).await;
    let shop: ShopId = world.shop().parse().unwrap();
    let tame = Bytes::from(guests::tame().component());
    let facts = Grants { facts: vec!["orders.*".into()], ..Grants::default() };
    world.engine.install_plugin(shop, tame, granted(facts)).await.unwrap();
    world.publish(&strategy()).await;
    let hostile = hostile(&world).await;
    // The first journeys pay for what is made once.
    let mut number = 0;
    p99(&world, shop, &mut number, Duration::ZERO).await;
    let alone_at_full = Instant::now();
    p99(&world, shop, &mut number, Duration::ZERO).await;
    let each = alone_at_full.elapsed() / JOURNEYS as u32;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(p99(&world, shop, &mut number, each * SHARE).await);
        let over = Arc::new(AtomicBool::new(false));
        let running = {
            let (over, hostile, plugins) = (over.clone(), hostile.clone(), world.engine.plugins.clone());
            tokio::spawn(async move {
                let batch = vec![subject(); 32];
                while !over.load(Ordering::Relaxed) {
                    plugins.evaluate(&hostile, &batch).await;
                }
            })
        };
        beside.push(p99(&world, shop, &mut number, each * SHARE).await);
        over.store(true, Ordering::Relaxed);
        running.await.unwrap();
    }
    let (alone, beside) = (median(alone), median(beside));
    figures.floor("W5 p99 of event to handed over, alone", Unit::NanosecondsEach, alone);
    figures.add("W5 the same beside a hostile shop", Unit::NanosecondsEach, beside, alone);
    let allowed = (alone * 1.2).max(alone + 2.0 * SLICE.as_nanos() as f64);
    let verdict = if beside <= allowed { "holds" } else { "DOES NOT HOLD" };
    println!("   at most 1.2 x or two slices of {} ms more, whichever is larger: {verdict}", SLICE.as_millis());
}

/// The call of a component that never comes back, in a shop of its own.
async fn hostile(world: &World) -> PluginCall {
    let shop = world.engine.make_shop("Hostile", "EUR".parse().unwrap(), None, None).await.unwrap();
    let component = Bytes::from(guests::once_configured(guests::endless_loop()).component());
    let plugin = world.engine.install_plugin(shop.id, component, granted(Grants::default())).await.unwrap();
    let config = json!({ "awake": true });
    PluginCall { shop: shop.id, digest: plugin.digest, config, grants: Arc::default(), limits: Default::default() }
}

fn granted(grants: Grants) -> Upload {
    Upload { grants: Some(grants), ..Upload::by("bench") }
}

/// One journey after another, each begun when its time has come.
async fn p99(world: &World, shop: ShopId, number: &mut usize, every: Duration) -> f64 {
    let mut times = Vec::with_capacity(JOURNEYS);
    let mut due = Instant::now();
    for _ in 0..JOURNEYS {
        tokio::time::sleep_until(due.into()).await;
        due += every;
        *number += 1;
        let token = format!("neighbour-{number}");
        let lines = vec![values::line("Copper teapot", 1)];
        let event = values::cart_updated(&token, &token, lines, world.now());
        let accepted = Instant::now();
        world.engine.ingest(shop, Origin::Api, vec![event]).await.unwrap();
        world.settle().await;
        times.push(accepted.elapsed().as_nanos() as f64);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn strategy() -> serde_json::Value {
    json!({
        "name": "ask and tell",
        "trigger": { "on": "cart", "settle": "0s", "next": "ask" },
        "steps": {
            "ask": { "kind": "condition", "plugin": "tame", "branches": { "yes": "tell", "no": "done" } },
            "tell": { "kind": "message", "channel": "inbox", "content": "hello", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "hello", "variants": [{ "channel": "inbox", "body": { "text": "Your {{ product.title }}" } }] }],
    })
}

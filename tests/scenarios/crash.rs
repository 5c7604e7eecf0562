//! The process dies, at every point between two commits, and another one takes over: every accepted event is
//! processed, there is one message record, and the customer has the message at most once.

use cartwright_domain::time::Span;
use cartwright_testkit::database::Database;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, Delivery, TEAPOT};
use cartwright_tests::{Stoppable, World};
use serde_json::Value;

use crate::whatsapp;

/// Every failpoint of the engine, and what becomes of a WhatsApp message whose process died there.
const POINTS: [(&str, &str, usize); 8] = [
    ("event.accepted", "accepted", 1),
    ("event.applied", "accepted", 1),
    ("run.advanced", "accepted", 1),
    ("message.prepared", "accepted", 1),
    ("message.rendered", "accepted", 1),
    ("message.handed_over", "uncertain", 0),
    ("message.answered", "uncertain", 1),
    ("message.settled", "accepted", 1),
];

#[test]
fn every_failpoint_of_the_engine_is_crashed_at() {
    assert_eq!(POINTS.map(|(point, _, _)| point), cartwright_engine::failpoints::POINTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_on_sqlite_leaves_exactly_one_inbox_message() {
    for (point, _, _) in POINTS {
        inbox_after_a_crash(Database::sqlite().await, point).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_on_postgres_leaves_exactly_one_inbox_message() {
    for (point, _, _) in POINTS {
        inbox_after_a_crash(Database::postgres().await, point).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_on_sqlite_never_sends_twice_over_whatsapp() {
    for (point, state, sent) in POINTS {
        whatsapp_after_a_crash(Database::sqlite().await, point, state, sent).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_on_postgres_never_sends_twice_over_whatsapp() {
    for (point, state, sent) in POINTS {
        whatsapp_after_a_crash(Database::postgres().await, point, state, sent).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_from_outside_loses_nothing_that_was_answered_for() {
    let database = Database::sqlite().await;
    let url = database.url().to_owned();
    let world = World::open(database).await;
    world.publish_example("add-to-cart-reminder").await;
    let mut first = start(&url, &world, None);
    for delivery in deliveries(&world) {
        assert_eq!(told(&world, &first, &delivery).await, Some(200));
    }
    first.kill();
    assert!(start(&url, &world, None).skip(Span::hours(4)));
    assert_eq!(world.inbox().await.len(), 1);
}

async fn inbox_after_a_crash(database: Database, point: &str) {
    let url = database.url().to_owned();
    let world = World::open(database).await;
    world.publish_example("add-to-cart-reminder").await;
    let message = crash_and_go_on(&world, &url, point).await;
    assert_eq!(message["state"], "accepted", "after {point}: {message:#}");
    assert_eq!(world.inbox().await.len(), 1, "after {point}");
}

async fn whatsapp_after_a_crash(database: Database, point: &str, state: &str, sent: usize) {
    let url = database.url().to_owned();
    let world = World::open(database).await;
    let provider = Provider::start(Answer::wamid("wamid.crash")).await;
    whatsapp::connect(&world, &provider).await;
    world.publish(&whatsapp::reminder()).await;
    let message = crash_and_go_on(&world, &url, point).await;
    assert_eq!(message["state"], state, "after {point}: {message:#}");
    assert_eq!(provider.received().len(), sent, "after {point}");
}

/// A process is told of a cart, dies at the point, and a second one does the rest; the only message there is then.
async fn crash_and_go_on(world: &World, url: &str, point: &str) -> Value {
    let mut first = start(url, world, Some(point));
    let mut unanswered = Vec::new();
    for delivery in deliveries(world) {
        if told(world, &first, &delivery).await != Some(200) {
            unanswered.push(delivery);
        }
    }
    assert!(!first.skip(Span::hours(4)), "{point} was not reached");
    assert!(first.aborted());
    let mut second = start(url, world, None);
    // A platform that was not answered tells it again.
    for delivery in unanswered {
        assert_eq!(told(world, &second, &delivery).await, Some(200));
    }
    assert!(second.skip(Span::days(3)));
    assert_eq!(world.run().await["position"]["reason"], "completed", "after {point}");
    world.assert_sound().await;
    world.message().await
}

fn start(url: &str, world: &World, failpoint: Option<&str>) -> Stoppable {
    Stoppable::start(env!("CARGO_BIN_EXE_stoppable"), url, world.now(), failpoint)
}

fn deliveries(world: &World) -> [Delivery; 2] {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    let cart = shopify::cart("hWN4cart", &[TEAPOT], world.now());
    [("checkouts/create", checkout), ("carts/update", cart)]
        .map(|(topic, body)| shopify::delivery(topic, topic, &body, shopify::CLIENT_SECRET))
}

/// What the process answers; none if it died meanwhile.
async fn told(world: &World, service: &Stoppable, delivery: &Delivery) -> Option<u16> {
    world.deliver_to(&service.base, delivery).await
}

//! A shop where something happens all the time.

use cartwright_domain::event::Origin;
use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_testkit::values;
use cartwright_tests::{World, on_both_databases};

on_both_databases!(a_shop_whose_events_never_cease_sends_all_the_same);

/// Batches until a reminder is written: runs go on, the message is claimed, and it is handed over.
const BATCHES: usize = 5;

async fn a_shop_whose_events_never_cease_sends_all_the_same(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    let checkout = shopify::checkout("checkout-c1", Some("c1"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("c1", &[TEAPOT], world.now())).await, 200);
    world.settle().await;
    world.clock.advance(Span::hours(4));
    let shop = world.shop().parse().unwrap();
    for number in 0..BATCHES {
        let (id, cart) = (format!("e{number}"), format!("somebody-{number}"));
        let event = values::cart_updated(&id, &cart, vec![values::line("Copper teapot", 1)], world.now());
        world.engine.ingest(shop, Origin::Api, vec![event]).await.unwrap();
        world.engine.work_on(shop).await.unwrap();
    }
    assert_eq!(world.inbox().await.len(), 1, "{:#?}", world.messages().await);
}

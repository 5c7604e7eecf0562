//! Why did, or didn't, this customer get this? An answer for everybody, also for those it never began for.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    why_a_message_left_and_why_another_did_not,
    why_a_strategy_never_began_for_somebody_who_left_no_cart,
    why_an_event_that_was_turned_away_began_nothing,
    why_nobody_and_nothing_is_not_there,
);

async fn why(world: &World, strategy: &str) -> Value {
    let customers = world.api.list("/v1/customers").await;
    let ana = customers.iter().find(|customer| customer["first_name"] == "Ana").unwrap();
    world.api.get(&format!("/v1/customers/{}/why?strategy={strategy}", ana["id"].as_str().unwrap())).await.ok()
}

async fn ana_checks_out(world: &World, cart: &str) {
    let checkout = shopify::checkout(&format!("checkout-{cart}"), Some(cart), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
}

async fn ana_leaves_a_cart(world: &World, cart: &str) {
    ana_checks_out(world, cart).await;
    assert_eq!(world.tell("carts/update", &shopify::cart(cart, &[TEAPOT], world.now())).await, 200);
}

/// The findings with this check.
fn findings<'a>(why: &'a Value, check: &str) -> Vec<&'a Value> {
    let all = why["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["check"].as_str().unwrap().starts_with(check)).collect()
}

async fn why_a_message_left_and_why_another_did_not(world: &World) {
    let strategy = world.publish_example("add-to-cart-reminder").await;
    let strategy = strategy["id"].as_str().unwrap();
    ana_leaves_a_cart(world, "c1").await;
    world.settle().await;
    let waiting = why(world, strategy).await;
    assert_eq!(waiting["verdict"], "waiting", "{waiting:#}");
    world.skip(Span::hours(5)).await;
    let sent = why(world, strategy).await;
    assert_eq!(sent["verdict"], "sent", "{sent:#}");
    let message = findings(&sent, "steps.")[0];
    assert_eq!((&message["passes"], &message["message"]), (&json!(true), &world.message().await["id"]));
}

async fn why_a_strategy_never_began_for_somebody_who_left_no_cart(world: &World) {
    let strategy = world.publish_example("add-to-cart-reminder").await;
    ana_checks_out(world, "c1").await;
    world.settle().await;
    let why = why(world, strategy["id"].as_str().unwrap()).await;
    assert_eq!(why["verdict"], "never_began", "{why:#}");
    assert_eq!(findings(&why, "strategy")[0]["passes"], true);
    let trigger = findings(&why, "trigger")[0];
    assert_eq!((&trigger["passes"], &trigger["words"]), (&json!(false), &json!("no cart is on record")));
    // What the message would meet now, with the values.
    let step = findings(&why, "steps.")[0];
    assert!(step["facts"].to_string().contains("consent.marketing"), "{step:#}");
}

async fn why_an_event_that_was_turned_away_began_nothing(world: &World) {
    let strategy = world.publish_paused_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, "c1").await;
    world.skip(Span::hours(5)).await;
    let why = why(world, strategy["id"].as_str().unwrap()).await;
    assert_eq!(
        (&why["verdict"], findings(&why, "strategy")[0]["passes"].as_bool()),
        (&json!("never_began"), Some(false))
    );
    let trigger = findings(&why, "trigger")[0];
    assert_eq!((&trigger["passes"], &trigger["reason"]), (&json!(false), &json!("strategy_not_live")), "{trigger:#}");
    assert!(trigger["facts"].to_string().contains("event.occurred_at"), "{trigger:#}");
}

async fn why_nobody_and_nothing_is_not_there(world: &World) {
    let strategy = world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, "c1").await;
    world.settle().await;
    let nobody = "018f0000-0000-7000-8000-000000000000";
    let path = |customer: &str, strategy: &str| format!("/v1/customers/{customer}/why?strategy={strategy}");
    let ana = world.api.list("/v1/customers").await[0]["id"].as_str().unwrap().to_owned();
    for path in [path(nobody, strategy["id"].as_str().unwrap()), path(&ana, nobody)] {
        let refused = world.api.get(&path).await;
        assert_eq!((refused.status, refused.problem()), (404, "not_found"), "{path}");
    }
}

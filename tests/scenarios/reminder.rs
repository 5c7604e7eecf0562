//! The main job: a cart is left, a reminder comes; unless there is a reason not to send one.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, CUPS, Person, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

const CART: &str = "hWN4cart";
const CHECKOUT: &str = "c7checkout";
/// A second less than the strategy waits.
const NOT_QUITE_FOUR_HOURS: Span = Span::seconds(4 * 3_600 - 1);
const ORDER: u64 = 9_007_199_254_999_001;

on_both_databases!(
    s01_a_reminder_names_the_product_after_four_quiet_hours,
    s01_an_added_item_restarts_the_delay,
    s01_an_emptied_cart_is_not_reminded_of,
    s02_the_same_webhook_twice_makes_one_run,
    s02_webhooks_in_any_order_make_the_same_reminder,
    s08_an_order_before_the_reminder_means_none,
    s08_an_order_of_the_same_instant_wins,
    s08_a_draft_that_staff_wrote_ends_nothing,
    s10_identify_joins_a_cart_as_a_checkout_does,
    s10_a_cart_of_nobody_is_not_written_to,
    s11_good_customers_get_the_better_offer,
    s15_the_reminder_speaks_the_customers_language,
    s18_whoever_unsubscribed_gets_nothing,
    s18_unsubscribing_while_it_settles_is_in_time,
    s22_waiting_longer_never_sends_again,
    a_paused_strategy_enrols_nobody,
    the_run_says_why_fact_by_fact,
);

/// Ana leaves a teapot in her cart; the checkout before tells whose it is.
async fn ana_leaves_a_cart(world: &World, person: &Person) {
    let checkout = shopify::checkout(CHECKOUT, Some(CART), person, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart(CART, &[TEAPOT], world.now())).await, 200);
}

async fn ana_orders(world: &World) {
    let order = shopify::order(ORDER, Some(CART), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("orders/create", &order).await, 200);
}

/// The reasons why the run did not send, as its trace gives them.
fn skips(trace: &[Value]) -> Vec<&str> {
    trace
        .iter()
        .filter(|entry| entry["state"] == "skipped" || entry["what"] == "skipped")
        .filter_map(|entry| entry["reason"].as_str())
        .collect()
}

fn end(run: &Value) -> &str {
    run["position"]["reason"].as_str().unwrap_or("it has not ended")
}

async fn s01_a_reminder_names_the_product_after_four_quiet_hours(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(NOT_QUITE_FOUR_HOURS).await;
    assert!(world.inbox().await.is_empty());
    world.skip(Span::seconds(1)).await;
    let text = "Hi Ana, your Copper teapot is still waiting. Your cart comes to 64.50 EUR.";
    assert_eq!(world.inbox().await, [text]);
    assert_eq!(world.message().await["state"], "accepted");
    assert_eq!(end(&world.run().await), "completed");
}

async fn s01_an_added_item_restarts_the_delay(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(Span::hours(3)).await;
    world.tell("carts/update", &shopify::cart(CART, &[TEAPOT, CUPS], world.now())).await;
    world.skip(NOT_QUITE_FOUR_HOURS).await;
    assert!(world.inbox().await.is_empty());
    world.skip(Span::seconds(1)).await;
    assert!(world.inbox().await[0].contains("102.50 EUR"));
}

async fn s01_an_emptied_cart_is_not_reminded_of(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(Span::hours(1)).await;
    world.tell("carts/update", &shopify::cart(CART, &[], world.now())).await;
    world.skip(Span::hours(10)).await;
    assert!(world.inbox().await.is_empty());
    assert_eq!(end(&world.run().await), "cart_emptied");
}

async fn s02_the_same_webhook_twice_makes_one_run(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    let cart = shopify::cart(CART, &[TEAPOT], world.now());
    let again = shopify::delivery("carts/update", "told-again", &cart, shopify::CLIENT_SECRET);
    for _ in 0..3 {
        assert_eq!(world.deliver(&again).await, 200);
    }
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await.len(), 1);
    assert_eq!(world.count("webhook_put_aside").await, 0);
    world.run().await;
}

async fn s02_webhooks_in_any_order_make_the_same_reminder(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    let checkout = shopify::checkout(CHECKOUT, Some(CART), &ANA, &[TEAPOT], world.now());
    let older = shopify::cart(CART, &[TEAPOT], world.now());
    world.skip(Span::minutes(1)).await;
    let newer = shopify::cart(CART, &[TEAPOT, CUPS], world.now());
    for (topic, body) in [("carts/update", &newer), ("carts/update", &older), ("checkouts/create", &checkout)] {
        assert_eq!(world.tell(topic, body).await, 200);
        world.settle().await;
    }
    world.skip(Span::hours(4)).await;
    let [text] = world.inbox().await.try_into().unwrap();
    assert!(text.starts_with("Hi Ana") && text.contains("102.50 EUR"), "{text}");
}

async fn s08_an_order_before_the_reminder_means_none(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(Span::hours(2)).await;
    ana_orders(world).await;
    world.skip(Span::hours(24)).await;
    assert!(world.inbox().await.is_empty());
    assert_eq!(end(&world.run().await), "converted");
}

async fn s08_an_order_of_the_same_instant_wins(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(NOT_QUITE_FOUR_HOURS).await;
    let due = world.now() + Span::seconds(1);
    let order = shopify::order(ORDER, Some(CART), &ANA, &[TEAPOT], due);
    world.tell("orders/create", &order).await;
    world.skip(Span::hours(1)).await;
    assert!(world.inbox().await.is_empty());
}

async fn s08_a_draft_that_staff_wrote_ends_nothing(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(Span::hours(1)).await;
    let mut order = shopify::order(ORDER, None, &ANA, &[TEAPOT], world.now());
    order["source_name"] = json!("shopify_draft_order");
    world.tell("orders/create", &order).await;
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await.len(), 1);
}

async fn s10_identify_joins_a_cart_as_a_checkout_does(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    world.tell("carts/update", &shopify::cart(CART, &[TEAPOT], world.now())).await;
    let who = json!({ "cart": CART, "email": ANA.email, "first_name": "Ana", "consent": { "state": "subscribed" } });
    world.api.post("/v1/identify", &who).await.ok();
    world.skip(Span::hours(4)).await;
    assert!(world.inbox().await[0].starts_with("Hi Ana, your Copper teapot"));
}

async fn s10_a_cart_of_nobody_is_not_written_to(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    world.tell("carts/update", &shopify::cart(CART, &[TEAPOT], world.now())).await;
    world.skip(Span::hours(24)).await;
    assert!(world.inbox().await.is_empty());
    assert_eq!(skips(&world.trace().await), ["not_identified"]);
}

async fn s11_good_customers_get_the_better_offer(world: &World) {
    world.install("high_value").await;
    world.publish_example("high-value-first").await;
    for (number, id) in (1..=5u64).zip(ORDER..) {
        let order = shopify::order(id, None, &ANA, &[TEAPOT, CUPS], world.now() - Span::days(30));
        assert_eq!(world.tell("orders/create", &order).await, 200, "order {number}");
    }
    let ben = Person { id: 9_007_199_254_741_994, first_name: "Ben", email: "ben@acorn.example", phone: None, ..ANA };
    world.tell("checkouts/create", &shopify::checkout(CHECKOUT, None, &ANA, &[TEAPOT], world.now())).await;
    world.skip(Span::minutes(1)).await;
    world.tell("checkouts/create", &shopify::checkout("c8checkout", None, &ben, &[CUPS], world.now())).await;
    world.skip(Span::hours(2)).await;
    let [bens, anas] = world.inbox().await.try_into().unwrap();
    assert!(anas.starts_with("Hi Ana") && anas.contains("for free"), "{anas}");
    assert!(bens.starts_with("Hi Ben") && bens.contains("5 %"), "{bens}");
}

async fn s15_the_reminder_speaks_the_customers_language(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    let mut checkout = shopify::checkout(CHECKOUT, Some(CART), &ANA, &[TEAPOT], world.now());
    checkout["customer_locale"] = json!("de-AT");
    world.tell("checkouts/create", &checkout).await;
    world.tell("carts/update", &shopify::cart(CART, &[TEAPOT], world.now())).await;
    world.skip(Span::hours(4)).await;
    assert!(world.inbox().await[0].starts_with("Hallo Ana"));
}

async fn s18_whoever_unsubscribed_gets_nothing(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    world.tell("customers/update", &shopify::customer(&ANA, world.now())).await;
    let no = shopify::marketing_consent(&ANA, "unsubscribed", world.now());
    assert_eq!(world.tell("customers_email_marketing_consent/update", &no).await, 200);
    world.skip(Span::minutes(1)).await;
    ana_leaves_a_cart(world, &Person { accepts_marketing: false, ..ANA }).await;
    world.skip(Span::hours(24)).await;
    assert!(world.inbox().await.is_empty());
    assert_eq!(skips(&world.trace().await), ["unsubscribed"]);
}

async fn s18_unsubscribing_while_it_settles_is_in_time(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(Span::hours(3)).await;
    let no = shopify::marketing_consent(&ANA, "unsubscribed", world.now());
    world.tell("customers_email_marketing_consent/update", &no).await;
    world.skip(Span::hours(24)).await;
    assert!(world.inbox().await.is_empty());
    assert_eq!(skips(&world.trace().await), ["unsubscribed"]);
}

async fn s22_waiting_longer_never_sends_again(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(Span::days(30)).await;
    assert_eq!(world.inbox().await.len(), 1);
    assert_eq!(world.message().await["attempts"], 1);
}

async fn a_paused_strategy_enrols_nobody(world: &World) {
    let strategy = world.publish_paused_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world, &ANA).await;
    world.skip(Span::hours(24)).await;
    assert_eq!(strategy["state"], "paused");
    assert!(world.inbox().await.is_empty());
    assert!(world.api.list("/v1/runs").await.is_empty());
}

async fn the_run_says_why_fact_by_fact(world: &World) {
    world.install("high_value").await;
    world.publish_example("high-value-first").await;
    world.tell("checkouts/create", &shopify::checkout(CHECKOUT, None, &ANA, &[TEAPOT], world.now())).await;
    world.skip(Span::hours(1)).await;
    let trace = world.trace().await;
    let decided = trace.iter().find(|entry| entry["what"] == "branched").unwrap();
    assert_eq!((&decided["step"], &decided["branch"]), (&json!("loyal"), &json!("no")));
    assert!(decided["by"].as_str().unwrap().starts_with("high-value"), "{decided}");
    assert_eq!(decided["facts"], json!([{ "fact": "orders.count", "value": "0" }]));
    let told: Vec<&str> = trace.iter().filter_map(|entry| entry["what"].as_str()).collect();
    assert_eq!(&told[..4], ["entered", "settled", "branched", "message_queued"]);
}

//! What came of it all, counted: the funnel, its reasons, and that it costs by days (S30, S31).

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, Person, TEAPOT};
use cartwright_testkit::whatsapp;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use crate::whatsapp::{connect, reminder};

on_both_databases!(
    s30_a_message_is_counted_on_its_way_and_on_the_day_it_left,
    s30_receipts_twice_and_in_any_order_count_once,
    s30_a_report_is_cut_by_version_and_step,
    s31_skips_holds_and_losses_have_their_reasons,
    a_report_that_cannot_be_made_says_why,
);

const WAMID: &str = "wamid.HBgNNDkxNTExMjM0NTY3OBUCABEYEg";

async fn leaves_a_cart(world: &World, person: &Person, cart: &str) {
    let checkout = shopify::checkout(&format!("checkout-{cart}"), Some(cart), person, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart(cart, &[TEAPOT], world.now())).await, 200);
}

async fn report(world: &World, query: &str) -> Value {
    world.api.get(&format!("/v1/reports/messages?{query}")).await.ok()
}

/// The figures of a funnel by these names.
fn figures<const N: usize>(funnel: &Value, names: [&str; N]) -> [Value; N] {
    names.map(|name| funnel[name].clone())
}

async fn s30_a_message_is_counted_on_its_way_and_on_the_day_it_left(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    // 11:00 in Berlin; the reminder leaves at one in the morning of the next day there.
    world.skip(Span::hours(10)).await;
    leaves_a_cart(world, &ANA, "c1").await;
    assert_eq!(report(world, "").await["total"]["considered"], 0);
    world.skip(Span::hours(4)).await;
    let report = report(world, "by=day").await;
    let counted = ["considered", "targeted", "accepted", "skipped", "succeeded", "in_progress"];
    assert_eq!(figures(&report["total"], counted), [1, 1, 1, 0, 1, 0].map(|n| json!(n)));
    assert_eq!(report["lines"][0]["day"], "2026-11-03", "{report:#}");
    // The inbox reports nothing back.
    assert_eq!(
        figures(&report["total"], ["delivered", "read", "click_through"]),
        [Value::Null, Value::Null, Value::Null]
    );
}

async fn s30_receipts_twice_and_in_any_order_count_once(world: &World) {
    let provider = Provider::start(Answer::wamid(WAMID)).await;
    let channel = connect(world, &provider).await;
    world.publish(&reminder()).await;
    leaves_a_cart(world, &ANA, "c1").await;
    world.skip(Span::hours(4)).await;
    for told in ["read", "delivered", "read", "sent"] {
        // Days later they still count on the day on which the message left.
        world.skip(Span::days(1)).await;
        let receipt = whatsapp::delivery(&whatsapp::status(WAMID, told, None, world.now()));
        assert_eq!(world.api.deliver(channel["webhook"].as_str().unwrap(), &receipt).await, 200);
        world.settle().await;
    }
    let report = report(world, "by=day,channel").await;
    assert_eq!(report["lines"].as_array().unwrap().len(), 1, "{report:#}");
    let line = &report["lines"][0];
    let counted = figures(line, ["accepted", "delivered", "read", "in_flight"]);
    assert_eq!(counted, [1, 1, 1, 0].map(|n| json!(n)), "{line:#}");
    assert_eq!(
        figures(line, ["channel", "delivered_share", "read_share"]),
        [json!("whatsapp"), json!(1.0), json!(1.0)]
    );
}

async fn s30_a_report_is_cut_by_version_and_step(world: &World) {
    let strategy = world.publish_example("add-to-cart-reminder").await;
    leaves_a_cart(world, &ANA, "c1").await;
    world.skip(Span::hours(5)).await;
    let own = format!("strategy={}&by=version,step", strategy["id"].as_str().unwrap());
    let line = report(world, &own).await["lines"][0].clone();
    assert_eq!(figures(&line, ["number", "accepted"]), [json!(1), json!(1)], "{line:#}");
    assert!(line["step"].is_string() && line.get("day").is_none(), "{line:#}");
    let other = "strategy=018f0000-0000-7000-8000-000000000000";
    assert_eq!(report(world, other).await["total"]["considered"], 0);
}

async fn s31_skips_holds_and_losses_have_their_reasons(world: &World) {
    let refused = Answer::graph_error(400, 131_026, "Message undeliverable");
    let provider = Provider::start(refused).await;
    connect(world, &provider).await;
    world.publish(&reminder()).await;
    leaves_a_cart(world, &ANA, "c1").await;
    world.skip(Span::hours(4)).await;
    let total = report(world, "").await["total"].clone();
    assert_eq!(figures(&total, ["targeted", "rejected", "failed"]), [1, 1, 1].map(|n| json!(n)), "{total:#}");
    assert_eq!(total["losses"][0]["share"], 1.0, "{total:#}");
    // The address is known not to be there: the next is skipped before it leaves.
    leaves_a_cart(world, &ANA, "c2").await;
    world.skip(Span::days(4)).await;
    let total = report(world, "").await["total"].clone();
    assert_eq!(figures(&total, ["considered", "skipped", "rejected"]), [2, 1, 1].map(|n| json!(n)), "{total:#}");
    assert_eq!((&total["skips"][0]["messages"], provider.received().len()), (&json!(1), 1));
}

async fn a_report_that_cannot_be_made_says_why(world: &World) {
    for (query, field) in [
        ("from=2026-11-31", "from"),
        ("to=yesterday", "to"),
        ("by=week", "by"),
        ("from=2026-11-02&to=2026-11-01", "from"),
        ("from=2020-01-01&to=2026-11-01", "from"),
    ] {
        let refused = world.api.get(&format!("/v1/reports/messages?{query}")).await;
        assert_eq!((refused.status, refused.problem()), (400, "invalid_query"), "{query}");
        assert_eq!(refused.body["errors"][0]["field"], field, "{query}: {:#}", refused.body);
    }
}

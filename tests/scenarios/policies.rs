//! The policies of a shop, each told once over HTTP on both databases: who is waited for, who gives way to whom, and
//! what is not sent although it is due. Their corners are shown on the planner alone (`domain/tests/behaviour`).

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use crate::whatsapp::connect;

on_both_databases!(
    s06_a_run_waits_for_an_event_and_takes_its_branch,
    s09_a_checkout_takes_over_from_the_cart,
    s14_a_selector_chooses_for_each_customer_anew,
    s17_the_first_check_that_refuses_is_the_reason,
    s19_what_one_channel_cannot_deliver_goes_over_the_next,
    s19_several_channels_at_once_are_one_contact,
    s20_a_second_contact_within_three_days_finds_no_room,
    s20_of_two_that_are_due_together_the_higher_priority_goes,
    s21_who_has_just_ordered_is_left_alone,
);

/// Something happens to Ana, by our own API.
async fn happens(world: &World, kind: &str, names: Value, body: Value) {
    let mut subject = json!({ "customer": "ana", "email": "ana@example.com" });
    subject.as_object_mut().unwrap().extend(names.as_object().unwrap().clone());
    let id = format!("{kind}-{}", world.now());
    let event = json!({ "id": id, "type": kind, "occurred_at": world.now(), "subject": subject, "body": body });
    let answer = world.report(event).await.ok();
    assert_eq!(answer["status"], "accepted", "{answer:#}");
    world.settle().await;
}

async fn ana_comes(world: &World) {
    let consent = json!({ "first_name": "Ana", "consent": { "state": "subscribed" } });
    happens(world, "customer.identified", json!({ "phone": "+4915112345678", "cart": "c1" }), consent).await;
}

fn teapot() -> Value {
    json!({ "lines": [{ "title": "Teapot", "sku": "T1", "quantity": 1 }] })
}

/// A strategy of these steps that begins with an event of the shop's own; its contents say their names.
fn strategy(name: &str, trigger: Value, first: Value, more: Value, contents: &[&str], policies: Value) -> Value {
    let mut steps = json!({ "first": first, "done": { "kind": "exit" } });
    steps.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let contents: Vec<Value> = contents
        .iter()
        .map(|name| {
            let template = json!({ "template": "reminder", "language": "en_US" });
            let variants = [
                json!({ "channel": "inbox", "body": { "text": name } }),
                json!({ "channel": "whatsapp", "body": template }),
            ];
            json!({ "name": name, "labels": [name], "variants": variants })
        })
        .collect();
    let mut trigger = trigger;
    trigger["next"] = json!("first");
    json!({ "name": name, "trigger": trigger, "steps": steps, "contents": contents, "policies": policies })
}

fn on(event: &str) -> Value {
    json!({ "on": "custom", "event": event })
}

fn say(content: &str, next: &str) -> Value {
    json!({ "kind": "message", "channel": "inbox", "content": content, "next": next })
}

/// A strategy that says one thing at once.
fn at_once(name: &str, event: &str, policies: Value) -> Value {
    strategy(name, on(event), say(name, "done"), json!({}), &[name], policies)
}

async fn reasons(world: &World) -> Vec<String> {
    let skipped =
        world.messages().await.into_iter().filter_map(|message| message["reason"].as_str().map(str::to_owned));
    skipped.collect()
}

async fn s06_a_run_waits_for_an_event_and_takes_its_branch(world: &World) {
    let wait = json!({
        "wait": {
            "kind": "wait",
            "for": { "wished": { "event": "custom", "type": "shop.wished", "next": "heard" } },
            "timeout": "6h",
            "otherwise": "silent"
        },
        "heard": say("we heard you", "done"),
        "silent": say("are you there", "done"),
    });
    let contents = ["hello", "we heard you", "are you there"];
    world.publish(&strategy("Asking", on("shop.visited"), say("hello", "wait"), wait, &contents, json!({}))).await;
    ana_comes(world).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    world.skip(Span::hours(5)).await;
    happens(world, "shop.wished", json!({}), json!({})).await;
    assert_eq!(world.inbox().await, ["we heard you", "hello"]);
    // A second time nobody says anything.
    world.skip(Span::days(4)).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    world.skip(Span::hours(6)).await;
    assert_eq!(world.inbox().await, ["are you there", "hello", "we heard you", "hello"]);
}

async fn s09_a_checkout_takes_over_from_the_cart(world: &World) {
    for (name, settle) in [("cart", "4h"), ("checkout", "1h")] {
        let trigger = json!({ "on": name, "settle": settle });
        world.publish(&strategy(name, trigger, say(name, "done"), json!({}), &[name], json!({}))).await;
    }
    ana_comes(world).await;
    happens(world, "cart.updated", json!({ "cart": "c1" }), teapot()).await;
    world.skip(Span::minutes(30)).await;
    happens(world, "checkout.updated", json!({ "cart": "c1", "checkout": "k1" }), teapot()).await;
    world.skip(Span::days(2)).await;
    assert_eq!(world.inbox().await, ["checkout"]);
}

async fn s14_a_selector_chooses_for_each_customer_anew(world: &World) {
    world.install("by_label").await;
    let select = json!({
        "kind": "message",
        "channel": "inbox",
        "select": {
            "plugin": "by-label@0",
            "config": { "attribute": "taste" },
            "candidates": ["black tea", "green tea"],
            "default": "black tea"
        },
        "next": "done"
    });
    let contents = ["green tea", "black tea"];
    let policies = json!({ "cap": "none" });
    world.operator.patch(&format!("/v1/shops/{}", world.shop()), &json!({ "cap": "none" })).await.ok();
    world.publish(&strategy("Tea", on("shop.visited"), select, json!({}), &contents, policies)).await;
    ana_comes(world).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    assert_eq!(world.inbox().await, ["black tea"], "nothing is known of her taste");
    happens(world, "customer.updated", json!({}), json!({ "attributes": { "taste": "green tea" } })).await;
    world.skip(Span::minutes(1)).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    assert_eq!(world.inbox().await, ["green tea", "black tea"]);
}

async fn s17_the_first_check_that_refuses_is_the_reason(world: &World) {
    world.publish(&at_once("hello", "shop.visited", json!({ "not_after_order": "2d" }))).await;
    ana_comes(world).await;
    happens(world, "order.placed", json!({ "order": "o1" }), json!({})).await;
    world.skip(Span::minutes(1)).await;
    happens(world, "customer.updated", json!({}), json!({ "consent": { "state": "unsubscribed", "at": world.now() } }))
        .await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    // The order would forbid it as well.
    assert_eq!(reasons(world).await, ["unsubscribed"]);
}

async fn s19_what_one_channel_cannot_deliver_goes_over_the_next(world: &World) {
    let provider = Provider::start(Answer::graph_error(400, 131_026, "Message undeliverable")).await;
    connect(world, &provider).await;
    let chain = json!({ "kind": "message", "fallback": ["whatsapp", "inbox"], "content": "hello", "next": "done" });
    world.publish(&strategy("Chain", on("shop.visited"), chain, json!({}), &["hello"], json!({}))).await;
    ana_comes(world).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    assert_eq!((provider.received().len(), world.inbox().await), (1, vec!["hello".to_owned()]));
    let mut states: Vec<(Value, Value)> = Vec::new();
    for mut message in world.messages().await {
        states.push((message["channel"].take(), message["state"].take()));
    }
    states.sort_by_key(|(channel, _)| channel.to_string());
    assert_eq!(states, [(json!("inbox"), json!("accepted")), (json!("whatsapp"), json!("rejected"))]);
}

async fn s19_several_channels_at_once_are_one_contact(world: &World) {
    let provider = Provider::start(Answer::wamid("wamid.1")).await;
    connect(world, &provider).await;
    let both = json!({ "kind": "message", "channels": ["whatsapp", "inbox"], "content": "hello", "next": "done" });
    let shop_cap = json!({ "cap": { "contacts": 1, "within": "3d", "own_run": "counts" } });
    world.operator.patch(&format!("/v1/shops/{}", world.shop()), &shop_cap).await.ok();
    world.publish(&strategy("Both", on("shop.visited"), both, json!({}), &["hello"], json!({}))).await;
    ana_comes(world).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    assert_eq!((provider.received().len(), world.inbox().await.len()), (1, 1), "{:#?}", world.messages().await);
}

async fn s20_a_second_contact_within_three_days_finds_no_room(world: &World) {
    world.publish(&at_once("hello", "shop.visited", json!({}))).await;
    world.publish(&at_once("news", "shop.read", json!({}))).await;
    ana_comes(world).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    world.skip(Span::hours(71)).await;
    happens(world, "shop.read", json!({}), json!({})).await;
    assert_eq!((world.inbox().await.len(), reasons(world).await), (1, vec!["capped_by_shop".to_owned()]));
    world.skip(Span::hours(1)).await;
    happens(world, "shop.read", json!({}), json!({})).await;
    assert_eq!(world.inbox().await, ["news", "hello"]);
}

async fn s20_of_two_that_are_due_together_the_higher_priority_goes(world: &World) {
    for (name, priority) in [("hello", 1), ("news", 5)] {
        world.publish(&at_once(name, "shop.visited", json!({ "priority": priority }))).await;
    }
    ana_comes(world).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    world.skip(Span::hours(1)).await;
    assert_eq!(world.inbox().await, ["news"]);
    assert_eq!(reasons(world).await, ["capped_by_shop"]);
}

async fn s21_who_has_just_ordered_is_left_alone(world: &World) {
    world.publish(&at_once("hello", "shop.visited", json!({ "not_after_order": "2d" }))).await;
    ana_comes(world).await;
    happens(world, "order.placed", json!({ "order": "o1" }), json!({})).await;
    world.skip(Span::hours(47)).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    assert!(world.inbox().await.is_empty(), "{:#?}", world.messages().await);
    world.skip(Span::hours(2)).await;
    happens(world, "shop.visited", json!({}), json!({})).await;
    assert_eq!(world.inbox().await, ["hello"]);
}

//! Plugins change while the service runs, and a bad one harms nobody.

use cartwright_domain::time::Span;
use cartwright_testkit::present;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use hostile_guests::{Condition, guests, loading};
use serde_json::{Value, json};

on_both_databases!(
    s43_a_changed_condition_decides_the_next_run,
    s43_an_update_that_asks_for_more_waits_for_a_grant,
    s12_an_endless_loop_takes_the_branch_for_errors,
    s42_a_memory_bomb_takes_the_branch_for_errors,
    a_file_that_is_no_plugin_is_refused_with_the_cause,
);

/// A condition that says yes to all, and the next one of the same name, which says no.
pub(crate) fn always_yes() -> Vec<u8> {
    Condition::new("always").component()
}

pub(crate) fn always_no() -> Vec<u8> {
    // `ok`, the branch `no`, and no reason: a verdict as the canonical ABI lays it out, with its text behind it.
    let definitions =
        r#"(data (i32.const 0x200) "\00\00\00\00\18\02\00\00\02\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00no")"#;
    Condition { definitions, evaluate: "(i32.const 0x200)", ..Condition::new("always") }.component()
}

/// The same with a configuration, which wakes what slept through its upload.
pub(crate) fn configured(plugin: &str) -> Value {
    let mut strategy = asking(plugin);
    strategy["steps"]["ask"]["config"] = json!({ "awake": true });
    strategy
}

/// A checkout strategy whose only condition is a plugin.
pub(crate) fn asking(plugin: &str) -> Value {
    let say = |content: &str| json!({ "kind": "message", "channel": "inbox", "content": content, "next": "done" });
    let content = |name: &str| json!({ "name": name, "variants": [{ "channel": "inbox", "body": { "text": name } }] });
    json!({
        "name": "ask",
        "trigger": { "on": "checkout", "settle": "1h", "key": "cart", "next": "ask" },
        "steps": {
            "ask": { "kind": "condition", "plugin": plugin, "branches": { "yes": "said-yes", "no": "said-no" } },
            "said-yes": say("yes it is"),
            "said-no": say("no it is not"),
            "done": { "kind": "exit" },
        },
        "contents": [content("yes it is"), content("no it is not")],
    })
}

/// In these stories every decision shows as a message, so the shop has no cap.
pub(crate) async fn upload(world: &World, component: Vec<u8>) {
    world.operator.patch(&format!("/v1/shops/{}", world.shop()), &json!({ "cap": "none" })).await.ok();
    let plugin = world.api.upload("/v1/plugins", component).await.ok();
    assert_eq!(plugin["active"], true, "{plugin:#}");
}

pub(crate) async fn a_checkout_is_left(world: &World, token: &str) {
    let checkout = shopify::checkout(token, None, &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    world.skip(Span::hours(2)).await;
}

async fn s43_a_changed_condition_decides_the_next_run(world: &World) {
    upload(world, always_no()).await;
    world.publish(&asking("always@1")).await;
    a_checkout_is_left(world, "first").await;
    upload(world, always_yes()).await;
    a_checkout_is_left(world, "second").await;
    assert_eq!(world.inbox().await, ["yes it is", "no it is not"]);
    upload(world, always_no()).await;
    a_checkout_is_left(world, "third").await;
    assert_eq!(world.inbox().await[0], "no it is not");
}

async fn s43_an_update_that_asks_for_more_waits_for_a_grant(world: &World) {
    let plugin = world.api.upload("/v1/plugins", present::component("high_value")).await.ok();
    assert_eq!(plugin["active"], false, "{plugin:#}");
    let refused = world.api.post("/v1/strategies", &asking("high-value@0")).await;
    assert_eq!((refused.status, refused.problem()), (422, "strategy_faults"), "{:#}", refused.body);
    let grants = format!("/v1/plugins/{}/grants", plugin["digest"].as_str().unwrap());
    assert_eq!(world.api.post(&grants, &plugin["asks"]).await.ok()["active"], true);
    let mut strategy = asking("high-value@0");
    strategy["steps"]["ask"]["config"] = json!({ "min_orders": 1 });
    world.publish(&strategy).await;
}

async fn s12_an_endless_loop_takes_the_branch_for_errors(world: &World) {
    upload(world, guests::once_configured(guests::endless_loop()).component()).await;
    world.publish(&configured("endless-loop")).await;
    a_checkout_is_left(world, "first").await;
    assert_eq!(world.inbox().await, ["no it is not"]);
    let failure = failure(world).await;
    assert!(failure["by"].as_str().unwrap().starts_with("endless-loop"), "{failure}");
    assert!(failure["problem"].as_str().unwrap().contains("50 ms"), "{failure}");
}

async fn s42_a_memory_bomb_takes_the_branch_for_errors(world: &World) {
    upload(world, guests::once_configured(guests::memory_bomb()).component()).await;
    world.publish(&configured("memory-bomb")).await;
    a_checkout_is_left(world, "first").await;
    assert_eq!(world.inbox().await, ["no it is not"]);
    let failure = failure(world).await;
    assert!(failure["problem"].as_str().unwrap().contains("64 MiB"), "{failure}");
}

async fn failure(world: &World) -> Value {
    let trace = world.trace().await;
    trace.into_iter().rfind(|entry| entry["what"] == "plugin_failed").unwrap()
}

async fn a_file_that_is_no_plugin_is_refused_with_the_cause(world: &World) {
    let inbox = present::component("inbox");
    let wrong: [(Vec<u8>, &str); 4] = [
        (loading::core_module(), "component"),
        (inbox[..inbox.len() / 2].to_vec(), ""),
        (b"#!/bin/sh\nexit 0\n".to_vec(), ""),
        (Vec::new(), "empty"),
    ];
    for (file, cause) in wrong {
        let refused = world.api.upload("/v1/plugins", file).await;
        assert_eq!((refused.status, refused.problem()), (422, "plugin_rejected"), "{:#}", refused.body);
        assert!(refused.body["detail"].as_str().unwrap().contains(cause), "{:#}", refused.body);
    }
    // What was refused can be looked up later.
    let rejected = world.api.list("/v1/plugins/rejected").await;
    let mut sizes: Vec<u64> = rejected.iter().map(|upload| upload["size"].as_u64().unwrap()).collect();
    sizes.sort_unstable();
    assert_eq!((sizes.len(), sizes[0]), (4, 0));
    assert!(rejected.iter().all(|upload| upload["message"] != "" && upload["check"] != ""), "{rejected:#?}");
    assert_eq!(rejected[0]["by"], "tests");
    upload(world, always_yes()).await;
    world.publish(&asking("always")).await;
    a_checkout_is_left(world, "first").await;
    assert_eq!(world.inbox().await, ["yes it is"]);
}

//! A content is mended while runs wait: versions keep what they were published with until somebody replaces it
//! everywhere (S28).

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s28_waiting_runs_say_what_was_mended_only_once_it_is_replaced_everywhere,
    s28_a_message_that_waits_for_its_window_says_what_was_mended,
    s28_a_message_that_was_counted_before_is_counted_by_what_it_says,
    s28_a_content_that_would_leave_a_channel_without_words_replaces_nothing,
);

fn content(channel: &str, text: &str) -> Value {
    json!({ "name": "hello", "variants": [{ "channel": channel, "body": { "text": text } }] })
}

/// The same content an hour after the checkout, and a day later.
async fn two_messages(world: &World) -> String {
    let message = |next: &str| json!({ "kind": "message", "channel": "inbox", "content": "hello", "next": next });
    let published = world
        .publish(&json!({
            "name": "Twice",
            "trigger": { "on": "checkout", "settle": "1h", "next": "first" },
            "steps": {
                "first": message("wait"),
                "wait": { "kind": "delay", "for": "24h", "next": "second" },
                "second": message("done"),
                "done": { "kind": "exit" }
            },
            "contents": [content("inbox", "Pleese come back")],
        }))
        .await;
    leaves_a_checkout(world).await;
    published["id"].as_str().unwrap().to_owned()
}

async fn leaves_a_checkout(world: &World) {
    let checkout = shopify::checkout("c7checkout", None, &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
}

async fn mend(world: &World, content: &Value) {
    assert_eq!(world.api.put("/v1/contents/hello", content).await.ok()["revision"], 2);
}

async fn replace(world: &World, revision: u32) -> cartwright_tests::Reply {
    world.api.post("/v1/contents/hello/replace", &json!({ "revision": revision })).await
}

async fn s28_waiting_runs_say_what_was_mended_only_once_it_is_replaced_everywhere(world: &World) {
    let strategy = two_messages(world).await;
    world.skip(Span::hours(2)).await;
    mend(world, &content("inbox", "Please come back")).await;
    let place = json!({ "strategy": strategy, "name": "Twice", "version": 1, "waiting": 1 });
    let told = json!({ "revision": 2, "waiting": 1, "versions": [place] });
    assert_eq!(world.api.get("/v1/contents/hello/replace").await.ok(), told);
    assert_eq!(replace(world, 1).await.problem(), "changed_meanwhile", "only what was looked at");
    assert_eq!(replace(world, 2).await.ok(), told);
    assert_eq!(replace(world, 2).await.ok(), json!({ "revision": 2, "waiting": 0, "versions": [] }), "once is enough");
    world.skip(Span::hours(24)).await;
    assert_eq!(world.inbox().await, ["Please come back", "Pleese come back"], "what was said stays");

    let report = world.api.get("/v1/reports/messages?by=content&from=2026-11-01&to=2026-11-30").await.ok();
    let said: Vec<(&str, &Value)> = report["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["content"].as_str().unwrap(), &line["targeted"]))
        .collect();
    assert_eq!(said, [("hello", &json!(1)), ("hello@2", &json!(1))]);
    let versions = world.api.list(&format!("/v1/strategies/{strategy}/versions")).await;
    assert_eq!(versions[0]["replaced"], json!({ "hello": 2 }));
    let published = &versions[0]["definition"]["contents"][0]["variants"][0]["body"];
    assert_eq!(published, &json!({ "text": "Pleese come back" }), "as it was published");
}

async fn s28_a_message_that_waits_for_its_window_says_what_was_mended(world: &World) {
    let morning = json!({ "window": { "open": [{ "from": "09:00", "until": "10:00" }] } });
    world.operator.patch(&format!("/v1/shops/{}", world.shop()), &morning).await.ok();
    two_messages(world).await;
    world.skip(Span::hours(2)).await;
    assert!(world.inbox().await.is_empty());
    mend(world, &content("inbox", "Please come back")).await;
    replace(world, 2).await.ok();
    world.skip(Span::hours(24)).await;
    assert_eq!(world.inbox().await, ["Please come back"]);
}

/// Held while its channel is gone, and counted as that.
async fn s28_a_message_that_was_counted_before_is_counted_by_what_it_says(world: &World) {
    two_messages(world).await;
    world.skip(Span::hours(2)).await;
    let mut channel = world.api.get("/v1/channels/inbox").await.ok();
    world.api.delete("/v1/channels/inbox").await;
    world.skip(Span::hours(24)).await;
    assert_eq!(world.messages().await[0]["state"], "held", "{:#?}", world.messages().await);
    let by_content = "/v1/reports/messages?by=content&from=2026-11-01&to=2026-11-30";
    assert_eq!(world.api.get(by_content).await.ok()["lines"].as_array().unwrap().len(), 1);
    mend(world, &content("inbox", "Please come back")).await;
    replace(world, 2).await.ok();
    let again = json!({
        "plugin": channel["plugin"].take(), "config": channel["config"].take(), "grants": channel["grants"].take(),
    });
    world.api.put("/v1/channels/inbox", &again).await.ok();
    world.skip(Span::hours(1)).await;
    assert_eq!(world.inbox().await, ["Please come back", "Pleese come back"]);
    let lines = world.api.get(by_content).await.ok()["lines"].take();
    assert_eq!((&lines[0]["held"], &lines[1]["content"]), (&json!(0), &json!("hello@2")), "{lines:#}");
}

async fn s28_a_content_that_would_leave_a_channel_without_words_replaces_nothing(world: &World) {
    two_messages(world).await;
    world.skip(Span::hours(2)).await;
    mend(world, &content("email", "Please come back")).await;
    let refused = replace(world, 2).await;
    assert_eq!((refused.status, refused.problem()), (422, "content_faults"));
    assert!(refused.body["detail"].as_str().unwrap().contains("version 1 of `Twice` sends it over `inbox`"));
    world.skip(Span::hours(24)).await;
    assert_eq!(world.inbox().await, ["Pleese come back", "Pleese come back"]);
    assert_eq!(world.api.get("/v1/contents/none/replace").await.problem(), "not_found");
}

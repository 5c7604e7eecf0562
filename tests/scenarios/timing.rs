//! When a message goes: local times, sending windows, and who is held out.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s04_a_reminder_waits_for_the_windows_of_shop_and_channel,
    s04_a_window_that_closes_meanwhile_is_seen_before_the_message_leaves,
    s04_a_window_that_is_wrong_is_refused_with_its_place,
    s05_a_checkout_is_reminded_of_on_the_morning_after,
    s16_an_arm_outlives_the_weights_it_was_drawn_by,
    s16_a_hold_out_is_a_message_that_was_never_sent,
    s28_waiting_runs_move_to_a_new_version_by_choice_after_a_preview,
);

const CHECKOUT: &str = "c7checkout";

async fn ana_leaves_a_checkout(world: &World, token: &str) {
    let checkout = shopify::checkout(token, None, &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
}

/// Nothing a minute before, and one message then.
async fn leaves_after(world: &World, span: Span) {
    world.skip(Span::from_millis(span.millis() - 60_000)).await;
    assert!(world.inbox().await.is_empty(), "{:#?}", world.messages().await);
    world.skip(Span::minutes(1)).await;
    assert_eq!(world.inbox().await.len(), 1, "{:#?}", world.messages().await);
}

async fn set_window(world: &World, window: Value) {
    world.operator.patch(&format!("/v1/shops/{}", world.shop()), &json!({ "window": window })).await.ok();
}

async fn set_channel_window(world: &World, window: &Value) -> cartwright_tests::Reply {
    let mut settings = world.api.get("/v1/channels/inbox").await.ok();
    let (plugin, config, grants) = (settings["plugin"].take(), settings["config"].take(), settings["grants"].take());
    let body = json!({ "plugin": plugin, "config": config, "grants": grants, "window": window });
    world.api.put("/v1/channels/inbox", &body).await
}

fn hours(from: &str, until: &str) -> Value {
    json!({ "open": [{ "from": from, "until": until }] })
}

/// A reminder an hour after the checkout, with more to it.
fn reminder(more: Value) -> Value {
    let mut strategy = json!({
        "name": "Reminder",
        "trigger": { "on": "checkout", "settle": "1h", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": [{ "name": "reminder", "variants": [{ "channel": "inbox", "body": { "text": "Still yours" } }] }]
    });
    strategy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    strategy
}

async fn s04_a_reminder_waits_for_the_windows_of_shop_and_channel(world: &World) {
    set_window(world, hours("09:00", "20:00")).await;
    set_channel_window(world, &hours("09:30", "23:00")).await.ok();
    world.publish(&reminder(json!({}))).await;
    // 19:30 in Berlin, an hour later it is closed there.
    world.skip(Span::minutes(8 * 60 + 30)).await;
    ana_leaves_a_checkout(world, CHECKOUT).await;
    leaves_after(world, Span::hours(14)).await;
    let trace = world.trace().await;
    let waits = trace.iter().find(|entry| entry["what"] == "waiting").unwrap();
    assert_eq!(waits["until"], "2026-11-03T08:30:00.000Z");
    let facts = waits["facts"].to_string();
    assert!(facts.contains("window.shop.zone") && facts.contains("Europe/Berlin ("), "{facts}");
    let message = world.message().await;
    assert_eq!(message["late_after"], "2026-11-03T20:30:00.000Z", "lateness counts from when it opens");
}

async fn s04_a_window_that_closes_meanwhile_is_seen_before_the_message_leaves(world: &World) {
    world.publish(&reminder(json!({ "policies": { "max_lateness": "24h" } }))).await;
    ana_leaves_a_checkout(world, CHECKOUT).await;
    // The message is made while its channel is gone, and meets a closed window once that is back.
    let removed = world.api.get("/v1/channels/inbox").await.ok();
    world.api.delete("/v1/channels/inbox").await;
    world.skip(Span::hours(2)).await;
    assert_eq!(world.message().await["state"], "held");
    set_window(world, hours("09:00", "13:00")).await;
    let (plugin, grants) = (&removed["plugin"], &removed["grants"]);
    world.api.put("/v1/channels/inbox", &json!({ "plugin": plugin, "grants": grants })).await.ok();
    world.skip(Span::minutes(2)).await;
    let message = world.message().await;
    let (state, opens) = (&message["state"], &message["window_opens_at"]);
    assert_eq!((state, opens), (&json!("queued"), &json!("2026-11-03T08:00:00.000Z")));
    assert!(world.trace().await.iter().any(|entry| entry["state"] == "waits_for_window"));
    // From 13:02 in Berlin until 09:00.
    leaves_after(world, Span::minutes(19 * 60 + 58)).await;
}

async fn s04_a_window_that_is_wrong_is_refused_with_its_place(world: &World) {
    let refused = set_channel_window(world, &hours("09:00", "25:00")).await;
    assert_eq!((refused.status, refused.problem()), (422, "connection_faults"));
    assert_eq!(refused.body["errors"][0]["field"], "window.open[0].until", "{:#}", refused.body);
    let policies =
        json!({ "policies": { "window": { "open": [{ "days": ["lun"], "from": "09:00", "until": "20:00" }] } } });
    let refused = world.api.post("/v1/strategies", &reminder(policies)).await;
    assert_eq!(refused.body["errors"][0]["field"], "policies.window.open[0].days[0]", "{:#}", refused.body);
    let shop = format!("/v1/shops/{}", world.shop());
    let refused = world.operator.patch(&shop, &json!({ "window": { "open": [] } })).await;
    assert!(refused.body.to_string().contains("window.open"), "{:#}", refused.body);
}

async fn s05_a_checkout_is_reminded_of_on_the_morning_after(world: &World) {
    world.publish_example("morning-after").await;
    ana_leaves_a_checkout(world, CHECKOUT).await;
    // From 11:00 in Berlin until 09:00.
    leaves_after(world, Span::hours(22)).await;
}

async fn s16_an_arm_outlives_the_weights_it_was_drawn_by(world: &World) {
    let split = |a: u32, b: u32| {
        reminder(json!({
            "trigger": { "on": "checkout", "settle": "1h", "next": "split" },
            "steps": {
                "split": { "kind": "split", "arms": {
                    "a": { "weight": a, "next": "by-a" }, "b": { "weight": b, "next": "by-b" }
                } },
                "by-a": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "by-b": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" }
            }
        }))
    };
    let published = world.publish(&split(0, 1)).await;
    ana_leaves_a_checkout(world, CHECKOUT).await;
    world.skip(Span::hours(2)).await;
    assert_eq!(world.message().await["step"], "by-b");
    let next = format!("/v1/strategies/{}", published["id"].as_str().unwrap());
    world.api.put(&next, &split(1, 0)).await.ok();
    ana_leaves_a_checkout(world, "c8checkout").await;
    world.skip(Span::hours(2)).await;
    let steps: Vec<Value> = world.messages().await.into_iter().map(|message| message["step"].clone()).collect();
    assert_eq!(steps, ["by-b", "by-b"]);
}

async fn s16_a_hold_out_is_a_message_that_was_never_sent(world: &World) {
    world.publish(&reminder(json!({ "policies": { "hold_out": 100 } }))).await;
    ana_leaves_a_checkout(world, CHECKOUT).await;
    world.skip(Span::hours(2)).await;
    assert!(world.inbox().await.is_empty());
    let message = world.message().await;
    assert_eq!((&message["state"], &message["attempts"]), (&json!("held_out"), &json!(0)));
    assert_eq!(world.run().await["position"]["reason"], "completed");
}

async fn s28_waiting_runs_move_to_a_new_version_by_choice_after_a_preview(world: &World) {
    let waits = |name: &str, span: &str| {
        let mut strategy = reminder(json!({}));
        strategy["trigger"]["next"] = json!(name);
        strategy["steps"][name] = json!({ "kind": "delay", "for": span, "next": "remind" });
        strategy
    };
    let strategy = world.publish(&waits("wait", "48h")).await;
    let path = format!("/v1/strategies/{}", strategy["id"].as_str().unwrap());
    ana_leaves_a_checkout(world, CHECKOUT).await;
    world.skip(Span::hours(2)).await;
    world.api.put(&path, &waits("pause", "24h")).await.ok();
    world.api.put(&path, &waits("wait", "24h")).await.ok();
    let counts = |stays: u64, moves: u64, leaves: u64| json!({ "stays": stays, "moves": moves, "leaves": leaves, "would_go_now": 0 });
    let preview = |number: u32| format!("{path}/versions/{number}/preview");
    assert_eq!(world.api.get(&preview(2)).await.ok()["total"], counts(0, 0, 1));
    let seen = world.api.get(&preview(3)).await.ok();
    let step = json!({ "step": "wait", "stays": 0, "moves": 1, "leaves": 0, "would_go_now": 0 });
    assert_eq!(seen, json!({ "version": 3, "total": counts(0, 1, 0), "steps": [step] }));
    assert_eq!(world.api.get(&preview(4)).await.problem(), "not_found");
    let move_runs = format!("{path}/versions/3/move-runs");
    let elsewhere = world.api.post(&move_runs, &json!({ "steps": ["remind"] })).await.ok();
    assert_eq!(elsewhere["total"], counts(0, 0, 0));
    assert_eq!(world.api.post(&move_runs, &json!({})).await.ok(), seen);
    assert_eq!(world.api.get(&preview(3)).await.ok()["total"], counts(0, 0, 0), "nothing is left to move");
    // An hour of settling and a day, of which two hours are over.
    leaves_after(world, Span::hours(23)).await;
    let trace = world.trace().await;
    let moved = trace.iter().find(|entry| entry["what"] == "moved").unwrap();
    assert_eq!((&moved["from"], &moved["to"]), (&json!(1), &json!(3)));
    world.assert_sound().await;
}

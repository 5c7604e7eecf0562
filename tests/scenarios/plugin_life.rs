//! The life of a plugin in service: promoted and rolled back, tried on some and compared on all, stopped by a person or
//! by its circuit breaker; and nobody's message is lost or wrong by it.

use cartwright_domain::time::{Span, Timestamp};
use cartwright_testkit::shopify::{self, ANA, Person, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use hostile_guests::{Condition, guests};
use serde_json::{Value, json};

use crate::plugins::{always_no, always_yes, asking, configured, upload};

on_both_databases!(
    s43_a_roll_back_is_one_call_and_runs_in_flight_go_on,
    s43_a_promotion_and_a_roll_back_hold_on_every_node_at_once,
    s43_a_promotion_is_refused_with_the_list_of_what_would_not_be_sound,
    s12_a_canary_that_traps_is_rolled_back_by_itself_and_no_message_is_lost_or_wrong,
    s43_a_canary_decides_for_its_share_and_then_for_all,
    s43_a_shadow_is_asked_about_everybody_and_changes_nothing,
    s13_a_circuit_breaker_opens_holds_and_closes_with_a_good_probe,
    s12_a_plugin_that_is_stopped_holds_its_runs_until_it_goes_on,
    s42_an_operator_changes_limits_within_bounds,
    a_decision_is_told_with_everything_it_was_made_on,
);

/// The condition `always`, which traps once it is awake: nothing that an upload would see.
fn trapping() -> Vec<u8> {
    guests::once_configured(Condition { evaluate: "unreachable", ..Condition::new("always") }).component()
}

/// The same until a moment, and yes from then on.
fn trapping_until(moment: Timestamp) -> Vec<u8> {
    let evaluate = format!(
        "(if (i64.lt_u (call $decision.now) (i64.const {})) (then unreachable)) (i32.const 0x100)",
        moment.millis()
    );
    let evaluate: &'static str = evaluate.leak();
    let imports = vec![("decision", "now", "(result i64)")];
    guests::once_configured(Condition { imports, evaluate, ..Condition::new("always") }).component()
}

/// The same with a fact that it reads, and says yes.
fn reading() -> Vec<u8> {
    let facts = vec!["orders.count"];
    let imports = vec![("orders", "count", "(result i32)")];
    let evaluate = "(drop (call $orders.count)) (i32.const 0x100)";
    Condition { facts, imports, evaluate, ..Condition::new("always") }.component()
}

/// The same for configurations with a number only.
fn demanding() -> Vec<u8> {
    Condition { config_schema: r#"{"type":"object","required":["n"]}"#, ..Condition::new("always") }.component()
}

/// So many customers leave a checkout each, all at once; an hour later all of them are asked about in one batch.
async fn checkouts_are_left(world: &World, count: u64) {
    for number in 0..count {
        let email: &'static str = format!("someone-{number}@acorn.example").leak();
        let person = Person { id: ANA.id + 1 + number, email, phone: None, ..ANA };
        let checkout = shopify::checkout(&format!("token-{number}"), None, &person, &[TEAPOT], world.now());
        assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    }
    world.skip(Span::hours(1)).await;
}

async fn said(world: &World, text: &str) -> usize {
    world.inbox().await.iter().filter(|said| *said == text).count()
}

async fn version(world: &World, digest: &Value) -> Value {
    world.api.get(&of(digest, "")).await.ok()
}

fn of(digest: &Value, what: &str) -> String {
    format!("/v1/plugins/{}{what}", digest.as_str().unwrap())
}

/// What was done to the plugin and by whom, in alphabetical order: much of it happens in one instant.
async fn audit(world: &World) -> Vec<String> {
    let entries = world.api.list("/v1/plugins/always/audit").await;
    let told =
        entries.iter().map(|entry| format!("{} {}", entry["by"].as_str().unwrap(), entry["did"].as_str().unwrap()));
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

async fn s43_a_roll_back_is_one_call_and_runs_in_flight_go_on(world: &World) {
    upload(world, always_yes()).await;
    world.publish(&asking("always@1")).await;
    let checkout = shopify::checkout("in-flight", None, &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    world.settle().await;
    let worse = world.api.upload("/v1/plugins", always_no()).await.ok();
    let back = world.api.post("/v1/plugins/always/rollback", &json!({ "why": "it says no" })).await.ok();
    assert_eq!((&back["stage"], &back["active"]), (&json!("active"), &json!(true)), "{back:#}");
    let left = version(world, &worse["digest"]).await;
    assert_eq!((&left["stage"], &left["why"]), (&json!("installed"), &json!("it says no")));
    world.skip(Span::hours(2)).await;
    assert_eq!(world.inbox().await, ["yes it is"]);
    let further = world.api.post("/v1/plugins/always/rollback", &json!({})).await;
    assert_eq!((further.status, further.problem()), (409, "plugin_stage"));
    let moved = "tests moved";
    assert_eq!(audit(world).await, [moved, moved, moved, moved, moved, "tests uploaded", "tests uploaded"]);
}

async fn s43_a_promotion_and_a_roll_back_hold_on_every_node_at_once(world: &World) {
    upload(world, always_yes()).await;
    world.publish(&asking("always@1")).await;
    // It has decided before, so whatever a node remembers of plugins, it remembers.
    let other = world.another_node();
    let left = async |token: &str| {
        let checkout = shopify::checkout(token, None, &ANA, &[TEAPOT], world.now());
        assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
        other.skip(&*world.clock, Span::hours(2)).await.unwrap();
    };
    left("first").await;
    upload(world, always_no()).await;
    left("second").await;
    world.api.post("/v1/plugins/always/rollback", &json!({})).await.ok();
    left("third").await;
    assert_eq!(world.inbox().await, ["yes it is", "no it is not", "yes it is"]);
}

async fn s43_a_promotion_is_refused_with_the_list_of_what_would_not_be_sound(world: &World) {
    upload(world, always_yes()).await;
    let published = world.publish(&asking("always")).await;
    let checkout = shopify::checkout("waits", None, &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    world.settle().await;
    let refused = world.api.upload("/v1/plugins", demanding()).await;
    assert_eq!((refused.status, refused.problem()), (409, "plugin_breaks_strategies"), "{:#}", refused.body);
    assert_eq!(refused.body["errors"][0]["field"], "strategies.ask.steps.ask.config");
    let plugins = world.api.list("/v1/plugins").await;
    let kept = plugins.iter().find(|plugin| plugin["name"] == "always" && plugin["stage"] == "installed").unwrap();
    let promote = of(&kept["digest"], "/promote");
    let active = json!({ "to": "active" });
    assert_eq!(world.api.post(&promote, &active).await.problem(), "plugin_breaks_strategies");
    // The strategy asks somebody else now, but a run waits in the version before.
    let mut without = asking("always");
    without["steps"]["ask"] = json!({ "kind": "delay", "for": "1h", "next": "said-yes" });
    without["steps"].as_object_mut().unwrap().remove("said-no");
    let strategy = published["id"].as_str().unwrap();
    world.api.put(&format!("/v1/strategies/{strategy}"), &without).await.ok();
    let refused = world.api.post(&promote, &active).await;
    let field = "strategies.ask (version 1, in which runs wait).steps.ask.config";
    assert_eq!(refused.body["errors"][0]["field"], field, "{:#}", refused.body);
    world.skip(Span::hours(2)).await;
    assert_eq!(world.inbox().await, ["yes it is"]);
    assert_eq!(world.api.post(&promote, &active).await.ok()["stage"], "active");
}

async fn s12_a_canary_that_traps_is_rolled_back_by_itself_and_no_message_is_lost_or_wrong(world: &World) {
    upload(world, always_yes()).await;
    world.publish(&configured("always")).await;
    let canary = world.api.upload("/v1/plugins?stage=canary&percent=99", trapping()).await.ok();
    assert_eq!((&canary["stage"], &canary["percent"]), (&json!("canary"), &json!(99)), "{canary:#}");
    checkouts_are_left(world, 12).await;
    assert_eq!((said(world, "yes it is").await, world.inbox_size().await), (12, 12));
    let left = version(world, &canary["digest"]).await;
    assert_eq!(left["stage"], "installed");
    assert!(left["why"].as_str().unwrap().contains("rolled back"), "{left:#}");
    assert_eq!(audit(world).await[..2], ["circuit breaker breaker_opened", "circuit breaker moved"]);
    let traps = world.api.list(&of(&canary["digest"], "/traps")).await;
    assert!(traps.len() >= 5, "{}", traps.len());
    assert_eq!((&traps[0]["failure"]["problem"], &traps[0]["decision"]["step"]), (&json!("trap"), &json!("ask")));
    let one = world.api.get(&of(&canary["digest"], &format!("/traps/{}", traps[0]["id"].as_str().unwrap()))).await.ok();
    assert_eq!(one, traps[0]);
    let figures = world.api.get(&of(&canary["digest"], "/figures")).await.ok();
    assert_eq!(figures["total"]["failures"]["trap"], figures["total"]["subjects"], "{figures:#}");
    assert_eq!(figures["total"]["calls"], 1);
}

async fn s43_a_canary_decides_for_its_share_and_then_for_all(world: &World) {
    upload(world, always_yes()).await;
    world.publish(&asking("always")).await;
    let canary = world.api.upload("/v1/plugins?stage=canary&percent=50", always_no()).await.ok();
    checkouts_are_left(world, 20).await;
    let (old, new) = (said(world, "yes it is").await, said(world, "no it is not").await);
    assert!(old > 2 && new > 2 && old + new == 20, "{old} {new}");
    world.api.post(&of(&canary["digest"], "/promote"), &json!({ "to": "active" })).await.ok();
    let one = shopify::checkout("one more", None, &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &one).await, 200);
    world.skip(Span::hours(1)).await;
    assert_eq!(said(world, "no it is not").await, new + 1);
    let twice = world.api.post(&of(&canary["digest"], "/promote"), &json!({ "to": "canary" })).await;
    assert_eq!((twice.status, &twice.body["errors"][0]["field"]), (422, &json!("percent")));
}

async fn s43_a_shadow_is_asked_about_everybody_and_changes_nothing(world: &World) {
    upload(world, always_no()).await;
    world.publish(&configured("always")).await;
    let shadow = world.api.upload("/v1/plugins?stage=shadow", reading()).await.ok();
    assert_eq!((&shadow["stage"], &shadow["then"]["stage"]), (&json!("waiting"), &json!("shadow")), "{shadow:#}");
    let granted = world.api.post(&of(&shadow["digest"], "/grants"), &shadow["asks"]).await.ok();
    assert_eq!(granted["stage"], "shadow");
    checkouts_are_left(world, 3).await;
    assert_eq!((said(world, "no it is not").await, world.inbox_size().await), (3, 3));
    let differences = world.api.list(&of(&shadow["digest"], "/differences")).await;
    assert_eq!(differences.len(), 3);
    let (active, other) = (&differences[0]["active"], &differences[0]["shadow"]);
    assert_eq!(active["answer"]["decided"]["branch"]["branch"], "no");
    assert_eq!(other["answer"]["decided"]["branch"]["branch"], "yes");
    assert_eq!((&active["run"], &active["now"]), (&other["run"], &other["now"]));
    assert_eq!(other["facts"], json!([{ "fact": "orders.count", "value": "0" }]));
    assert_eq!(other["digest"], shadow["digest"]);
    // One that traps harms nobody either.
    let worse = world.api.upload("/v1/plugins?stage=shadow", trapping()).await.ok();
    world.api.post(&of(&shadow["digest"], "/promote"), &json!({ "to": "retired" })).await.ok();
    let one = shopify::checkout("one more", None, &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &one).await, 200);
    world.skip(Span::hours(1)).await;
    assert_eq!(said(world, "no it is not").await, 4);
    let differences = world.api.list(&of(&worse["digest"], "/differences")).await;
    assert_eq!(differences[0]["shadow"]["answer"]["failed"]["problem"], "trap");
    assert_eq!(version(world, &worse["digest"]).await["stage"], "shadow");
}

async fn s13_a_circuit_breaker_opens_holds_and_closes_with_a_good_probe(world: &World) {
    let well_again = world.now() + Span::hours(1) + Span::seconds(90);
    let plugin = world.api.upload("/v1/plugins", trapping_until(well_again)).await.ok();
    world.publish(&configured("always")).await;
    checkouts_are_left(world, 8).await;
    // Five took the branch for errors, and from there on everybody holds.
    assert_eq!((said(world, "no it is not").await, world.inbox_size().await), (5, 5));
    let open = &version(world, &plugin["digest"]).await["breaker"]["open"];
    assert_eq!((&open["failures"], &open["subjects"]), (&json!(5), &json!(5)), "{open:#}");
    let waiting = world.api.list("/v1/runs?active=true").await;
    assert_eq!(waiting.len(), 3);
    let trace = world.api.list(&format!("/v1/runs/{}/trace", waiting[0]["id"].as_str().unwrap())).await;
    let held = trace.last().unwrap();
    assert!(held["problem"].as_str().unwrap().starts_with("held: its circuit breaker is open"), "{held:#}");
    // The first probe still traps, the second is answered.
    world.skip(Span::seconds(61)).await;
    assert_eq!(world.inbox_size().await, 5);
    world.skip(Span::minutes(2)).await;
    assert_eq!((said(world, "yes it is").await, world.inbox_size().await), (3, 8));
    assert_eq!(version(world, &plugin["digest"]).await["breaker"].get("open"), None);
    assert_eq!(audit(world).await[..2], ["circuit breaker breaker_closed", "circuit breaker breaker_opened"]);
}

async fn s12_a_plugin_that_is_stopped_holds_its_runs_until_it_goes_on(world: &World) {
    let plugin = world.api.upload("/v1/plugins", always_yes()).await.ok();
    world.publish(&asking("always")).await;
    let unexplained = world.api.post("/v1/plugins/always/kill", &json!({ "why": " " })).await;
    assert_eq!((unexplained.status, unexplained.problem()), (422, "invalid_request"));
    world.api.post("/v1/plugins/always/kill", &json!({ "why": "it writes nonsense" })).await.ok();
    checkouts_are_left(world, 2).await;
    assert_eq!(world.inbox_size().await, 0);
    let killed = &version(world, &plugin["digest"]).await["killed"];
    assert_eq!((&killed["by"], &killed["why"]), (&json!("tests"), &json!("it writes nonsense")));
    let run = &world.api.list("/v1/runs?active=true").await[0];
    let trace = world.api.list(&format!("/v1/runs/{}/trace", run["id"].as_str().unwrap())).await;
    assert!(trace.last().unwrap()["problem"].as_str().unwrap().contains("it writes nonsense"), "{trace:#?}");
    world.skip(Span::minutes(10)).await;
    let later = world.api.list(&format!("/v1/runs/{}/trace", run["id"].as_str().unwrap())).await;
    assert_eq!(later.len(), trace.len(), "it is told once, not at every look");
    world.api.post("/v1/plugins/always/revive", &json!({})).await.ok();
    world.skip(Span::minutes(1)).await;
    assert_eq!(world.inbox().await, ["yes it is", "yes it is"]);
    assert_eq!(audit(world).await, ["tests killed", "tests moved", "tests revived", "tests uploaded"]);
    assert_eq!(world.api.post("/v1/plugins/nobody/kill", &json!({ "why": "x" })).await.status, 404);
}

async fn s42_an_operator_changes_limits_within_bounds(world: &World) {
    let plugin = world.api.upload("/v1/plugins", always_yes()).await.ok();
    let limits = of(&plugin["digest"], "/limits");
    let changed = world.api.put(&limits, &json!({ "call_ms": 20, "log_lines": 5 })).await.ok();
    assert_eq!(changed["limits"], json!({ "call_ms": 20, "log_lines": 5 }));
    assert_eq!(version(world, &plugin["digest"]).await["limits"], changed["limits"]);
    let beyond = world.api.put(&limits, &json!({ "memory_mib": 100_000 })).await;
    assert_eq!((beyond.status, &beyond.body["errors"][0]["field"]), (422, &json!("memory_mib")));
    assert_eq!(world.api.put(&limits, &json!({ "wishes": 3 })).await.status, 422);
    let usual = world.api.put(&limits, &json!({})).await.ok();
    assert_eq!(usual.get("limits"), None);
}

async fn a_decision_is_told_with_everything_it_was_made_on(world: &World) {
    let plugin = world.api.upload("/v1/plugins", reading()).await.ok();
    world.api.post(&of(&plugin["digest"], "/grants"), &plugin["asks"]).await.ok();
    world.publish(&asking("always")).await;
    checkouts_are_left(world, 1).await;
    let run = world.run().await;
    // One decision is one line, and so one document.
    let decision = world.api.get(&format!("/v1/runs/{}/decisions", run["id"].as_str().unwrap())).await.ok();
    assert_eq!(decision["answer"], json!({ "decided": { "branch": { "branch": "yes", "reason": null } } }));
    assert_eq!(decision["facts"], json!([{ "fact": "orders.count", "value": "0" }]));
    assert_eq!((&decision["digest"], &decision["config"]), (&plugin["digest"], &json!({})));
    assert_eq!((&decision["run"], &decision["step"]), (&run["id"], &json!("ask")));
    assert_eq!(world.api.get(&of(&plugin["digest"], "/decisions?limit=5")).await.ok(), decision);
    assert_eq!(world.api.get(&of(&plugin["digest"], "/decisions?limit=0")).await.status, 400);
}

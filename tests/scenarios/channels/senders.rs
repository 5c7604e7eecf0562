//! Senders of a channel, here numbers of one WhatsApp account: which one a message goes by, how fast, and what becomes
//! of it while one is held.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_testkit::whatsapp::PHONE_NUMBER_ID;
use cartwright_tests::{Reply, World, on_both_databases};
use serde_json::{Value, json};

use super::crowd;
use crate::whatsapp;

on_both_databases!(
    s22_a_sender_is_given_no_more_than_its_rate_in_any_second,
    s23_a_refused_sender_gives_way_to_the_next_and_people_are_told,
    s27_what_waits_for_a_held_sender_goes_once_somebody_has_released_it,
    s23_a_limited_sender_rests_until_the_providers_own_instant,
    s28_a_newer_version_s_sender_takes_what_still_waits,
    a_sender_that_is_wrong_is_refused_with_its_place,
    a_sender_that_a_strategy_at_work_names_stays,
);

const ACORN: &str = "105500000000002";

/// A shop with two numbers, `acorn` and `oak`; the second is the channel's own.
async fn two_numbers(world: &World, answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Provider {
    let provider = Provider::deciding(answer).await;
    whatsapp::connect(world, &provider).await;
    has_senders(world, json!([acorn(), { "name": "oak" }])).await.ok();
    provider
}

fn acorn() -> Value {
    json!({ "name": "acorn", "config": { "phone_number_id": ACORN } })
}

async fn has_senders(world: &World, senders: Value) -> Reply {
    let mut channel = world.api.get("/v1/channels/whatsapp").await.ok();
    let (plugin, config, grants) = (channel["plugin"].take(), channel["config"].take(), channel["grants"].take());
    let settings = json!({ "plugin": plugin, "config": config, "grants": grants, "senders": senders });
    world.api.put("/v1/channels/whatsapp", &settings).await
}

async fn sender(world: &World, name: &str) -> Value {
    let channel = world.api.get("/v1/channels/whatsapp").await.ok();
    channel["senders"].as_array().unwrap().iter().find(|sender| sender["name"] == name).unwrap().clone()
}

/// The reminder over the senders that are named.
fn reminder_by(senders: Value) -> Value {
    let mut strategy = whatsapp::reminder();
    strategy["policies"] = json!({ "senders": { "whatsapp": senders } });
    strategy
}

fn takes(request: &Received) -> Answer {
    Answer::wamid(&format!("wamid.{}", request.json()["biz_opaque_callback_data"].as_str().unwrap()))
}

fn is_of_acorn(request: &Received) -> bool {
    request.path.contains(ACORN)
}

fn locked() -> Answer {
    Answer::graph_error(400, 131_031, "Business account has been locked")
}

async fn s22_a_sender_is_given_no_more_than_its_rate_in_any_second(world: &World) {
    let provider = two_numbers(world, takes).await;
    has_senders(world, json!([{ "name": "oak", "rate_per_second": 2 }])).await.ok();
    world.publish(&whatsapp::reminder()).await;
    crowd::leaves_carts(world, 5).await;
    let mut after = Vec::new();
    for millis in [0, 999, 1, 999, 1] {
        world.skip(Span::from_millis(millis)).await;
        after.push(provider.received().len());
    }
    assert_eq!(after, [2, 2, 4, 4, 5]);
    for message in crowd::messages(world, 5).await {
        assert_eq!((&message["state"], &message["sender"]), (&json!("accepted"), &json!("oak")));
        assert_eq!(message["attempts"], 1, "nothing was handed over to wait at the provider");
    }
    world.assert_sound().await;
}

async fn s23_a_refused_sender_gives_way_to_the_next_and_people_are_told(world: &World) {
    let provider = two_numbers(world, |request| if is_of_acorn(request) { locked() } else { takes(request) }).await;
    world.publish(&reminder_by(json!(["acorn", "oak"]))).await;
    crowd::leaves_carts(world, 1).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["sender"]), (&json!("accepted"), &json!("oak")));
    let [first, second] = <[Received; 2]>::try_from(provider.received()).unwrap();
    assert!(is_of_acorn(&first) && second.path.contains(PHONE_NUMBER_ID), "{} {}", first.path, second.path);
    let held = sender(world, "acorn").await;
    assert_eq!(held["held"]["reason"], "sender_policy");
    assert!(sender(world, "oak").await["held"].is_null());
    assert!(world.api.get("/v1/channels/whatsapp").await.ok()["held"].is_null());
    let held_of_the_strategy = async || world.api.list("/v1/strategies").await.remove(0)["held"].take();
    assert_eq!(held_of_the_strategy().await, json!({}), "the other goes");
    let [alert] = &world.api.list("/v1/alerts").await[..] else { panic!("one incident") };
    assert_eq!((&alert["cause"], &alert["about"]), (&json!("sender_held"), &json!("acorn on whatsapp")));
    assert!(alert["next_step"].as_str().unwrap().contains("release the sender"), "{alert:#}");
    assert_eq!(world.api.post("/v1/channels/whatsapp/senders/elm/release", &json!({})).await.status, 404);
    world.skip(Span::minutes(11)).await;
    assert!(world.api.list("/v1/alerts").await[0]["closed_at"].is_null(), "it stands as long as the hold does");
    let channel = world.api.post("/v1/channels/whatsapp/senders/acorn/release", &json!({})).await.ok();
    assert!(channel["senders"][0]["held"].is_null(), "{channel:#}");
    world.settle().await;
    assert_eq!(world.api.list("/v1/alerts").await[0]["closed_at"], json!(world.now()));
}

async fn s27_what_waits_for_a_held_sender_goes_once_somebody_has_released_it(world: &World) {
    let provider = two_numbers(world, takes).await;
    provider.then(locked());
    world.publish(&reminder_by(json!(["acorn"]))).await;
    crowd::leaves_carts(world, 1).await;
    world.skip(Span::hours(2)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["reason"]), (&json!("held"), &json!("sender_policy")));
    assert_eq!(provider.received().len(), 1, "nobody is asked while it is held");
    // Settings say nothing of what is held.
    has_senders(world, json!([acorn(), { "name": "oak" }])).await.ok();
    world.skip(Span::minutes(2)).await;
    assert_eq!(world.message().await["state"], "held");
    world.api.post("/v1/channels/whatsapp/senders/acorn/release", &json!({})).await.ok();
    world.skip(Span::minutes(1)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["sender"]), (&json!("accepted"), &json!("acorn")));
    assert!(provider.received().iter().all(is_of_acorn));
}

async fn s23_a_limited_sender_rests_until_the_providers_own_instant(world: &World) {
    let provider = two_numbers(world, takes).await;
    provider.then(Answer::too_many(90));
    world.publish(&reminder_by(json!(["acorn", "oak"]))).await;
    crowd::leaves_carts(world, 1).await;
    let waits = sender(world, "acorn").await;
    assert_eq!(waits["waits_until"], json!(world.now() + Span::seconds(90)));
    assert!(waits["held"].is_null() && world.api.list("/v1/alerts").await.is_empty(), "time puts that right");
    world.skip(Span::seconds(89)).await;
    assert_eq!(provider.received().len(), 1);
    world.skip(Span::seconds(1)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["sender"]), (&json!("accepted"), &json!("acorn")));
    assert!(provider.received().iter().all(is_of_acorn), "a message stays with its sender");
}

async fn s28_a_newer_version_s_sender_takes_what_still_waits(world: &World) {
    let provider = two_numbers(world, takes).await;
    let published = world.publish(&reminder_by(json!(["acorn"]))).await;
    provider.then(locked());
    crowd::leaves_carts(world, 1).await;
    assert_eq!(world.message().await["state"], "held");
    let strategy = format!("/v1/strategies/{}", published["id"].as_str().unwrap());
    world.api.put(&strategy, &reminder_by(json!(["oak"]))).await.ok();
    world.skip(Span::minutes(1)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["sender"]), (&json!("accepted"), &json!("oak")));
}

async fn a_sender_that_is_wrong_is_refused_with_its_place(world: &World) {
    let _provider = two_numbers(world, takes).await;
    let faults = async |senders: Value| {
        let refused = has_senders(world, senders).await;
        assert_eq!((refused.status, refused.problem()), (422, "connection_faults"), "{:#}", refused.body);
        let errors = refused.body["errors"].as_array().unwrap().iter();
        errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(faults(json!([acorn(), acorn()])).await, ["senders[1].name"]);
    assert_eq!(faults(json!([{ "name": "our shop" }])).await, ["senders[0].name"]);
    assert_eq!(faults(json!([{ "name": "a", "rate_per_second": 0 }])).await, ["senders[0].rate_per_second"]);
    let twice = json!([{ "name": "a", "default": true }, { "name": "b", "default": true }]);
    assert_eq!(faults(twice).await, ["senders[1].default"]);
    assert_eq!(faults(json!([{ "name": "a", "config": { "phone_number_id": "+49" } }])).await, ["senders[0].config"]);
    // Another host is another grant.
    let elsewhere = json!([{ "name": "a", "config": { "endpoint": "https://elsewhere.example" } }]);
    assert_eq!(faults(elsewhere).await, ["senders[0].config"]);
    let refused = world.api.post("/v1/strategies", &reminder_by(json!(["oak", "elm"]))).await;
    assert_eq!(refused.body["errors"][0]["field"], "policies.senders.whatsapp[1]", "{:#}", refused.body);
    let mut source = world.api.get("/v1/sources/shopify").await.ok();
    let settings =
        json!({ "plugin": source["plugin"].take(), "grants": source["grants"].take(), "senders": [acorn()] });
    let refused = world.api.put("/v1/sources/shopify", &settings).await;
    assert_eq!(refused.body["errors"][0]["field"], "senders", "{:#}", refused.body);
}

async fn a_sender_that_a_strategy_at_work_names_stays(world: &World) {
    let _provider = two_numbers(world, takes).await;
    let published = world.publish(&reminder_by(json!(["acorn"]))).await;
    let listed = world.api.list("/v1/strategies").await;
    assert_eq!(listed[0]["senders"], json!({ "whatsapp": ["acorn"] }));
    let refused = has_senders(world, json!([{ "name": "oak" }])).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("senders")), "{:#}", refused.body);
    let strategy = format!("/v1/strategies/{}", published["id"].as_str().unwrap());
    world.api.put(&strategy, &whatsapp::reminder()).await.ok();
    assert_eq!(world.api.list("/v1/strategies").await[0]["senders"], json!({ "whatsapp": ["acorn"] }), "the default");
    has_senders(world, json!([{ "name": "oak" }])).await.ok();
    assert_eq!(world.api.list("/v1/strategies").await[0]["senders"], json!({ "whatsapp": ["oak"] }));
    has_senders(world, json!([])).await.ok();
    assert_eq!(world.api.list("/v1/strategies").await[0]["senders"], json!({}));
}

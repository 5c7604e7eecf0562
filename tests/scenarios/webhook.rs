//! A server of the shop's own is asked: what arrives is signed as Standard Webhooks says, and what it answers decides.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, node, on_both_databases};
use serde_json::{Value, json};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const FORMER_KEY: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

on_both_databases!(
    a_public_library_takes_the_signature_and_no_flipped_byte,
    while_a_key_is_replaced_both_sign,
    an_answer_decides_and_is_written_to_the_customer,
    an_answer_that_is_too_long_is_not_kept,
    s22_what_nobody_answered_is_asked_again_under_the_same_id,
    s23_a_server_that_is_gone_holds_the_channel_until_it_is_put_right,
    s23_a_refusal_takes_the_other_way,
    s41_no_private_address_is_asked,
);

/// A shop that asks what a cart is worth to it before it writes.
async fn scoring(world: &World, endpoint: &str, secrets: Value) {
    world.install("webhook").await;
    world.connect("channels", "scoring", "webhook", json!({ "endpoint": endpoint }), secrets).await;
    let text = "You get {{ step.score.offer }} % off, {{ step.score.nobody | default: 'dear' }} {{ user_name }}";
    world
        .publish(&json!({
            "name": "Scored",
            "trigger": { "on": "cart", "next": "score" },
            "steps": {
                "score": { "kind": "webhook", "channel": "scoring", "facts": ["contact", "cart"],
                           "answered": "judge", "failed": "closed" },
                "judge": { "kind": "condition", "branches": { "yes": "offer", "no": "done", "unknown": "odd" }, "rule": {
                           "combinator": "and", "rules": [{ "field": "step.score.offer", "operator": ">", "value": 0 }] } },
                "offer": { "kind": "message", "channel": "inbox", "content": "offer", "next": "done" },
                "odd": { "kind": "message", "channel": "inbox", "content": "odd", "next": "done" },
                "closed": { "kind": "message", "channel": "inbox", "content": "closed", "next": "done" },
                "done": { "kind": "exit" },
            },
            "contents": [content("offer", text), content("odd", "odd"), content("closed", "closed")],
        }))
        .await;
}

fn content(name: &str, text: &str) -> Value {
    json!({ "name": name, "variants": [{ "channel": "inbox", "body": { "text": text } }] })
}

/// Ana has left a teapot behind, four hours ago.
async fn left_cart(world: &World) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(4)).await;
}

/// The whole story before a server.
async fn played(world: &World, answer: Answer) -> Provider {
    let server = Provider::start(answer).await;
    scoring(world, &format!("{}/score?shop=7", server.url()), json!({ "signing_key": KEY })).await;
    left_cart(world).await;
    server
}

/// What the library standardwebhooks has against a request (`tests/npm/standard-webhook.mjs`); none without npm.
fn refused(world: &World, key: &str, request: &Received, body: &str) -> Option<Value> {
    let header = |name: &str| request.header(name).unwrap();
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: Value = names.into_iter().map(|name| (name.to_owned(), json!(header(name)))).collect();
    let asked = json!({ "secret": key, "now": world.now().millis() / 1_000, "headers": headers, "body": body });
    Some(node::ask("standard-webhook.mjs", &asked)?["refused"].clone())
}

async fn webhook(world: &World) -> Value {
    world.messages().await.into_iter().find(|message| message["step"] == "score").unwrap()
}

async fn a_public_library_takes_the_signature_and_no_flipped_byte(world: &World) {
    let server = played(world, Answer::reply(200, json!({ "offer": 10 }))).await;
    let [request] = <[Received; 1]>::try_from(server.received()).unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/score?shop=7"));
    assert_eq!(request.header("webhook-id").unwrap(), webhook(world).await["id"]);
    let body = String::from_utf8(request.body.clone()).unwrap();
    let Some(taken) = refused(world, KEY, &request, &body) else { return };
    assert_eq!(taken, Value::Null);
    let flipped = body.replacen("Copper", "Bopper", 1);
    assert_ne!(flipped, body);
    assert_eq!(refused(world, KEY, &request, &flipped), Some(json!("No matching signature found")));
    assert_eq!(refused(world, FORMER_KEY, &request, &body), Some(json!("No matching signature found")));
}

async fn while_a_key_is_replaced_both_sign(world: &World) {
    let server = Provider::start(Answer::reply(200, json!({}))).await;
    let secrets = json!({ "signing_key": KEY, "former_signing_key": FORMER_KEY });
    scoring(world, &server.url(), secrets).await;
    left_cart(world).await;
    let [request] = <[Received; 1]>::try_from(server.received()).unwrap();
    assert_eq!(request.header("webhook-signature").unwrap().split(' ').count(), 2);
    let body = String::from_utf8(request.body.clone()).unwrap();
    for key in [KEY, FORMER_KEY] {
        let Some(refused) = refused(world, key, &request, &body) else { return };
        assert_eq!(refused, Value::Null, "{key}");
    }
}

async fn an_answer_decides_and_is_written_to_the_customer(world: &World) {
    let server = played(world, Answer::reply(200, json!({ "offer": 15 }))).await;
    let [request] = <[Received; 1]>::try_from(server.received()).unwrap();
    let said = request.json();
    let run = world.run().await;
    assert_eq!((&said["type"], &said["data"]["run"]["id"]), (&json!("run.webhook"), &run["id"]));
    assert_eq!(said["data"]["customer"]["email"], json!(ANA.email));
    assert_eq!(said["data"]["cart"]["lines"][0]["title"], "Copper teapot");
    assert_eq!(said["data"].get("orders"), None);
    assert_eq!(world.inbox().await, ["You get 15 % off, dear Ana"]);
    assert_eq!(webhook(world).await["answer"], json!({ "offer": 15 }));
    let told = world.trace().await;
    let branch = told.iter().find(|entry| entry["by"] == "webhook").unwrap();
    assert_eq!(branch["branch"], "answered");
    assert_eq!(branch["facts"], json!([{ "fact": "step.score", "value": "{\"offer\":15}" }]));
    // It is no message of anybody's: reports know of one.
    let report = world.api.get("/v1/reports/messages?from=2026-11-01&to=2026-11-30").await.ok();
    assert_eq!(report["total"]["considered"], 1);
}

async fn an_answer_that_is_too_long_is_not_kept(world: &World) {
    played(world, Answer::reply(200, json!({ "offer": 5, "more": "a".repeat(64 * 1024) }))).await;
    assert_eq!(world.inbox().await, ["odd"]);
    assert_eq!((&webhook(world).await["state"], webhook(world).await.get("answer")), (&json!("accepted"), None));
    let told = world.trace().await;
    let why =
        told.iter().find(|entry| entry["state"] == "answer_not_kept").unwrap()["why"].as_str().unwrap().to_owned();
    assert!(why.ends_with("bytes, and the limit is 65536"), "{why}");
}

async fn s22_what_nobody_answered_is_asked_again_under_the_same_id(world: &World) {
    let server = Provider::start(Answer::reply(200, json!({ "offer": 5 }))).await;
    server.then(Answer::Reset);
    server.then(Answer::reply(503, json!({})));
    scoring(world, &server.url(), json!({ "signing_key": KEY })).await;
    left_cart(world).await;
    assert_eq!(server.received().len(), 1);
    assert!(world.inbox().await.is_empty(), "the run waits for its answer");
    world.skip(Span::minutes(5)).await;
    let received = server.received();
    assert_eq!(received.len(), 3);
    let same = |what: &dyn Fn(&Received) -> Vec<u8>| received.iter().all(|one| what(one) == what(&received[0]));
    assert!(same(&|one| one.header("webhook-id").unwrap().into()) && same(&|one| one.body.clone()));
    assert!(!same(&|one| one.header("webhook-timestamp").unwrap().into()));
    assert_eq!(world.inbox().await, ["You get 5 % off, dear Ana"]);
}

async fn s23_a_server_that_is_gone_holds_the_channel_until_it_is_put_right(world: &World) {
    let server = played(world, Answer::reply(410, json!({}))).await;
    world.skip(Span::hours(1)).await;
    assert_eq!((server.received().len(), webhook(world).await["state"].clone()), (1, json!("held")));
    let channel = world.api.get("/v1/channels/scoring").await.ok();
    assert_eq!(channel["held"]["reason"], "sender_policy");
    assert!(channel["held"]["words"].as_str().unwrap().contains("410 Gone"), "{channel}");
    server.then(Answer::reply(200, json!({ "offer": 5 })));
    world.api.post("/v1/channels/scoring/release", &json!({})).await.ok();
    world.skip(Span::minutes(2)).await;
    assert_eq!(world.inbox().await, ["You get 5 % off, dear Ana"]);
}

async fn s23_a_refusal_takes_the_other_way(world: &World) {
    let server = played(world, Answer::reply(422, json!({ "offer": 5 }))).await;
    assert_eq!((server.received().len(), world.inbox().await), (1, vec!["closed".to_owned()]));
    assert_eq!(webhook(world).await.get("answer"), None);
}

async fn s41_no_private_address_is_asked(world: &World) {
    scoring(world, "https://10.1.2.3/score", json!({ "signing_key": KEY })).await;
    left_cart(world).await;
    assert_eq!(world.inbox().await, ["closed"]);
    let words = webhook(world).await["last_answer"]["text"].as_str().unwrap().to_owned();
    assert!(words.contains("10.1.2.3"), "{words}");
}

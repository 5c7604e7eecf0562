//! SMS over SMSAPI, the one provider that undoes repetitions.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::ANA;
use cartwright_tests::{World, node, on_both_databases};
use serde_json::{Value, json};

use super::{Shipped, only};

const ID: &str = "1460969715572091219";

on_both_databases!(
    the_request_is_the_one_that_smsapis_library_sends,
    a_report_comes_as_a_get_and_is_answered_ok,
    s22_what_is_sent_again_went_out_once,
    s23_no_points_hold_the_channel_until_there_are_some,
);

async fn left_cart(world: &World, answer: Answer) -> (Provider, String) {
    let provider = Provider::start(answer).await;
    let sms = Shipped {
        file: "smsapi",
        channel: "sms",
        config: json!({ "sender": "Acorn", "endpoint": provider.url() }),
        secrets: json!({ "token": "t0ken", "callback_key": "k3y" }),
    };
    let webhook = sms.reminds(world, json!({ "text": "{{ user_name }}, your {{ product.title }} is waiting" })).await;
    (provider, webhook)
}

fn taken() -> Answer {
    let message = json!({ "id": ID, "points": 0.165, "number": "4915112345678", "status": "QUEUE", "error": null });
    Answer::reply(200, json!({ "count": 1, "list": [message] }))
}

async fn the_request_is_the_one_that_smsapis_library_sends(world: &World) {
    let (provider, webhook) = left_cart(world, taken()).await;
    let ours = only(&provider);
    let details = json!({
        "from": "Acorn", "idx": world.message().await["id"], "check_idx": true, "max_parts": 6,
        "notify_url": format!("{webhook}?key=k3y"),
    });
    let asked = json!({
        "token": "t0ken", "to": ANA.phone.unwrap().trim_start_matches('+'), "text": "Ana, your Copper teapot is waiting",
        "details": details,
    });
    let Some(theirs) = node::ask("smsapi.mjs", &asked) else { return };
    assert_eq!((json!(ours.method), json!(ours.path)), (theirs["method"].clone(), theirs["path"].clone()));
    assert_eq!(ours.header("authorization"), theirs["headers"]["authorization"].as_str());
    assert_eq!(ours.json(), serde_json::from_str::<Value>(theirs["body"].as_str().unwrap()).unwrap());
}

async fn a_report_comes_as_a_get_and_is_answered_ok(world: &World) {
    let (_provider, webhook) = left_cart(world, taken()).await;
    let message = world.message().await["id"].as_str().unwrap().to_owned();
    let at = world.now().millis() / 1_000;
    let report = |key: &str| {
        format!(
            "{webhook}?key={key}&MsgId={ID}&status=404&status_name=DELIVERED&idx={message}&donedate={at}&points=0.165"
        )
    };
    assert_eq!(world.api.fetch(&report("guessed")).await.0, 401);
    assert_eq!(world.message().await["receipt"], Value::Null);
    for _ in 0..2 {
        assert_eq!(world.api.fetch(&report("k3y")).await, (200, "OK".to_owned()));
        world.settle().await;
        assert_eq!(world.message().await["receipt"], "delivered");
    }
}

async fn s22_what_is_sent_again_went_out_once(world: &World) {
    let (provider, _) =
        left_cart(world, Answer::reply(200, json!({ "error": 201, "message": "Internal error" }))).await;
    provider.then(Answer::reply(200, json!({ "error": 53, "message": "Not unique idx parameter" })));
    world.skip(Span::minutes(2)).await;
    let sent: Vec<Value> = provider.received().iter().map(|request| request.json()["idx"].clone()).collect();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]));
    assert_eq!(world.message().await["state"], "accepted");
}

async fn s23_no_points_hold_the_channel_until_there_are_some(world: &World) {
    let (provider, _) = left_cart(world, Answer::reply(200, json!({ "error": 103, "message": "No points" }))).await;
    assert_eq!(world.message().await["state"], "held");
    assert_eq!(world.api.get("/v1/channels/sms").await.ok()["held"]["reason"], "billing");
    provider.then(taken());
    world.api.post("/v1/channels/sms/release", &json!({})).await.ok();
    world.skip(Span::minutes(2)).await;
    assert_eq!(world.message().await["state"], "accepted");
}

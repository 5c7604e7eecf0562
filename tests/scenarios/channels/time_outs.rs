//! A provider takes the whole request and says nothing until our time for it is over: nobody knows whether it acted, so
//! the message is `uncertain` and is never sent again, except where sending twice is harmless (S22).

use std::sync::Mutex;

use cartwright_domain::time::Span;
use cartwright_testkit::provider::Answer;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use super::crowd;
use super::played::{self, Played};

on_both_databases!(
    s22_a_time_out_of_whatsapp_is_uncertain,
    s22_a_time_out_of_twilio_is_uncertain,
    s22_a_time_out_of_sendgrid_is_uncertain,
    s22_a_time_out_of_zalo_is_uncertain,
    s22_a_time_out_of_messenger_is_uncertain,
    s22_a_time_out_of_slack_is_uncertain,
    s22_after_a_time_out_smsapi_is_asked_again_under_the_same_idx,
    s22_after_a_time_out_a_webhook_is_asked_again_under_the_same_id,
);

/// What an operator allows the channel for a request here; the time that each of these tests really takes.
const REQUEST_S: u32 = 2;

/// The provider is silent at its first message; the requests that sent it, and where it stands before and after two days.
async fn falls_silent(world: &World, mut played: Played) -> (Vec<Value>, [Value; 2]) {
    let taken = played.taken;
    let first = Mutex::new(true);
    let provider = played::provider(1, move |place| match std::mem::take(&mut *first.lock().unwrap()) {
        true => Answer::Silence,
        false => taken(place),
    })
    .await;
    played.begins(world, &provider).await;
    world.limit(&played.channel.file.replace('_', "-"), &json!({ "request_s": REQUEST_S })).await;
    crowd::leaves_carts(world, 1).await;
    let before = world.message().await;
    world.skip(Span::days(2)).await;
    let sent = provider.received().into_iter().filter(|request| crowd::place_of(request, 1).is_some());
    (sent.map(|request| request.json()).collect(), [before, world.message().await])
}

async fn is_uncertain(world: &World, played: Played) {
    let (sent, stands) = falls_silent(world, played).await;
    assert_eq!(sent.len(), 1);
    for message in stands {
        assert_eq!((&message["state"], &message["attempts"]), (&json!("uncertain"), &json!(1)), "{message:#}");
        let words = message["last_answer"]["text"].as_str().unwrap();
        assert!(words.contains("2000 ms"), "{words}");
    }
    assert_eq!(world.run().await["position"]["reason"], "completed");
    let total = world.api.get("/v1/reports/messages").await.ok()["total"].clone();
    let counted = u32::from(world.message().await["purpose"] == "marketing");
    assert_eq!((&total["uncertain"], &total["accepted"]), (&json!(counted), &json!(0)), "{total:#}");
}

async fn s22_a_time_out_of_whatsapp_is_uncertain(world: &World) {
    is_uncertain(world, played::whatsapp()).await;
}

async fn s22_a_time_out_of_twilio_is_uncertain(world: &World) {
    is_uncertain(world, played::twilio()).await;
}

async fn s22_a_time_out_of_sendgrid_is_uncertain(world: &World) {
    is_uncertain(world, played::sendgrid()).await;
}

async fn s22_a_time_out_of_zalo_is_uncertain(world: &World) {
    is_uncertain(world, played::zalo()).await;
}

async fn s22_a_time_out_of_messenger_is_uncertain(world: &World) {
    is_uncertain(world, played::messenger()).await;
}

async fn s22_a_time_out_of_slack_is_uncertain(world: &World) {
    is_uncertain(world, played::slack()).await;
}

async fn s22_after_a_time_out_smsapi_is_asked_again_under_the_same_idx(world: &World) {
    let (sent, [_, last]) = falls_silent(world, played::smsapi()).await;
    assert_eq!(sent.len(), 2);
    assert_eq!((&sent[0]["idx"], &sent[1]["idx"]), (&last["id"], &last["id"]));
    assert_eq!((&last["state"], &last["attempts"]), (&json!("accepted"), &json!(2)), "{last:#}");
}

/// The shop's own server, asked by a webhook step.
async fn s22_after_a_time_out_a_webhook_is_asked_again_under_the_same_id(world: &World) {
    let first = Mutex::new(true);
    let server = played::provider(1, move |_| match std::mem::take(&mut *first.lock().unwrap()) {
        true => Answer::Silence,
        false => Answer::reply(200, json!({ "offer": 10 })),
    })
    .await;
    world.install("webhook").await;
    let secrets = json!({ "signing_key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
    world.connect("channels", "scoring", "webhook", json!({ "endpoint": server.url() }), secrets).await;
    world.limit("webhook", &json!({ "request_s": REQUEST_S })).await;
    let strategy = json!({
        "name": "Scored",
        "trigger": { "on": "cart", "next": "score" },
        "steps": {
            "score": { "kind": "webhook", "channel": "scoring", "facts": ["contact"], "answered": "done", "failed": "done" },
            "done": { "kind": "exit" },
        },
    });
    world.publish(&strategy).await;
    crowd::leaves_carts(world, 1).await;
    world.skip(Span::hours(1)).await;
    let ids: Vec<_> = server.received().iter().map(|request| request.header("webhook-id").map(str::to_owned)).collect();
    let message = world.message().await;
    assert_eq!(ids, vec![message["id"].as_str().map(str::to_owned); 2]);
    assert_eq!(message["state"], "accepted", "{message:#}");
}

//! Facebook Messenger, as far as a step can name whom it writes to.

use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::whatsapp::hex_signature;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use super::{Shipped, left_cart, only, tells};

on_both_databases!(
    a_message_goes_to_the_person_and_its_delivery_comes_back,
    s23_outside_of_the_window_the_message_ends,
);

const APP_SECRET: &str = "hush-this-signs-events";

/// A person at the shop is told over Messenger; the address of the channel's webhooks.
async fn notice(world: &World, answer: Answer) -> (Provider, String) {
    let provider = Provider::start(answer).await;
    let secrets = json!({ "page_token": "EAAtoken", "app_secret": APP_SECRET, "verify_token": "any" });
    let config = json!({ "page_id": "106540352242922", "endpoint": provider.url() });
    let channel = Shipped { file: "messenger", channel: "messenger", config, secrets };
    let webhook = channel.connect(world).await;
    world.publish(&channel.notice("5010", &json!({ "text": "{{ user_name }}" }))).await;
    left_cart(world).await;
    (provider, webhook)
}

async fn a_message_goes_to_the_person_and_its_delivery_comes_back(world: &World) {
    let taken = json!({ "recipient_id": "5010", "message_id": "m_1" });
    let (provider, webhook) = notice(world, Answer::reply(200, taken)).await;
    let request = only(&provider);
    assert_eq!(request.path, "/v23.0/106540352242922/messages");
    assert_eq!(request.header("authorization"), Some("Bearer EAAtoken"));
    let message = json!({ "recipient": { "id": "5010" }, "messaging_type": "RESPONSE", "message": { "text": "Ana" } });
    assert_eq!(request.json(), message);

    let at = world.now().millis();
    let event =
        json!({ "sender": { "id": "5010" }, "timestamp": at, "delivery": { "mids": ["m_1"], "watermark": at } });
    let told = json!({ "object": "page", "entry": [{ "id": "106540352242922", "messaging": [event] }] }).to_string();
    let signature = format!("sha256={}", hex_signature(APP_SECRET, told.as_bytes()));
    let headers = [("x-hub-signature-256", signature.as_str())];
    assert_eq!(tells(world, &webhook, &headers, &told.replace("m_1", "m_2")).await, 401);
    assert_eq!(world.message().await["receipt"], Value::Null);
    for _ in 0..2 {
        assert_eq!(tells(world, &webhook, &headers, &told).await, 200);
        assert_eq!(world.message().await["receipt"], "delivered");
    }
}

async fn s23_outside_of_the_window_the_message_ends(world: &World) {
    let refusal =
        json!({ "error": { "code": 10, "error_subcode": 2_018_278, "message": "outside of allowed window" } });
    let (provider, _) = notice(world, Answer::reply(400, refusal)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["class"]), (&json!("rejected"), &json!("window_closed")));
    assert_eq!((provider.received().len(), &message["last_answer"]["code"]), (1, &json!("10/2018278")));
}

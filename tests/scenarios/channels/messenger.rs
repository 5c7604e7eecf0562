//! Facebook Messenger: people who write to the page are written to there, and say what they have read.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::whatsapp::hex_signature;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use super::{Shipped, left_cart, only, tells};

on_both_databases!(
    a_message_goes_to_the_person_and_its_delivery_comes_back,
    s23_outside_of_the_window_the_message_ends,
    s10_whoever_writes_to_the_page_is_reminded_there_and_has_read_it,
    outside_of_24_hours_the_skip_says_so_and_whoever_opted_in_is_written_to,
    whoever_comes_by_a_chat_link_is_greeted_there,
);

const APP_SECRET: &str = "hush-this-signs-events";

const PAGE: &str = "106540352242922";
const PERSON: &str = "6612345678901234";

fn page(provider: &Provider) -> Shipped {
    let secrets = json!({ "page_token": "EAAtoken", "app_secret": APP_SECRET, "verify_token": "any" });
    let config = json!({ "page_id": PAGE, "endpoint": provider.url() });
    Shipped { file: "messenger", channel: "messenger", config, secrets }
}

/// A person at the shop is told over Messenger; the address of the channel's webhooks.
async fn notice(world: &World, answer: Answer) -> (Provider, String) {
    let provider = Provider::start(answer).await;
    let channel = page(&provider);
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

/// Meta, which gives each message an id of its own.
async fn meta() -> Provider {
    let taken = std::sync::atomic::AtomicU32::new(1);
    Provider::deciding(move |_| {
        let place = taken.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Answer::reply(200, json!({ "recipient_id": PERSON, "message_id": format!("m_{place}") }))
    })
    .await
}

/// A reminder of a cart over Messenger, to whoever writes there; the address of the channel's webhooks.
async fn reminds(world: &World, provider: &Provider, body: Value) -> String {
    let channel = page(provider);
    let webhook = channel.connect(world).await;
    writes_to_anybody(world).await;
    world.publish(&channel.reminder(body)).await;
    webhook
}

/// Nobody has to say yes to marketing before.
async fn writes_to_anybody(world: &World) {
    let shop = format!("/v1/shops/{}", world.shop());
    world.operator.patch(&shop, &json!({ "unknown_consent_passes": ["messenger"] })).await.ok();
}

/// What Meta tells of a person, as it writes and signs it.
async fn meta_tells(world: &World, webhook: &str, what: Value) {
    let at = world.now().millis();
    let mut event = json!({ "sender": { "id": PERSON }, "recipient": { "id": PAGE }, "timestamp": at });
    event.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    let told = json!({ "object": "page", "entry": [{ "id": PAGE, "time": at, "messaging": [event] }] }).to_string();
    let signature = format!("sha256={}", hex_signature(APP_SECRET, told.as_bytes()));
    assert_eq!(tells(world, webhook, &[("x-hub-signature-256", &signature)], &told).await, 200);
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

async fn says(world: &World, webhook: &str, text: &str) {
    let mid = format!("m_AG5Hz2U{}", world.now().millis());
    meta_tells(world, webhook, json!({ "message": { "mid": mid, "text": text } })).await;
}

/// The shop's own assistant fills a cart for whoever it talks with.
async fn fills_a_cart(world: &World, cart: &str) {
    let line = json!({ "title": "Copper teapot", "quantity": 1 });
    let event = json!({
        "id": format!("{cart}-1"), "type": "cart.updated", "occurred_at": world.now(),
        "subject": { "cart": cart, "anonymous": format!("messenger:{PERSON}") }, "body": { "lines": [line] },
    });
    world.api.post("/v1/events", &event).await.ok();
    world.settle().await;
}

async fn s10_whoever_writes_to_the_page_is_reminded_there_and_has_read_it(world: &World) {
    let provider = meta().await;
    let webhook = reminds(world, &provider, json!({ "text": "Your {{ product.title }} is waiting" })).await;
    says(world, &webhook, "Do you have teapots?").await;
    let [person] = &world.api.list("/v1/customers").await[..] else { panic!("one customer") };
    assert_eq!(person["handles"]["messenger"]["value"], PERSON, "{person:#}");
    world.skip(Span::hours(1)).await;
    fills_a_cart(world, "c1").await;
    assert_eq!(world.api.list("/v1/customers").await.len(), 1);
    world.skip(Span::hours(4)).await;
    let message = json!({ "recipient": { "id": PERSON }, "messaging_type": "RESPONSE", "message": { "text": "Your Copper teapot is waiting" } });
    assert_eq!(only(&provider).json(), message);
    assert_eq!(world.message().await["to"], json!({ "kind": "handle", "value": PERSON }));
    // The run is over by now, and Meta names no message.
    let at = world.now().millis();
    meta_tells(world, &webhook, json!({ "delivery": { "watermark": at } })).await;
    assert_eq!(world.message().await["receipt"], "delivered");
    for watermark in [at, at, at - 60_000] {
        meta_tells(world, &webhook, json!({ "read": { "watermark": watermark } })).await;
        assert_eq!(world.message().await["receipt"], "read");
    }
    let report = world.api.get("/v1/reports/messages").await.ok();
    assert_eq!((&report["total"]["delivered"], &report["total"]["read"]), (&json!(1), &json!(1)));
    world.assert_sound().await;
}

async fn outside_of_24_hours_the_skip_says_so_and_whoever_opted_in_is_written_to(world: &World) {
    let provider = meta().await;
    let webhook = reminds(world, &provider, json!({ "text": "Your cart is waiting" })).await;
    says(world, &webhook, "Hello").await;
    world.skip(Span::hours(21)).await;
    fills_a_cart(world, "c1").await;
    world.skip(Span::hours(4)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["reason"]), (&json!("skipped"), &json!("window_closed")), "{message:#}");
    assert_eq!(provider.received().len(), 0);
    // Who opts in to marketing has a token for it, beside the id; the handle stays the same one's.
    let opted_in = json!({ "type": "notification_messages", "notification_messages_token": "t-123",
        "notification_messages_status": "RESUME NOTIFICATIONS" });
    meta_tells(world, &webhook, json!({ "optin": opted_in })).await;
    let [person] = &world.api.list("/v1/customers").await[..] else { panic!("one customer") };
    assert_eq!(person["handles"]["messenger"]["value"], format!("{PERSON}#t-123"));
    let marketing = json!({ "text": "Your cart is waiting", "opted_in": true });
    let [strategy] = &world.api.list("/v1/strategies").await[..] else { panic!("one strategy") };
    let strategy = format!("/v1/strategies/{}", strategy["id"].as_str().unwrap());
    world.api.put(&strategy, &page(&provider).reminder(marketing)).await.ok();
    world.skip(Span::days(4)).await;
    fills_a_cart(world, "c2").await;
    world.skip(Span::hours(4)).await;
    let recipient = json!({ "notification_messages_token": "t-123" });
    assert_eq!(only(&provider).json()["recipient"], recipient);
    meta_tells(world, &webhook, json!({ "read": { "watermark": world.now().millis() } })).await;
    let receipts: Vec<Value> =
        world.api.list("/v1/messages").await.iter().map(|message| message["receipt"].clone()).collect();
    assert_eq!(receipts, [json!("read"), Value::Null]);
}

async fn whoever_comes_by_a_chat_link_is_greeted_there(world: &World) {
    let provider = meta().await;
    let channel = page(&provider);
    let webhook = channel.connect(world).await;
    writes_to_anybody(world).await;
    let mut welcome = channel.reminder(json!({ "text": "Welcome!" }));
    welcome["trigger"] = json!({ "on": "custom", "event": "chat.spring", "settle": "0s", "next": "remind" });
    world.publish(&welcome).await;
    world.api.put("/v1/chat-links/spring", &json!({ "channel": "messenger", "keyword": "SPRING" })).await.ok();
    let came = json!({ "ref": "SPRING", "source": "SHORTLINK", "type": "OPEN_THREAD" });
    meta_tells(world, &webhook, json!({ "referral": came })).await;
    assert_eq!(only(&provider).json()["recipient"], json!({ "id": PERSON }));
    assert_eq!(world.message().await["state"], "accepted");
}

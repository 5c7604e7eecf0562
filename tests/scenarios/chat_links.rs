//! Links and QR codes that open a chat: written as the channel's plugin declares, and whoever comes by one is told as
//! an event with which a strategy may begin (S06, S10, S18).

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::Delivery;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    a_link_opens_a_chat_as_its_plugin_declares,
    whoever_writes_the_keyword_came_by_the_link_and_once_only,
    s18_whoever_comes_by_a_link_has_said_nothing_of_marketing,
    whoever_comes_from_a_page_of_messenger_is_told_too,
    a_link_that_opens_nothing_is_refused_with_what_to_do,
    a_sender_has_links_of_its_own,
);

const TOKEN: &str = "hush-this-signs";

async fn sms(world: &World, sender: &str) -> (Provider, String) {
    let provider = Provider::start(Answer::reply(201, json!({ "sid": "SM1", "status": "queued" }))).await;
    world.install("twilio").await;
    let config = json!({ "account_sid": "AC0123456789abcdef0123456789abcdef", "sender": sender,
        "endpoint": provider.url() });
    let connected = world.connect("channels", "sms", "twilio", config, json!({ "auth_token": TOKEN })).await;
    (provider, connected["webhook"].as_str().unwrap().to_owned())
}

fn spring(channel: &str) -> Value {
    json!({ "channel": channel, "keyword": "SPRING", "text": "Hello!" })
}

/// Somebody writes to the shop; what it answers.
async fn writes(world: &World, webhook: &str, from: &str, id: &str, text: &str) {
    let fields = [("Body", text), ("From", from), ("MessageSid", id), ("NumMedia", "0"), ("To", "+15005550006")];
    let mut form = reqwest::Url::parse("http://x/").unwrap();
    form.query_pairs_mut().extend_pairs(fields);
    let signed: String = fields.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    let signature = ring::hmac::sign(&key, format!("{webhook}{signed}").as_bytes());
    let signature = base64(signature.as_ref());
    let headers = vec![
        ("x-twilio-signature".to_owned(), signature),
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
    ];
    let body = form.query().unwrap().as_bytes().to_vec();
    assert_eq!(world.api.deliver(webhook, &Delivery { topic: String::new(), headers, body }).await, 200);
    world.settle().await;
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Greets whoever came by the link, over the inbox.
async fn greets(world: &World, purpose: &str) {
    world
        .publish(&json!({
            "name": "Welcome",
            "trigger": { "on": "custom", "event": "chat.spring", "next": "greet" },
            "steps": {
                "greet": { "kind": "message", "channel": "inbox", "content": "welcome", "next": "done" },
                "done": { "kind": "exit" },
            },
            "contents": [{ "name": "welcome", "purpose": purpose, "variants": [
                { "channel": "inbox", "body": { "text": "Welcome" } }] }],
        }))
        .await;
}

async fn a_link_opens_a_chat_as_its_plugin_declares(world: &World) {
    sms(world, "+15005550006").await;
    let saved = world.api.put("/v1/chat-links/spring", &spring("sms")).await.ok();
    let address = "sms:+15005550006?&body=Hello%21%20SPRING";
    assert_eq!((&saved["address"], &saved["offered"]), (&json!(address), &json!("Hello! SPRING")));
    world.install("whatsapp_cloud").await;
    let config = json!({ "phone_number_id": "106", "phone_number": "+4915112345678" });
    let secrets = json!({ "access_token": "t", "app_secret": "s", "verify_token": "v" });
    world.connect("channels", "whatsapp", "whatsapp-cloud", config, secrets).await;
    let saved = world.api.put("/v1/chat-links/poster", &spring("whatsapp")).await.ok();
    assert_eq!(saved["address"], "https://wa.me/4915112345678?text=Hello%21%20SPRING");
    let names: Vec<Value> = world.api.list("/v1/chat-links").await.iter().map(|link| link["name"].clone()).collect();
    assert_eq!(names, ["poster", "spring"]);
    let code = world.api.get("/v1/chat-links/poster/qr.svg").await;
    assert_eq!(code.status, 200);
    world.api.delete("/v1/chat-links/poster").await.ok();
    assert_eq!(world.api.list("/v1/chat-links").await.len(), 1);
    for gone in ["/v1/chat-links/poster/qr.svg", "/v1/chat-links/never/qr.svg"] {
        assert_eq!(world.api.get(gone).await.status, 404, "{gone}");
    }
    assert_eq!(world.api.delete("/v1/chat-links/poster").await.status, 404);
}

async fn whoever_writes_the_keyword_came_by_the_link_and_once_only(world: &World) {
    let (_provider, webhook) = sms(world, "+15005550006").await;
    world.api.put("/v1/chat-links/spring", &spring("sms")).await.ok();
    greets(world, "transactional").await;
    writes(world, &webhook, "+4915112345678", "SM1", "Hello! spring").await;
    assert_eq!(world.inbox().await, ["Welcome"]);
    let customer = world.api.list("/v1/customers").await.remove(0);
    assert_eq!(customer["phone"], "+4915112345678", "{customer:#}");
    world.skip(Span::hours(1)).await;
    writes(world, &webhook, "+4915112345678", "SM2", "I said SPRING").await;
    writes(world, &webhook, "+4915112345679", "SM3", "springtime?").await;
    assert_eq!(world.inbox().await.len(), 1, "who comes again has come, and another word is none");
    assert_eq!(world.count("webhook_put_aside").await, 0);
    writes(world, &webhook, "+4915112345679", "SM4", "Spring!").await;
    assert_eq!(world.inbox().await.len(), 2);
    world.api.delete("/v1/chat-links/spring").await.ok();
    writes(world, &webhook, "+4915112345670", "SM5", "SPRING").await;
    assert_eq!(world.inbox().await.len(), 2, "the link is forgotten");
    world.assert_sound().await;
}

async fn s18_whoever_comes_by_a_link_has_said_nothing_of_marketing(world: &World) {
    let (_provider, webhook) = sms(world, "+15005550006").await;
    world.api.put("/v1/chat-links/spring", &spring("sms")).await.ok();
    greets(world, "marketing").await;
    writes(world, &webhook, "+4915112345678", "SM1", "Hello! SPRING").await;
    let customer = world.api.list("/v1/customers").await.remove(0);
    let customer = world.api.get(&format!("/v1/customers/{}", customer["id"].as_str().unwrap())).await.ok();
    let state = &customer["consent"]["state"];
    assert!(state.is_null() || state == "unknown", "{customer:#}");
    let message = world.message().await;
    assert_eq!((&message["state"], &message["reason"]), (&json!("skipped"), &json!("no_consent")));
    for keyword in ["STOP", "subscribe"] {
        let link = json!({ "channel": "sms", "keyword": keyword });
        let refused = world.api.put("/v1/chat-links/no", &link).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("keyword")), "{}", refused.body);
    }
}

async fn whoever_comes_from_a_page_of_messenger_is_told_too(world: &World) {
    world.install("messenger").await;
    let secrets = json!({ "page_token": "t", "app_secret": "s", "verify_token": "v" });
    let connected = world.connect("channels", "messenger", "messenger", json!({ "page_id": "106" }), secrets).await;
    let webhook = connected["webhook"].as_str().unwrap();
    let saved = world.api.put("/v1/chat-links/spring", &spring("messenger")).await.ok();
    assert_eq!(saved["address"], "https://m.me/106?ref=SPRING");
    greets(world, "transactional").await;
    let at = world.now().millis();
    let came = json!({ "ref": "SPRING", "source": "SHORTLINK", "type": "OPEN_THREAD" });
    let event = json!({ "sender": { "id": "5010" }, "recipient": { "id": "106" }, "timestamp": at, "referral": came });
    let body = json!({ "object": "page", "entry": [{ "id": "106", "time": at, "messaging": [event] }] }).to_string();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"s");
    let signed: String =
        ring::hmac::sign(&key, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = vec![("x-hub-signature-256".to_owned(), format!("sha256={signed}"))];
    let delivery = Delivery { topic: String::new(), headers, body: body.into_bytes() };
    assert_eq!(world.api.deliver(webhook, &delivery).await, 200);
    world.settle().await;
    assert_eq!(world.inbox().await, ["Welcome"]);
}

async fn a_link_that_opens_nothing_is_refused_with_what_to_do(world: &World) {
    sms(world, "Acorn").await;
    for (channel, words) in
        [("sms", "is not filled in"), ("inbox", "its plugin knows no such links"), ("fax", "there is no channel `fax`")]
    {
        let refused = world.api.put("/v1/chat-links/spring", &spring(channel)).await;
        let told = &refused.body["errors"][0];
        assert_eq!((refused.status, &told["field"]), (422, &json!("channel")), "{}", refused.body);
        assert!(told["message"].as_str().unwrap().contains(words), "{told}");
    }
    assert!(world.api.list("/v1/chat-links").await.is_empty());
}

async fn a_sender_has_links_of_its_own(world: &World) {
    sms(world, "+15005550006").await;
    let mut channel = world.api.get("/v1/channels/sms").await.ok();
    let (plugin, config, grants) = (channel["plugin"].take(), channel["config"].take(), channel["grants"].take());
    let senders = json!([
        { "name": "north", "config": { "sender": "+15005550001" } },
        { "name": "south", "config": { "sender": "+15005550002" } },
    ]);
    let settings = json!({ "plugin": plugin, "config": config, "grants": grants, "senders": senders });
    world.api.put("/v1/channels/sms", &settings).await.ok();
    let of = |sender: &str| json!({ "channel": "sms", "sender": sender, "keyword": sender });
    let saved = world.api.put("/v1/chat-links/south", &of("south")).await.ok();
    assert_eq!(saved["address"], "sms:+15005550002?&body=south");
    let refused = world.api.put("/v1/chat-links/west", &of("west")).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("sender")), "{}", refused.body);
}

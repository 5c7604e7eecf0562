//! WhatsApp lets customers hide their number behind a user name: then Meta names them by an id that is theirs with one
//! business, and nothing else. A no is a no by either.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, TEAPOT};
use cartwright_testkit::whatsapp;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use super::played::{self, Played};
use super::{left_cart, only};

on_both_databases!(
    s18_a_stop_by_the_id_alone_unsubscribes_whoever_has_the_phone,
    s10_whoever_hides_the_number_is_written_to_by_the_id,
);

const WAMID: &str = "wamid.HBgNNDkxNTExMjM0NTY3OBUCABEYEg";
const WA_ID: &str = "4915112345678";
const USER_ID: &str = "DE.13491208655302741918";

/// What Meta tells, signed.
async fn tells(world: &World, webhook: &str, field: &str, value: Value) {
    let mut news = whatsapp::status(WAMID, "sent", None, world.now());
    let change = &mut news["entry"][0]["changes"][0];
    change["field"] = json!(field);
    for (name, of) in value.as_object().unwrap() {
        change["value"][name] = of.clone();
    }
    assert_eq!(world.api.deliver(webhook, &whatsapp::delivery(&news)).await, 200);
    world.settle().await;
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

fn seconds(world: &World) -> String {
    (world.now().millis() / 1_000).to_string()
}

/// The reminder has come to Ana's phone; the address of the webhooks.
async fn reminded(world: &World) -> (Played, Provider, String) {
    let mut played = played::whatsapp();
    let provider = Provider::start(Answer::wamid(WAMID)).await;
    let webhook = played.begins(world, &provider).await;
    (played, provider, webhook)
}

async fn preference(world: &World, webhook: &str, value: &str) {
    let stop = json!({ "user_id": USER_ID, "category": "marketing_messages", "value": value, "detail": "User chose",
        "timestamp": seconds(world) });
    let contact = json!({ "profile": { "name": "Ana", "username": "ana.popescu" }, "user_id": USER_ID });
    let told = json!({ "statuses": [], "contacts": [contact], "user_preferences": [stop] });
    tells(world, webhook, "user_preferences", told).await;
}

async fn consent(world: &World) -> Value {
    let [ana] = &world.api.list("/v1/customers").await[..] else { panic!("one customer") };
    let ana = world.api.get(&format!("/v1/customers/{}", ana["id"].as_str().unwrap())).await.ok();
    ana["consent"]["state"].clone()
}

async fn s18_a_stop_by_the_id_alone_unsubscribes_whoever_has_the_phone(world: &World) {
    let (_played, provider, webhook) = reminded(world).await;
    left_cart(world).await;
    assert_eq!(only(&provider).json()["to"], format!("+{WA_ID}"));
    let contact = json!({ "profile": { "name": "Ana" }, "wa_id": WA_ID, "user_id": USER_ID });
    let delivered = json!({ "id": WAMID, "status": "delivered", "timestamp": seconds(world), "recipient_id": WA_ID });
    for _ in 0..2 {
        let told = json!({ "contacts": [contact], "statuses": [delivered] });
        tells(world, &webhook, "messages", told).await;
    }
    assert_eq!(world.message().await["receipt"], "delivered");
    assert_eq!(consent(world).await, "subscribed");
    // She hides her number, and stops marketing in her settings: no number is told any more.
    world.skip(Span::days(5)).await;
    preference(world, &webhook, "stop").await;
    assert_eq!(consent(world).await, "unsubscribed");
    let cart = shopify::cart("hWN4cart", &[TEAPOT, TEAPOT], world.now());
    assert_eq!(world.tell("carts/update", &cart).await, 200);
    world.skip(Span::hours(4)).await;
    let reasons: Vec<Value> = world.messages().await.iter().map(|message| message["reason"].clone()).collect();
    assert_eq!(reasons, [json!("unsubscribed"), Value::Null]);
    assert_eq!(provider.received().len(), 1);
}

async fn s10_whoever_hides_the_number_is_written_to_by_the_id(world: &World) {
    let (_played, provider, webhook) = reminded(world).await;
    let shop = format!("/v1/shops/{}", world.shop());
    world.operator.patch(&shop, &json!({ "unknown_consent_passes": ["whatsapp"] })).await.ok();
    let message = json!({ "from_user_id": USER_ID, "id": "wamid.theirs", "timestamp": seconds(world), "type": "text",
        "text": { "body": "Do you have teapots?" } });
    tells(world, &webhook, "messages", json!({ "statuses": [], "messages": [message] })).await;
    let fills = async |cart: &str| {
        let event = json!({
            "id": cart, "type": "cart.updated", "occurred_at": world.now(),
            "subject": { "cart": cart, "anonymous": format!("whatsapp:{USER_ID}") },
            "body": { "lines": [{ "title": "Copper teapot", "quantity": 1 }] },
        });
        assert_eq!(world.report(event).await.ok()["status"], "accepted");
        world.skip(Span::hours(4)).await;
    };
    let named = json!({ "id": "who", "type": "customer.identified", "occurred_at": world.now(),
        "subject": { "anonymous": format!("whatsapp:{USER_ID}") }, "body": { "first_name": "Ana" } });
    assert_eq!(world.report(named).await.ok()["status"], "accepted");
    fills("c1").await;
    let sent = only(&provider).json();
    assert_eq!((&sent["recipient"], sent.get("to")), (&json!(USER_ID), None));
    assert_eq!(world.message().await["to"], json!({ "kind": "handle", "value": USER_ID }));
    preference(world, &webhook, "stop").await;
    world.skip(Span::days(5)).await;
    fills("c2").await;
    assert_eq!((provider.received().len(), consent(world).await), (1, json!("unsubscribed")));
}

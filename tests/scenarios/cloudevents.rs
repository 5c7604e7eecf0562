//! A shop that tells of itself by CloudEvents, in whichever mode its tools send them.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::Delivery;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s02_a_cart_that_is_told_in_every_mode_is_reminded_of_once,
    s08_an_order_in_a_batch_ends_the_reminder_of_its_customer_and_of_no_other,
    only_who_shows_the_token_is_believed,
    what_is_not_understood_is_put_aside_and_an_event_of_their_own_begins_a_run,
);

const TOKEN: &str = "t0ken-of-the-bus";

/// A shop that reminds of carts; the address of its webhooks.
async fn shop(world: &World) -> String {
    world.install("cloudevents").await;
    let config = json!({ "type_prefix": "com.acorn." });
    let source = world.connect("sources", "bus", "cloudevents", config, json!({ "token": TOKEN })).await;
    world
        .publish(&strategy("Reminder", json!({ "on": "cart" }), "{{ user_name }}, your {{ product.title }} waits"))
        .await;
    let of_shop = format!("/v1/shops/{}", world.shop());
    world.operator.patch(&of_shop, &json!({ "unknown_consent_passes": ["inbox"] })).await.ok();
    source["webhook"].as_str().unwrap().to_owned()
}

fn strategy(name: &str, trigger: Value, text: &str) -> Value {
    let mut trigger = trigger;
    trigger["next"] = json!("write");
    json!({
        "name": name,
        "trigger": trigger,
        "policies": { "cap": "none" },
        "steps": {
            "write": { "kind": "message", "channel": "inbox", "content": "words", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "words", "variants": [{ "channel": "inbox", "body": { "text": text } }] }],
    })
}

fn event(world: &World, kind: &str, id: &str, data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/shop", "type": kind, "time": world.now(),
        "datacontenttype": "application/json", "data": data,
    })
}

/// Somebody's cart, as it is now.
fn cart(world: &World, name: &str) -> Value {
    let email = format!("{}@acorn.example", name.to_lowercase());
    let data = json!({
        "subject": { "cart": format!("cart-{name}"), "email": email },
        "body": {
            "lines": [{ "title": "Copper teapot", "quantity": 1 }],
            "customer": { "first_name": name, "email": email },
        },
    });
    event(world, "com.acorn.cart.updated", &format!("cart-{name}"), data)
}

fn order(world: &World, name: &str) -> Value {
    let email = format!("{}@acorn.example", name.to_lowercase());
    let total = json!({ "amount": "64.50", "currency": "EUR" });
    let data = json!({ "subject": { "order": format!("o-{name}"), "email": email }, "body": { "total": total } });
    event(world, "com.acorn.order.placed", &format!("o-{name}"), data)
}

async fn post(world: &World, webhook: &str, token: Option<&str>, headers: &[(&str, String)], body: &Value) -> u16 {
    let shown = token.map(|token| ("authorization", format!("Bearer {token}")));
    let headers = headers.iter().cloned().chain(shown).map(|(name, value)| (name.to_owned(), value)).collect();
    let delivery = Delivery { topic: String::new(), headers, body: body.to_string().into_bytes() };
    let status = world.api.deliver(webhook, &delivery).await;
    world.settle().await;
    status
}

/// The whole event as a document, or several of them.
async fn tell(world: &World, webhook: &str, told: &Value) -> u16 {
    let kind = if told.is_array() { "application/cloudevents-batch+json" } else { "application/cloudevents+json" };
    post(world, webhook, Some(TOKEN), &[("content-type", kind.to_owned())], told).await
}

/// The attributes as headers, the data as the body.
async fn tell_in_headers(world: &World, webhook: &str, told: &Value) -> u16 {
    let attributes = ["specversion", "id", "source", "type", "time"];
    let header = |name: &str| told[name].as_str().unwrap().to_owned();
    let mut headers = vec![("content-type", "application/json".to_owned())];
    let names = attributes.map(|name| format!("ce-{name}"));
    headers.extend(names.iter().zip(attributes).map(|(named, name)| (named.as_str(), header(name))));
    post(world, webhook, Some(TOKEN), &headers, &told["data"]).await
}

async fn s02_a_cart_that_is_told_in_every_mode_is_reminded_of_once(world: &World) {
    let webhook = shop(world).await;
    let cart = cart(world, "Ana");
    assert_eq!(tell(world, &webhook, &cart).await, 200);
    world.skip(Span::minutes(30)).await;
    // Told again, it is the same fact: it does not begin the four hours anew.
    assert_eq!(tell_in_headers(world, &webhook, &cart).await, 200);
    assert_eq!(tell(world, &webhook, &json!([cart, cart])).await, 200);
    world.skip(Span::minutes(209)).await;
    assert!(world.inbox().await.is_empty());
    world.skip(Span::minutes(1)).await;
    assert_eq!(world.inbox().await, ["Ana, your Copper teapot waits"]);
    world.skip(Span::hours(8)).await;
    assert_eq!((world.inbox_size().await, world.count("webhook_put_aside").await), (1, 0));
}

async fn s08_an_order_in_a_batch_ends_the_reminder_of_its_customer_and_of_no_other(world: &World) {
    let webhook = shop(world).await;
    assert_eq!(tell(world, &webhook, &json!([cart(world, "Ana"), cart(world, "Ben")])).await, 200);
    world.skip(Span::hours(1)).await;
    assert_eq!(tell(world, &webhook, &json!([order(world, "Ana")])).await, 200);
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, ["Ben, your Copper teapot waits"]);
}

async fn only_who_shows_the_token_is_believed(world: &World) {
    let webhook = shop(world).await;
    let cart = cart(world, "Ana");
    let document = [("content-type", "application/cloudevents+json".to_owned())];
    for token in [None, Some("guessed"), Some("")] {
        assert_eq!(post(world, &webhook, token, &document, &cart).await, 401, "{token:?}");
    }
    world.skip(Span::hours(5)).await;
    assert!(world.inbox().await.is_empty());
    assert!(world.api.list("/v1/customers").await.is_empty());
}

async fn what_is_not_understood_is_put_aside_and_an_event_of_their_own_begins_a_run(world: &World) {
    let webhook = shop(world).await;
    let trigger = json!({ "on": "custom", "event": "com.other.visited" });
    world.publish(&strategy("Visit", trigger, "Welcome")).await;
    let mut odd = cart(world, "Ana");
    odd["specversion"] = json!("0.3");
    assert_eq!(tell(world, &webhook, &odd).await, 200);
    assert_eq!(world.count("webhook_put_aside").await, 1);
    let mut visit = event(world, "com.other.visited", "1", json!({ "page": "/teapots" }));
    visit["subject"] = json!("customer-7");
    for _ in 0..2 {
        assert_eq!(tell(world, &webhook, &visit).await, 200);
    }
    assert_eq!(world.inbox().await, ["Welcome"]);
    world.skip(Span::hours(5)).await;
    assert_eq!((world.inbox_size().await, world.count("webhook_put_aside").await), (1, 1));
}

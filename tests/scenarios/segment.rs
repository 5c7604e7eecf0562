//! A shop that speaks through Segment's libraries: its carts are told piece by piece.

use cartwright_domain::time::{Span, Timestamp};
use cartwright_testkit::shopify::Delivery;
use cartwright_tests::{World, node, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s01_what_was_put_in_and_taken_out_is_what_the_reminder_names,
    s01_an_emptied_cart_is_not_reminded_of,
    s02_what_comes_twice_or_in_another_order_leaves_the_same_cart,
    s08_an_order_ends_it_and_the_next_cart_begins_anew,
    what_segments_own_library_sends_is_taken_and_nobody_elses,
);

const KEY: &str = "wr1te-k3y";

/// A shop with such a source and a reminder; the address that its libraries are given.
async fn shop(world: &World) -> String {
    world.install("segment").await;
    let config = json!({ "currency": "EUR" });
    let source = world.connect("sources", "segment", "segment", config, json!({ "write_key": KEY })).await;
    let text = "Waiting:{% for line in cart.lines %} {{ line.quantity }} {{ line.title }}{% endfor %}";
    let reminder = json!({
        "name": "Reminder",
        "trigger": { "on": "cart", "next": "remind" },
        "policies": { "cap": "none" },
        "steps": {
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "reminder", "variants": [{ "channel": "inbox", "body": { "text": text } }] }],
    });
    world.publish(&reminder).await;
    let shop = format!("/v1/shops/{}", world.shop());
    world.operator.patch(&shop, &json!({ "unknown_consent_passes": ["inbox"] })).await.ok();
    source["webhook"].as_str().unwrap().to_owned()
}

fn call(event: &str, id: &str, at: Timestamp, properties: Value) -> Value {
    json!({
        "type": "track", "messageId": id, "userId": "7", "event": event, "properties": properties, "timestamp": at,
        "context": { "traits": { "email": "ana@acorn.example", "firstName": "Ana" } },
    })
}

fn product(name: &str, quantity: u32) -> Value {
    json!({ "product_id": name, "sku": name, "name": name, "price": 18.99, "quantity": quantity })
}

async fn tell(world: &World, webhook: &str, calls: &[Value]) -> u16 {
    let body = json!({ "batch": calls, "sentAt": world.now() }).to_string().into_bytes();
    let key = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{KEY}:"));
    let headers = vec![("authorization".to_owned(), format!("Basic {key}"))];
    let delivery = Delivery { topic: String::new(), headers, body };
    let status = world.api.deliver(&format!("{webhook}/v1/batch"), &delivery).await;
    world.settle().await;
    status
}

async fn s01_what_was_put_in_and_taken_out_is_what_the_reminder_names(world: &World) {
    let webhook = shop(world).await;
    let products = json!([product("Lamp", 1), product("Pot", 1)]);
    for (id, event, properties) in [
        ("1", "Product Added", product("Lamp", 1)),
        ("2", "Cart Viewed", json!({ "products": products })),
        ("3", "Product Added", product("Cup", 6)),
        ("4", "Product Removed", product("Cup", 2)),
        ("5", "Product Removed", json!({ "product_id": "Pot", "sku": "Pot", "name": "Pot" })),
    ] {
        world.skip(Span::minutes(10)).await;
        assert_eq!(tell(world, &webhook, &[call(event, id, world.now(), properties)]).await, 200);
    }
    assert_eq!(world.count("webhook_put_aside").await, 0);
    // Taking out restarts nothing: the last thing was put in 20 minutes ago.
    world.skip(Span::minutes(219)).await;
    assert!(world.inbox().await.is_empty());
    world.skip(Span::minutes(1)).await;
    assert_eq!(world.inbox().await, ["Waiting: 1 Lamp 4 Cup"]);
}

async fn s01_an_emptied_cart_is_not_reminded_of(world: &World) {
    let webhook = shop(world).await;
    let at = world.now();
    assert_eq!(tell(world, &webhook, &[call("Product Added", "1", at, product("Lamp", 2))]).await, 200);
    world.skip(Span::hours(1)).await;
    assert_eq!(tell(world, &webhook, &[call("Product Removed", "2", world.now(), product("Lamp", 2))]).await, 200);
    world.skip(Span::hours(8)).await;
    assert!(world.inbox().await.is_empty());
    assert_eq!(world.run().await["position"]["reason"], "cart_emptied");
}

async fn s02_what_comes_twice_or_in_another_order_leaves_the_same_cart(world: &World) {
    let webhook = shop(world).await;
    let at = |minute| world.now() + Span::minutes(minute);
    let calls = [
        call("Product Added", "1", at(0), product("Lamp", 1)),
        call("Product Added", "2", at(1), product("Pot", 1)),
        call("Product Removed", "3", at(2), product("Lamp", 1)),
        call("Product Added", "4", at(3), product("Cup", 3)),
    ];
    world.skip(Span::minutes(5)).await;
    for place in [2, 0, 3, 0, 1, 3, 2, 1] {
        assert_eq!(tell(world, &webhook, &[calls[place].clone()]).await, 200);
    }
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, ["Waiting: 1 Pot 3 Cup"]);
}

async fn s08_an_order_ends_it_and_the_next_cart_begins_anew(world: &World) {
    let webhook = shop(world).await;
    let now = world.now();
    let order = json!({ "order_id": "o1", "total": 18.99, "products": [product("Lamp", 1)] });
    let calls = [
        call("Product Added", "1", now, product("Lamp", 1)),
        call("Order Completed", "2", now + Span::seconds(1), order),
        call("Product Added", "3", now + Span::seconds(2), product("Cup", 1)),
    ];
    world.skip(Span::minutes(1)).await;
    assert_eq!(tell(world, &webhook, &calls).await, 200);
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, ["Waiting: 1 Cup"]);
}

async fn what_segments_own_library_sends_is_taken_and_nobody_elses(world: &World) {
    let webhook = shop(world).await;
    let at = world.now();
    for (key, status) in [("another", 401), (KEY, 200)] {
        let track = call("Product Added", "", at, product("Lamp", 2));
        let asked = json!({ "key": key, "calls": [track] });
        let Some(sent) = node::ask("segment.mjs", &asked) else { return };
        for request in sent.as_array().unwrap() {
            let headers = request["headers"].as_object().unwrap().iter();
            let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
            let mut body: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
            // The one thing that goes by the library's own clock.
            body["sentAt"] = json!(world.now());
            let body = body.to_string().into_bytes();
            let address = format!("{webhook}{}", request["path"].as_str().unwrap());
            let delivery = Delivery { topic: String::new(), headers, body };
            assert_eq!(world.api.deliver(&address, &delivery).await, status);
        }
    }
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, ["Waiting: 2 Lamp"]);
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

//! A WooCommerce shop: its orders are told by webhooks, its carts by the shop's own pages, because there is no topic for
//! them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cartwright_domain::time::Span;
use cartwright_testkit::shopify::Delivery;
use cartwright_tests::{World, on_both_databases};
use ring::hmac;
use serde_json::{Value, json};

on_both_databases!(
    an_order_is_thanked_for_once_however_often_it_is_told,
    s08_an_order_ends_the_reminder_of_its_customers_cart_and_of_no_other,
    only_what_the_shop_signed_is_taken,
    what_is_not_understood_is_put_aside_and_does_nothing,
);

const SECRET: &str = "hush-woocommerce";

/// A shop that thanks for orders and reminds of carts; the address of its webhooks.
async fn shop(world: &World) -> String {
    world.install("woocommerce").await;
    let secrets = json!({ "webhook_secret": SECRET });
    let source = world.connect("sources", "woo", "woocommerce", json!({}), secrets).await;
    let strategy = |name: &str, on: &str, text: &str| {
        json!({
            "name": name,
            "trigger": { "on": on, "next": "write" },
            "policies": { "cap": "none" },
            "steps": {
                "write": { "kind": "message", "channel": "inbox", "content": "words", "next": "done" },
                "done": { "kind": "exit" },
            },
            "contents": [{ "name": "words", "variants": [{ "channel": "inbox", "body": { "text": text } }] }],
        })
    };
    world.publish(&strategy("Thanks", "order_placed", "Thank you, {{ user_name }}")).await;
    world.publish(&strategy("Reminder", "cart", "{{ user_name }}, your {{ product.title }} is waiting")).await;
    let of_shop = format!("/v1/shops/{}", world.shop());
    world.operator.patch(&of_shop, &json!({ "unknown_consent_passes": ["inbox"] })).await.ok();
    source["webhook"].as_str().unwrap().to_owned()
}

/// As WooCommerce writes an order.
fn order(world: &World, number: u64, name: &str) -> Value {
    let at = world.now().to_string().split('.').next().unwrap().to_owned();
    json!({
        "id": number, "number": number.to_string(), "status": "on-hold", "currency": "EUR", "total": "64.50",
        "date_created_gmt": at, "date_modified_gmt": at, "created_via": "checkout", "customer_id": 0,
        "line_items": [{ "name": "Copper teapot", "product_id": 22, "variation_id": 23, "quantity": 1, "sku": "T1",
            "price": 64.5 }],
        "billing": { "first_name": name, "last_name": "Pop", "country": "RO", "state": "CJ", "city": "Cluj",
            "email": format!("{}@acorn.example", name.to_lowercase()), "phone": "" },
    })
}

async fn tell(world: &World, webhook: &str, topic: &str, body: &Value, secret: &str) -> u16 {
    let body = body.to_string().into_bytes();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let headers = [
        ("x-wc-webhook-topic", topic.to_owned()),
        ("x-wc-webhook-signature", BASE64.encode(hmac::sign(&key, &body))),
        ("content-type", "application/json".to_owned()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let status = world.api.deliver(webhook, &Delivery { topic: String::new(), headers, body }).await;
    world.settle().await;
    status
}

/// The shop's own pages tell of a cart.
async fn leaves_cart(world: &World, name: &str) {
    let email = format!("{}@acorn.example", name.to_lowercase());
    let event = json!({
        "id": format!("cart-{name}"), "type": "cart.updated", "occurred_at": world.now(),
        "subject": { "cart": format!("cart-{name}"), "email": email },
        "body": {
            "lines": [{ "title": "Copper teapot", "quantity": 1 }],
            "customer": { "first_name": name, "email": email },
        },
    });
    world.api.post("/v1/events", &event).await.ok();
    world.settle().await;
}

async fn an_order_is_thanked_for_once_however_often_it_is_told(world: &World) {
    let webhook = shop(world).await;
    let order = order(world, 727, "Ana");
    for topic in ["order.created", "order.created", "order.updated"] {
        assert_eq!(tell(world, &webhook, topic, &order, SECRET).await, 200);
        world.skip(Span::minutes(1)).await;
    }
    assert_eq!(world.inbox().await, ["Thank you, Ana"]);
    assert_eq!(world.count("webhook_put_aside").await, 0);
    let customers = world.api.list("/v1/customers").await;
    assert_eq!((customers.len(), &customers[0]["email"]), (1, &json!("ana@acorn.example")));
}

async fn s08_an_order_ends_the_reminder_of_its_customers_cart_and_of_no_other(world: &World) {
    let webhook = shop(world).await;
    leaves_cart(world, "Ana").await;
    leaves_cart(world, "Ben").await;
    world.skip(Span::hours(1)).await;
    assert_eq!(tell(world, &webhook, "order.created", &order(world, 728, "Ana"), SECRET).await, 200);
    world.skip(Span::hours(4)).await;
    let mut told = world.inbox().await;
    told.sort();
    assert_eq!(told, ["Ben, your Copper teapot is waiting", "Thank you, Ana"]);
}

async fn only_what_the_shop_signed_is_taken(world: &World) {
    let webhook = shop(world).await;
    let order = order(world, 729, "Ana");
    assert_eq!(tell(world, &webhook, "order.created", &order, "guessed").await, 401);
    let delivery =
        |headers: Vec<(String, String)>, body: &[u8]| Delivery { topic: String::new(), headers, body: body.to_vec() };
    let bare = vec![("x-wc-webhook-topic".to_owned(), "order.created".to_owned())];
    let body = order.to_string();
    assert_eq!(world.api.deliver(&webhook, &delivery(bare, body.as_bytes())).await, 401);
    // What WooCommerce sends when the webhook is saved is not signed, and tells nothing.
    let form = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    assert_eq!(world.api.deliver(&webhook, &delivery(form, b"webhook_id=7")).await, 200);
    world.skip(Span::hours(1)).await;
    assert!(world.inbox().await.is_empty());
    assert!(world.api.list("/v1/customers").await.is_empty());
    assert_eq!(tell(world, &webhook, "order.created", &order, SECRET).await, 200);
    assert_eq!(world.inbox().await, ["Thank you, Ana"]);
}

async fn what_is_not_understood_is_put_aside_and_does_nothing(world: &World) {
    let webhook = shop(world).await;
    let mut odd = order(world, 730, "Ana");
    odd["date_created_gmt"] = json!("yesterday");
    for (topic, body) in [("order.created", odd), ("coupon.created", json!({ "id": 1 }))] {
        assert_eq!(tell(world, &webhook, topic, &body, SECRET).await, 200, "{topic}");
    }
    assert_eq!((world.count("webhook_put_aside").await, world.inbox_size().await), (2, 0));
}

//! Nobody is reminded of what is sold out: the catalogue is read again at each step, not when the cart was left.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, CUPS, Goods, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    a_cart_that_sold_out_while_it_waited_gets_no_reminder,
    the_reminder_is_of_what_can_still_be_bought_and_says_how_much_is_left,
    shopify_tells_what_is_sold_no_more_and_a_zero_keeps_nobody_from_being_reminded,
    a_product_that_was_deleted_is_sold_out_and_a_repeated_or_forged_notice_changes_nothing,
);

/// A shop that reminds of carts of which something can be bought.
async fn reminding(world: &World) {
    let available = json!({ "field": "cart.available", "operator": ">", "value": 0 });
    let text = "{{ product.title }}{% if product.stock %}, only {{ product.stock }} left{% endif %}";
    world
        .publish(&json!({
            "name": "Reminder",
            "trigger": { "on": "cart", "next": "there" },
            "steps": {
                "there": {
                    "kind": "condition", "rule": { "combinator": "and", "rules": [available] },
                    "branches": { "yes": "remind", "no": "gone" },
                },
                "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" },
                "gone": { "kind": "exit" },
            },
            "contents": [{ "name": "reminder", "variants": [{ "channel": "inbox", "body": { "text": text } }] }],
        }))
        .await;
}

async fn leaves_cart(world: &World, goods: &[Goods]) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, goods, world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", goods, world.now())).await, 200);
    world.skip(Span::hours(1)).await;
}

/// The shop's own system tells how many pieces are left of a product in its only form.
async fn stock(world: &World, goods: &Goods, pieces: u32) {
    let event = json!({
        "id": format!("stock {} {pieces} {}", goods.title, world.now()), "type": "product.updated",
        "occurred_at": world.now(), "subject": {},
        "body": {
            "product_id": (goods.variant - 1_000).to_string(), "title": goods.title,
            "variants": [{ "variant_id": goods.variant.to_string(), "available": pieces > 0, "stock": pieces }],
        },
    });
    world.api.post("/v1/events", &event).await.ok();
}

/// `products/update` with the only form of a product, as Shopify tells it: not whether anybody counts.
async fn told_by_shopify(world: &World, goods: &Goods, quantity: i64, status: &str) {
    let variant = json!({ "id": goods.variant, "inventory_policy": "deny", "inventory_quantity": quantity });
    let body = json!({
        "id": goods.variant - 1_000, "title": goods.title, "status": status, "variants": [variant],
        "updated_at": world.now().to_string(),
    });
    assert_eq!(world.tell("products/update", &body).await, 200);
}

async fn a_cart_that_sold_out_while_it_waited_gets_no_reminder(world: &World) {
    reminding(world).await;
    stock(world, &TEAPOT, 4).await;
    leaves_cart(world, &[TEAPOT]).await;
    stock(world, &TEAPOT, 0).await;
    world.skip(Span::hours(4)).await;
    assert_eq!((world.inbox_size().await, &world.run().await["position"]["reason"]), (0, &json!("completed")));
    let trace = Value::Array(world.trace().await).to_string();
    assert!(trace.contains("cart.available"), "the trace does not say why: {trace}");
}

async fn the_reminder_is_of_what_can_still_be_bought_and_says_how_much_is_left(world: &World) {
    reminding(world).await;
    leaves_cart(world, &[TEAPOT, CUPS]).await;
    stock(world, &TEAPOT, 0).await;
    stock(world, &CUPS, 2).await;
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, ["Set of six cups, only 2 left"]);
}

async fn shopify_tells_what_is_sold_no_more_and_a_zero_keeps_nobody_from_being_reminded(world: &World) {
    reminding(world).await;
    leaves_cart(world, &[TEAPOT, CUPS]).await;
    told_by_shopify(world, &TEAPOT, 4, "archived").await;
    told_by_shopify(world, &CUPS, 0, "active").await;
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, ["Set of six cups"]);
}

async fn a_product_that_was_deleted_is_sold_out_and_a_repeated_or_forged_notice_changes_nothing(world: &World) {
    reminding(world).await;
    stock(world, &TEAPOT, 4).await;
    stock(world, &CUPS, 4).await;
    leaves_cart(world, &[TEAPOT, CUPS]).await;
    let gone = json!({ "id": TEAPOT.variant - 1_000 });
    for _ in 0..2 {
        assert_eq!(world.tell("products/delete", &gone).await, 200);
    }
    // Signed as something else: only the body is, and this one is no notice of a deletion.
    let other = json!({ "id": CUPS.variant - 1_000, "title": "Set of six cups" });
    assert_eq!(world.tell("products/delete", &other).await, 200);
    assert_eq!(world.count("webhook_put_aside").await, 1);
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, ["Set of six cups, only 4 left"]);
}

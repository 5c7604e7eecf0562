//! What the script on the shop's pages tells becomes a message to whoever said who they are (S10, S18).

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, Person, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use reqwest::Client;
use serde_json::{Value, json};

use crate::whatsapp;

on_both_databases!(
    s10_whoever_claims_a_code_is_reminded_of_the_cart_that_was_nobodys,
    s10_each_of_the_four_ways_to_a_phone_ends_in_a_message_to_it,
    s10_a_signed_in_visitor_is_reminded_of_a_cart_that_no_checkout_named,
    s18_whoever_leaves_an_address_without_a_yes_is_not_written_to,
    a_form_that_was_filled_in_begins_a_strategy,
);

const PAGE: &str = "https://acorn.example";
/// Of the first of the goods.
const TITLE: &str = "{{ cart.lines[0].title }}";
const CART: &str = "c-0123456789abcdef";

fn says(trigger: &Value, text: &str) -> Value {
    json!({
        "name": "Says it",
        "trigger": trigger,
        "steps": {
            "say": { "kind": "message", "channel": "inbox", "content": "said", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "said", "variants": [
            { "channel": "inbox", "body": { "text": text } }
        ] }],
    })
}

/// A shop whose pages may speak, and a strategy with this trigger.
async fn with_pages(world: &World, trigger: &Value, text: &str) {
    world.publish(&says(trigger, text)).await;
    pages_speak(world).await;
}

async fn pages_speak(world: &World) {
    let texts = json!({ "en": { "title": "5 % for you", "consent": "Write to me" } });
    let forms = json!({ "coupon": { "asks": ["phone"], "code": "HELLO5", "language": "en", "texts": texts } });
    let storefront = json!({ "storefront": { "origins": [PAGE], "forms": forms } });
    world.api.patch(&format!("/v1/shops/{}", world.shop()), &storefront).await.ok();
}

async fn tells(world: &World, path: &str, said: Value) -> Value {
    tells_of(world, path, "b-0123456789abcdef", CART, said).await
}

/// What the script of one visitor's browser tells of their cart.
async fn tells_of(world: &World, path: &str, browser: &str, cart: &str, said: Value) -> Value {
    let source = world.api.list("/v1/sources").await.remove(0);
    let base = source["webhook"].as_str().unwrap().split("/hooks/").next().unwrap().to_owned();
    let mut whole = json!({ "anonymous": browser, "cart": cart });
    whole.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("{base}/s/{}/{path}", world.shop())).header("origin", PAGE);
    let answer = request.body(whole.to_string()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    let text = answer.text().await.unwrap();
    world.settle().await;
    serde_json::from_str(&text).unwrap_or_default()
}

async fn leaves_a_cart(world: &World) {
    assert_eq!(world.tell("carts/update", &shopify::cart(CART, &[TEAPOT], world.now())).await, 200);
    world.settle().await;
}

fn cart() -> Value {
    json!({ "on": "cart", "settle": "4h", "next": "say" })
}

async fn s10_whoever_claims_a_code_is_reminded_of_the_cart_that_was_nobodys(world: &World) {
    with_pages(world, &cart(), TITLE).await;
    leaves_a_cart(world).await;
    let typed = json!({ "phone": "+4915112345678", "consent": true });
    assert_eq!(tells(world, "forms/coupon", typed).await, json!({ "code": "HELLO5" }));
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, [TEAPOT.title]);
    let known = world.api.list("/v1/customers").await;
    assert_eq!(known.len(), 1, "{known:#?}");
    assert_eq!(world.message().await["customer"], known[0]["id"]);
    world.assert_sound().await;
}

async fn s10_each_of_the_four_ways_to_a_phone_ends_in_a_message_to_it(world: &World) {
    let meta = Provider::start(Answer::wamid("wamid.1")).await;
    whatsapp::connect(world, &meta).await;
    let mut reminder = whatsapp::reminder();
    // Whoever claims a code says no name.
    reminder["contents"][0]["defaults"] = json!({ "user_name": "there" });
    world.publish(&reminder).await;
    pages_speak(world).await;
    let person = |id, phone| Person { id, phone: Some(phone), email: "", ..ANA };
    // An account of old: what the shop knows is the phone of an order.
    let of_order = person(12, "+4915112345602");
    assert_eq!(world.tell("orders/create", &shopify::order(501, None, &of_order, &[TEAPOT], world.now())).await, 200);
    world.skip(Span::hours(1)).await;
    for cart in ["c-claim-0123456789", "c-orders-012345678", "c-account-01234567", "c-checkout-0123456"] {
        assert_eq!(world.tell("carts/update", &shopify::cart(cart, &[TEAPOT], world.now())).await, 200);
    }
    let claim = json!({ "phone": "+4915112345601", "consent": true });
    tells_of(world, "forms/coupon", "b-claim-0123456789", "c-claim-0123456789", claim).await;
    tells_of(world, "browser", "b-orders-012345678", "c-orders-012345678", json!({ "customer": "12" })).await;
    // The account comes with its phone, and its visitor is signed in when they add to the cart.
    let account = shopify::customer(&person(13, "+4915112345603"), world.now());
    assert_eq!(world.tell("customers/update", &account).await, 200);
    let yes = shopify::marketing_consent(&person(13, "+4915112345603"), "subscribed", world.now());
    assert_eq!(world.tell("customers_email_marketing_consent/update", &yes).await, 200);
    tells_of(world, "browser", "b-account-01234567", "c-account-01234567", json!({ "customer": "13" })).await;
    let at_checkout = person(14, "+4915112345604");
    let checkout = shopify::checkout("k1", Some("c-checkout-0123456"), &at_checkout, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    world.skip(Span::hours(4)).await;
    let mut to: Vec<String> =
        meta.received().iter().map(|request| request.json()["to"].as_str().unwrap().to_owned()).collect();
    to.sort();
    assert_eq!(to, ["+4915112345601", "+4915112345602", "+4915112345603", "+4915112345604"]);
    assert_eq!(world.api.list("/v1/customers").await.len(), 4);
}

async fn s10_a_signed_in_visitor_is_reminded_of_a_cart_that_no_checkout_named(world: &World) {
    with_pages(world, &cart(), TITLE).await;
    let account = json!({
        "id": "a1", "type": "customer.updated", "occurred_at": world.now(), "subject": { "customer": "7" },
        "body": { "email": "ana@shop.example", "consent": { "state": "subscribed" } },
    });
    world.report(account).await.ok();
    leaves_a_cart(world).await;
    tells(world, "browser", json!({ "customer": "7", "time_zone": "Europe/Bucharest" })).await;
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await, [TEAPOT.title]);
    assert_eq!(world.api.list("/v1/customers").await[0]["last_time_zone"], "Europe/Bucharest");
    world.assert_sound().await;
}

async fn s18_whoever_leaves_an_address_without_a_yes_is_not_written_to(world: &World) {
    with_pages(world, &cart(), TITLE).await;
    leaves_a_cart(world).await;
    tells(world, "forms/coupon", json!({ "phone": "+4915112345678" })).await;
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox_size().await, 0);
    assert_eq!(world.message().await["reason"], "no_consent");
    world.assert_sound().await;
}

async fn a_form_that_was_filled_in_begins_a_strategy(world: &World) {
    with_pages(world, &json!({ "on": "custom", "event": "form.coupon", "next": "say" }), "Welcome").await;
    tells(world, "forms/coupon", json!({ "phone": "+4915112345678", "consent": true })).await;
    assert_eq!(world.inbox().await, ["Welcome"]);
    world.assert_sound().await;
}

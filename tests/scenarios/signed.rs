//! Webhooks signed by the providers' own libraries (`tests/npm/signed.mjs`) are taken; changed by one byte, written anew,
//! told late or under another shop's name they are not.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, Delivery, SHOP_DOMAIN, TEAPOT};
use cartwright_testkit::whatsapp as meta;
use cartwright_tests::{World, node, on_both_databases};
use serde_json::{Value, json};

use crate::whatsapp;

on_both_databases!(
    what_shopifys_library_signs_is_taken,
    what_the_secret_before_signed_is_taken_for_an_hour_after_the_change,
    what_woocommerces_server_signs_is_taken,
    what_a_standard_webhooks_library_signs_is_taken_in_time,
    what_a_whatsapp_library_believes_is_taken,
);

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A webhook as its provider signs it.
struct Signed {
    headers: Vec<(String, String)>,
    body: String,
}

impl Signed {
    /// None without npm.
    fn by(who: &str, secret: &str, body: &str, world: &World) -> Option<Self> {
        let now = world.now().millis() / 1_000;
        let asked = json!({ "by": who, "secret": secret, "body": body, "id": "msg_1", "now": now });
        let signed = node::ask("signed.mjs", &asked)?;
        assert_eq!(signed["taken"], true, "its own library refuses it");
        let headers = signed["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        Some(Self { headers, body: body.to_owned() })
    }

    fn with(&self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        for header in headers.iter_mut().filter(|header| header.0 == name) {
            header.1 = value.to_owned();
        }
        assert_ne!(headers, self.headers);
        Self { headers, body: self.body.clone() }
    }

    fn saying(&self, body: &str) -> Self {
        assert_ne!(body, self.body);
        Self { headers: self.headers.clone(), body: body.to_owned() }
    }

    /// What it is answered.
    async fn told(&self, world: &World, webhook: &str) -> u16 {
        let body = self.body.as_bytes().to_vec();
        let delivery = Delivery { topic: String::new(), headers: self.headers.clone(), body };
        world.api.deliver(webhook, &delivery).await
    }

    /// It is taken; with any one bit of it flipped, or its JSON written anew, it is not.
    async fn is_taken_only_as_it_is(&self, world: &World, webhook: &str) {
        assert_eq!(self.told(world, webhook).await, 200);
        let written_anew = serde_json::from_str::<Value>(&self.body).unwrap().to_string();
        assert_eq!(self.saying(&written_anew).told(world, webhook).await, 401);
        for place in [0, self.body.len() / 2, self.body.len() - 1] {
            let mut body = self.body.clone().into_bytes();
            body[place] ^= 1;
            let flipped = String::from_utf8(body).unwrap();
            assert_eq!(self.saying(&flipped).told(world, webhook).await, 401, "byte {place}");
        }
    }
}

/// As a person would write it: a program writes it another way.
fn written(body: &Value) -> String {
    serde_json::to_string_pretty(body).unwrap()
}

async fn source(world: &World, plugin: &str, config: Value, secrets: Value) -> String {
    let connected = world.connect("sources", "signed", plugin, config, secrets).await;
    connected["webhook"].as_str().unwrap().to_owned()
}

async fn what_shopifys_library_signs_is_taken(world: &World) {
    let cart = written(&shopify::cart("hWN4cart", &[TEAPOT], world.now()));
    let Some(signed) = Signed::by("shopify", "hush", &cart, world) else { return };
    let config = json!({ "shop_domain": SHOP_DOMAIN });
    let webhook = source(world, "shopify", config, json!({ "client_secret": "hush" })).await;
    signed.is_taken_only_as_it_is(world, &webhook).await;
    let header = "x-shopify-shop-domain";
    assert_eq!(signed.with(header, "other.myshopify.com").told(world, &webhook).await, 401, "another shop's");
    let other = Signed::by("shopify", "another secret", &cart, world).unwrap();
    assert_eq!(other.told(world, &webhook).await, 401);
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

async fn what_the_secret_before_signed_is_taken_for_an_hour_after_the_change(world: &World) {
    let (before, after) = (shopify::CLIENT_SECRET, "hush-this-is-the-new-one");
    let tells = async |secret: &str| {
        let cart = shopify::cart("hWN4cart", &[TEAPOT], world.now());
        let id = format!("w-{secret}-{}", world.now().millis());
        world.deliver(&shopify::delivery("carts/update", &id, &cart, secret)).await
    };
    assert_eq!((tells(before).await, tells(after).await), (200, 401));
    let source = world.api.get("/v1/sources/shopify").await.ok();
    let settings = json!({
        "plugin": source["plugin"], "grants": source["grants"], "config": { "secret_rotated_at": world.now() },
        "secrets": { "client_secret": after, "previous_client_secret": before },
    });
    world.api.put("/v1/sources/shopify", &settings).await.ok();
    assert_eq!((tells(before).await, tells(after).await), (200, 200));
    world.skip(Span::minutes(60)).await;
    assert_eq!((tells(before).await, tells(after).await), (200, 200));
    world.skip(Span::seconds(1)).await;
    assert_eq!((tells(before).await, tells(after).await), (401, 200));
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

async fn what_woocommerces_server_signs_is_taken(world: &World) {
    let Some(signed) = Signed::by("woocommerce", "hush", &written(&json!({ "id": 727, "zone": 1 })), world) else {
        return;
    };
    world.install("woocommerce").await;
    let webhook = source(world, "woocommerce", json!({}), json!({ "webhook_secret": "hush" })).await;
    signed.is_taken_only_as_it_is(world, &webhook).await;
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

async fn what_a_standard_webhooks_library_signs_is_taken_in_time(world: &World) {
    let order = json!({
        "id": "o-1", "type": "order.placed", "occurred_at": world.now(), "subject": { "customer": "ana" },
        "body": { "number": "#1", "total": { "amount": "19.99", "currency": "EUR" } },
    });
    let Some(signed) = Signed::by("standard", KEY, &written(&order), world) else { return };
    world.install("events").await;
    let webhook = source(world, "events", json!({}), json!({ "signing_secret": KEY })).await;
    signed.is_taken_only_as_it_is(world, &webhook).await;
    assert_eq!(signed.with("webhook-id", "msg_2").told(world, &webhook).await, 401, "told as something else");
    assert_eq!(signed.told(world, &webhook).await, 200, "told again, it changes nothing");
    world.skip(Span::seconds(301)).await;
    assert_eq!(signed.told(world, &webhook).await, 401, "it is old");
    let later = (world.now().millis() / 1_000).to_string();
    assert_eq!(signed.with("webhook-timestamp", &later).told(world, &webhook).await, 401, "only its moment is new");
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

async fn what_a_whatsapp_library_believes_is_taken(world: &World) {
    let status = written(&meta::status("wamid.1", "read", None, world.now()));
    let Some(signed) = Signed::by("whatsapp", meta::APP_SECRET, &status, world) else { return };
    let provider = Provider::start(Answer::wamid("wamid.1")).await;
    let channel = whatsapp::connect(world, &provider).await;
    signed.is_taken_only_as_it_is(world, channel["webhook"].as_str().unwrap()).await;
}

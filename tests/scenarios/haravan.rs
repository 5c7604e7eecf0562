//! Strategy 4 of the library, "the morning after", as a Haravan shop uses it: whoever leaves a checkout without paying
//! hears of it at eight the next morning, over Zalo, and by SMS where Zalo does not reach them; once, and not if they
//! ordered meanwhile.

use std::sync::{Arc, Mutex};

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_testkit::shopify::{self, Delivery};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    the_morning_after_comes_over_zalo_or_else_by_sms_once,
    who_ordered_in_the_evening_is_left_alone_whoever_tells_it,
    only_what_haravan_signed_is_taken,
);

const SECRET: &str = "hush-haravan";

/// A Haravan shop: what it answers when it is asked.
#[derive(Clone, Default)]
struct Shop {
    checkouts: Arc<Mutex<Vec<Value>>>,
    orders: Arc<Mutex<Vec<Value>>>,
}

/// The shop with its two channels, connected.
struct Connected {
    shop: Shop,
    _haravan: Provider,
    zalo: Provider,
    sms: Provider,
    webhook: String,
}

impl Shop {
    async fn serve(&self) -> Provider {
        let shop = self.clone();
        Provider::deciding(move |request: &Received| {
            let path = request.path.split('?').next().unwrap_or_default();
            Answer::reply(
                200,
                match path {
                    "/com/checkouts.json" => json!({ "checkouts": *shop.checkouts.lock().unwrap() }),
                    "/com/orders.json" => json!({ "orders": *shop.orders.lock().unwrap() }),
                    _ => json!({ "shop": { "name": "Acorn" } }),
                },
            )
        })
        .await
    }

    /// Somebody leaves a checkout.
    fn left(&self, world: &World, token: &str, name: &str, phone: &str) {
        self.checkouts.lock().unwrap().push(json!({
            "id": 1_002_003_004_005_006_007_u64, "token": token, "cart_token": format!("cart-{token}"),
            "currency": "VND", "total_price": 350_000.0, "updated_at": world.now().to_string(), "completed_at": null,
            "abandoned_checkout_url": "https://acorn.myharavan.com/checkouts/1", "phone": phone,
            "buyer_accepts_marketing": true, "customer_locale": "vi",
            "line_items": [{ "title": "Ấm trà", "quantity": 1, "variant_id": 11, "price": 350_000.0 }],
            "shipping_address": { "first_name": name, "country_code": "VN", "ward_code": "00001" },
        }));
    }
}

fn order(world: &World, token: &str, phone: &str) -> Value {
    json!({
        "id": format!("o-{token}"), "name": "#1001", "currency": "VND", "total_price": 350_000.0,
        "created_at": world.now().to_string(), "updated_at": world.now().to_string(), "cancelled_at": null,
        "financial_status": "pending", "checkout_token": token, "phone": phone, "line_items": [],
    })
}

async fn connected(world: &World) -> Connected {
    let of_shop = format!("/v1/shops/{}", world.shop());
    world.operator.patch(&of_shop, &json!({ "time_zone": "Asia/Ho_Chi_Minh", "country": "VN" })).await.ok();
    let shop = Shop::default();
    let haravan = shop.serve().await;
    world.install("haravan").await;
    let config = json!({ "org_id": "1000", "endpoint": haravan.url() });
    let secrets = json!({ "client_secret": SECRET, "verify_token": "tok", "access_token": "t0ken" });
    let source = world.connect("sources", "haravan", "haravan", config, secrets).await;
    let zalo = Provider::deciding(|request: &Received| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let answer = match request.path.as_str() {
            "/v4/oa/access_token" => json!({ "access_token": "a", "refresh_token": "r", "expires_in": "90000" }),
            _ if body.contains("84912000222") => json!({ "error": -118, "message": "Zalo account not existed" }),
            _ => json!({ "error": 0, "message": "Success", "data": { "msg_id": body.len().to_string() } }),
        };
        Answer::reply(200, answer)
    })
    .await;
    world.install("zalo_zns").await;
    let secrets = json!({ "access_token": "old", "refresh_token": "first", "app_secret": "app", "oa_secret": "oa" });
    let config = json!({ "app_id": "77", "endpoint": zalo.url() });
    world.connect("channels", "zalo", "zalo-zns", config, secrets).await;
    let message = json!({ "id": "1460969715572091219", "points": 0.165, "status": "QUEUE", "error": null });
    let sms = Provider::start(Answer::reply(200, json!({ "count": 1, "list": [message] }))).await;
    world.install("smsapi").await;
    let config = json!({ "sender": "Acorn", "endpoint": sms.url() });
    world.connect("channels", "sms", "smsapi", config, json!({ "token": "t0ken", "callback_key": "k3y" })).await;
    world.publish_example("morning-after-zalo").await;
    world.settle().await;
    let webhook = source["webhook"].as_str().unwrap().to_owned();
    Connected { shop, _haravan: haravan, zalo, sms, webhook }
}

impl Connected {
    /// The notices that Zalo was given.
    fn notices(&self) -> Vec<Value> {
        let received = self.zalo.received();
        received.iter().filter(|request| request.path == "/message/template").map(Received::json).collect()
    }

    /// Haravan tells something; what it is answered.
    async fn tells(&self, world: &World, org: &str, topic: &str, body: &str, secret: &str) -> u16 {
        let signature = shopify::signature(secret, body.as_bytes());
        let headers = [("x-haravan-topic", topic), ("x-haravan-org-id", org), ("x-haravan-hmacsha256", &signature)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let delivery = Delivery { topic: topic.to_owned(), headers, body: body.as_bytes().to_vec() };
        world.api.deliver(&self.webhook, &delivery).await
    }
}

/// From 17:00 in Hanoi, where the stories begin, to a minute before eight.
async fn the_night(world: &World) {
    world.skip(Span::minutes(15 * 60 - 1)).await;
}

async fn the_morning_after_comes_over_zalo_or_else_by_sms_once(world: &World) {
    let shop = connected(world).await;
    shop.shop.left(world, "t1", "Linh", "901234567");
    shop.shop.left(world, "t2", "An", "0912000222");
    the_night(world).await;
    assert_eq!((shop.notices().len(), shop.sms.received().len()), (0, 0), "it is not eight yet");
    world.skip(Span::minutes(3)).await;
    let mut phones: Vec<Value> = shop.notices().into_iter().map(|notice| notice["phone"].clone()).collect();
    phones.sort_by_key(Value::to_string);
    assert_eq!(phones, [json!("84901234567"), json!("84912000222")]);
    let [text] = &shop.sms.received()[..] else { panic!("one text message") };
    let text = String::from_utf8_lossy(&text.body).into_owned();
    assert!(text.contains("84912000222") && text.contains("checkouts"), "{text}");
    // The shop still tells of the same checkouts at every poll.
    world.skip(Span::days(3)).await;
    assert_eq!((shop.notices().len(), shop.sms.received().len()), (2, 1), "once for each checkout");
}

async fn who_ordered_in_the_evening_is_left_alone_whoever_tells_it(world: &World) {
    let shop = connected(world).await;
    shop.shop.left(world, "t1", "Linh", "901234567");
    shop.shop.left(world, "t2", "An", "0912000222");
    world.skip(Span::hours(2)).await;
    let told = order(world, "t1", "0901234567").to_string();
    assert_eq!(shop.tells(world, "1000", "orders/create", &told, SECRET).await, 200);
    // No webhook comes of the other one; the shop is asked before it writes.
    shop.shop.orders.lock().unwrap().push(order(world, "t2", "0912000222"));
    world.skip(Span::hours(24)).await;
    assert_eq!((shop.notices().len(), shop.sms.received().len()), (0, 0));
    let reasons: Vec<Value> =
        world.api.list("/v1/runs").await.into_iter().map(|run| run["position"]["reason"].clone()).collect();
    assert_eq!(reasons, [json!("converted"), json!("converted")]);
}

async fn only_what_haravan_signed_is_taken(world: &World) {
    let shop = connected(world).await;
    let body = serde_json::to_string_pretty(&order(world, "t1", "0901234567")).unwrap();
    let answered = [
        shop.tells(world, "1000", "orders/create", &body, SECRET).await,
        shop.tells(world, "1000", "orders/create", &body, "another secret").await,
        shop.tells(world, "2000", "orders/create", &body, SECRET).await,
    ];
    assert_eq!(answered, [200, 401, 401]);
    let mut flipped = body.clone().into_bytes();
    flipped[10] ^= 1;
    let headers = vec![
        ("x-haravan-topic".to_owned(), "orders/create".to_owned()),
        ("x-haravan-hmacsha256".to_owned(), shopify::signature(SECRET, body.as_bytes())),
    ];
    let delivery = Delivery { topic: String::new(), headers, body: flipped };
    assert_eq!(world.api.deliver(&shop.webhook, &delivery).await, 401);
    let challenge =
        |token: &str| format!("{}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=c-7", shop.webhook);
    assert_eq!(world.api.fetch(&challenge("tok")).await, (200, "c-7".to_owned()));
    assert_eq!(world.api.fetch(&challenge("other")).await.0, 401);
}

//! What came in at a channel or source lately: shown whatever came of it, without anything that lets somebody in, and not
//! for long.

use cartwright_domain::time::Span;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, CLIENT_SECRET, Delivery, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

use crate::whatsapp;

on_both_databases!(
    s02_every_delivery_is_shown_with_what_came_of_it_and_without_its_secrets,
    s02_a_handshake_and_a_receipt_of_a_channel_are_shown_at_the_channel,
    a_flood_that_nobody_proved_pushes_nothing_out_and_is_still_counted,
    a_long_delivery_is_shown_up_to_a_bound,
    deliveries_of_one_shop_are_shown_to_no_other,
    deliveries_go_after_two_days_also_where_nothing_comes_any_more,
    s45_deliveries_go_with_whoever_is_erased,
    s45_deliveries_go_with_the_whole_shop_also_where_nobody_is_known,
);

const SHOPIFY: &str = "/v1/sources/shopify/deliveries";

async fn address(world: &World) -> String {
    world.api.get("/v1/sources/shopify").await.ok()["webhook"].as_str().unwrap().to_owned()
}

fn cart(world: &World, id: &str, secret: &str) -> Delivery {
    shopify::delivery("carts/update", id, &shopify::cart("hWN4cart", &[TEAPOT], world.now()), secret)
}

fn outcomes(deliveries: &[Value]) -> Vec<&str> {
    deliveries.iter().map(|one| one["outcome"].as_str().unwrap()).collect()
}

fn header<'a>(delivery: &'a Value, name: &str) -> &'a str {
    let headers = delivery["request"]["headers"].as_array().unwrap();
    headers.iter().find(|header| header[0] == name).and_then(|header| header[1].as_str()).unwrap()
}

async fn s02_every_delivery_is_shown_with_what_came_of_it_and_without_its_secrets(world: &World) {
    let address = address(world).await;
    let known = cart(world, "d-1", CLIENT_SECRET);
    let forged = cart(world, "d-2", "not the secret");
    let note = json!({ "id": 1, "note": CLIENT_SECRET });
    let mut odd = shopify::delivery("themes/publish", "d-3", &note, CLIENT_SECRET);
    odd.headers.push(("authorization".into(), "Bearer nobodys-business".into()));
    odd.headers.push(("cookie".into(), "session=nobodys-cookie".into()));
    let mut statuses = Vec::new();
    for (path, delivery) in [("", &known), ("", &known), ("", &forged), ("/odd?token=nobodys-token&order=7", &odd)] {
        statuses.push(world.api.deliver(&format!("{address}{path}"), delivery).await);
        world.skip(Span::seconds(1)).await;
    }
    assert_eq!(statuses, [200, 200, 401, 200]);
    let shown = world.api.list(SHOPIFY).await;
    assert_eq!(outcomes(&shown), ["put_aside", "refused", "already_known", "accepted"], "{shown:#?}");
    let answered: Vec<u64> = shown.iter().rev().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(answered, [200, 200, 401, 200]);
    let [aside, refused, again, accepted] = <[Value; 4]>::try_from(shown).unwrap();
    assert_eq!((&accepted["told"], &accepted["known"]), (&json!(1), &json!(0)));
    assert_eq!((&again["told"], &again["known"], &again["next_step"]), (&json!(1), &json!(1), &Value::Null));
    assert!(refused["next_step"].as_str().unwrap().contains("set the secret here"), "{refused:#}");
    assert!(refused["reason"].is_string() && aside["reason"].as_str().unwrap().contains("themes/publish"));
    assert_eq!(aside["request"]["body"]["text"], json!({ "id": 1, "note": "***" }).to_string());
    assert_eq!(aside["request"]["path"], "/odd?token=***&order=7");
    assert_eq!(accepted["request"]["body"]["text"], String::from_utf8(known.body.clone()).unwrap());
    assert_eq!(
        (&accepted["request"]["bytes"], &accepted["request"]["is_cut"]),
        (&json!(known.body.len()), &json!(false))
    );
    for delivery in [&aside, &refused, &again, &accepted] {
        assert_eq!(header(delivery, "x-shopify-hmac-sha256"), "***", "who has it could send this again");
        let text = delivery.to_string();
        assert!(!text.contains(CLIENT_SECRET) && !text.contains("nobodys-"), "{text}");
    }
    assert_eq!(header(&accepted, "x-shopify-topic"), "carts/update");

    let page = world.api.get(&format!("{SHOPIFY}?limit=3")).await.ok();
    let rest = world.api.get(&format!("{SHOPIFY}?limit=3&after={}", page["next"].as_str().unwrap())).await.ok();
    let found: Vec<&Value> = [&page, &rest].iter().flat_map(|page| page["items"].as_array().unwrap()).collect();
    assert_eq!(found, [&aside, &refused, &again, &accepted]);
    assert_eq!(rest["next"], Value::Null);
    assert!(world.api.list("/v1/channels/inbox/deliveries").await.is_empty());
    assert_eq!(world.api.get("/v1/channels/shopify/deliveries").await.problem(), "not_found");
}

async fn s02_a_handshake_and_a_receipt_of_a_channel_are_shown_at_the_channel(world: &World) {
    let provider = Provider::start(Answer::wamid("wamid.1")).await;
    let webhook = whatsapp::connect(world, &provider).await["webhook"].as_str().unwrap().to_owned();
    let asked = format!("{webhook}?hub.mode=subscribe&hub.verify_token=any&hub.challenge=c-7");
    assert_eq!(world.api.fetch(&asked).await, (200, "c-7".into()));
    world.skip(Span::seconds(1)).await;
    let status = cartwright_testkit::whatsapp::status("wamid.1", "read", None, world.now());
    let receipt = cartwright_testkit::whatsapp::delivery(&status);
    assert_eq!(world.api.deliver(&webhook, &receipt).await, 200);
    let shown = world.api.list("/v1/channels/whatsapp/deliveries").await;
    assert_eq!(outcomes(&shown), ["accepted", "handshake"], "{shown:#?}");
    assert_eq!((&shown[0]["told"], &shown[1]["request"]["method"]), (&json!(1), &json!("GET")));
    assert_eq!(shown[1]["request"]["path"], "?hub.mode=subscribe&hub.verify_token=***&hub.challenge=c-7");
}

async fn a_flood_that_nobody_proved_pushes_nothing_out_and_is_still_counted(world: &World) {
    assert_eq!(world.deliver(&cart(world, "d-1", CLIENT_SECRET)).await, 200);
    for number in 0..60 {
        assert_eq!(world.deliver(&cart(world, &format!("forged-{number}"), "not the secret")).await, 401);
    }
    let shown = world.api.list(&format!("{SHOPIFY}?limit=200")).await;
    let refused = outcomes(&shown).iter().filter(|outcome| **outcome == "refused").count();
    assert_eq!((refused, shown.len()), (10, 11), "of each stretch between two writes some are noted");
    assert_eq!(world.count("webhook_refused").await, 60);
}

async fn a_long_delivery_is_shown_up_to_a_bound(world: &World) {
    let mut long = shopify::cart("hWN4cart", &[TEAPOT], world.now());
    long["note"] = json!("x".repeat(200_000));
    let delivery = shopify::delivery("carts/update", "d-1", &long, CLIENT_SECRET);
    assert_eq!(world.deliver(&delivery).await, 200);
    let request = world.api.list(SHOPIFY).await.remove(0)["request"].clone();
    assert_eq!((&request["bytes"], &request["is_cut"]), (&json!(delivery.body.len()), &json!(true)));
    let text = request["body"]["text"].as_str().unwrap();
    assert!(text.len() == 64 * 1024 && delivery.body.starts_with(text.as_bytes()), "{}", text.len());
}

async fn deliveries_of_one_shop_are_shown_to_no_other(world: &World) {
    assert_eq!(world.deliver(&cart(world, "d-1", CLIENT_SECRET)).await, 200);
    assert_eq!(world.api.list(SHOPIFY).await.len(), 1);
    let shop = json!({ "name": "Birch", "currency": "EUR", "time_zone": "Europe/Berlin" });
    let shop = world.operator.post("/v1/shops", &shop).await.ok();
    let other = world.operator.of_shop(shop["id"].as_str().unwrap());
    assert_eq!(other.get(SHOPIFY).await.problem(), "not_found");
    let component = cartwright_testkit::present::component("shopify");
    other.upload("/v1/plugins", component).await.ok();
    let grants = world.api.get("/v1/sources/shopify").await.ok()["grants"].clone();
    let settings = json!({ "plugin": "shopify", "grants": grants, "secrets": { "client_secret": "other" } });
    other.put("/v1/sources/shopify", &settings).await.ok();
    assert!(other.list(SHOPIFY).await.is_empty());
    assert_eq!(world.api.list(SHOPIFY).await.len(), 1);
}

async fn deliveries_go_after_two_days_also_where_nothing_comes_any_more(world: &World) {
    assert_eq!(world.deliver(&cart(world, "d-1", CLIENT_SECRET)).await, 200);
    // One round of the worker, which ends at once.
    let works = async || world.engine.work(std::future::ready(())).await;
    for (later, left) in [(Span::hours(47), 1), (Span::hours(2), 0)] {
        world.skip(later).await;
        works().await;
        assert_eq!(world.api.list(SHOPIFY).await.len(), left, "{later:?}");
    }
}

async fn s45_deliveries_go_with_whoever_is_erased(world: &World) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    world.settle().await;
    assert!(world.api.list(SHOPIFY).await[0].to_string().contains(ANA.email));
    world.skip(Span::minutes(1)).await;
    // Noted, and not written down yet.
    assert_eq!(world.tell("checkouts/update", &checkout).await, 200);
    let ana = world.api.list("/v1/customers").await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.api.delete(&format!("/v1/customers/{ana}")).await.status, 204);
    assert!(world.api.list(SHOPIFY).await.is_empty());
    world.skip(Span::minutes(1)).await;
    assert_eq!(world.deliver(&cart(world, "d-1", CLIENT_SECRET)).await, 200);
    assert_eq!(world.api.list(SHOPIFY).await.len(), 1, "it goes on");
}

async fn s45_deliveries_go_with_the_whole_shop_also_where_nobody_is_known(world: &World) {
    assert_eq!(world.tell("customers/odd", &json!({ "email": ANA.email })).await, 200);
    assert_eq!(world.api.list(SHOPIFY).await.len(), 1);
    let body = json!({ "shop_id": 1, "shop_domain": shopify::SHOP_DOMAIN });
    assert_eq!(world.tell("shop/redact", &body).await, 200);
    world.settle().await;
    assert!(world.api.list(SHOPIFY).await.is_empty());
    assert!(world.api.list("/v1/customers").await.is_empty());
}

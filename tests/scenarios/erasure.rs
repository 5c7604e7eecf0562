//! S45: whoever is erased is not written to again, and nothing personal is left of them; and what a platform says of its
//! own end.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, SHOP_DOMAIN, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s45_nothing_personal_is_left_of_whoever_is_erased,
    s45_no_sync_and_no_import_writes_to_an_erased_address_again,
    s45_the_platform_has_a_customer_erased,
    s45_whoever_is_not_known_does_not_become_known_by_being_erased,
    s45_the_platform_has_everybody_erased,
    s45_who_asks_for_their_data_is_told_of_with_what_to_do_and_until_when,
    s45_one_shop_erases_nobody_of_another,
    s08_an_app_that_was_removed_holds_its_source_until_it_is_saved_anew,
);

/// Ana has left a cart behind.
async fn ana_comes(world: &World) {
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.settle().await;
}

/// … and was reminded of it.
async fn reminded(world: &World) -> String {
    world.publish_example("add-to-cart-reminder").await;
    ana_comes(world).await;
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await.len(), 1);
    ana(world).await["id"].as_str().unwrap().to_owned()
}

async fn ana(world: &World) -> Value {
    let customers = world.api.list("/v1/customers").await;
    customers.into_iter().find(|customer| customer["email"] == ANA.email).unwrap()
}

/// Everything that the shop's API and journal still say.
async fn all_that_is_said(world: &World) -> String {
    let mut said = String::new();
    for list in ["customers", "runs", "messages", "inbox", "asides", "sources/shopify/deliveries"] {
        said += &json!(world.api.list(&format!("/v1/{list}")).await).to_string();
    }
    for run in world.api.list("/v1/runs").await {
        let path = format!("/v1/runs/{}/trace", run["id"].as_str().unwrap());
        said += &json!(world.api.list(&path).await).to_string();
    }
    let shop = world.shop().parse().unwrap();
    let recorded = world.engine.store.recorded_events(shop, None, 1_000).await.unwrap();
    said + &format!("{recorded:?}")
}

async fn s45_nothing_personal_is_left_of_whoever_is_erased(world: &World) {
    let id = reminded(world).await;
    // An authentic delivery that nobody understands, with her address in it.
    assert_eq!(world.tell("customers/odd", &json!({ "email": ANA.email })).await, 200);
    let before = all_that_is_said(world).await;
    for trait_ in [ANA.email, ANA.phone.unwrap(), "Copper teapot"] {
        assert!(before.contains(trait_), "{trait_}");
    }
    let path = format!("/v1/customers/{id}");
    assert_eq!(world.api.delete(&path).await.status, 204);
    let after = all_that_is_said(world).await;
    for trait_ in [ANA.email, ANA.phone.unwrap(), "9007199254741993", "\"Ana\"", "Copper teapot", "hWN4cart"] {
        assert!(!after.contains(trait_), "{trait_} is still there:\n{after}");
    }
    let customer = world.api.get(&path).await.ok();
    assert_eq!(customer["erased_at"], json!(world.now()));
    assert_eq!(world.message().await["state"], "accepted", "what was sent counts as before");
    assert_eq!(world.api.delete(&path).await.status, 204, "erasing twice erases once");
    assert_eq!(world.api.delete("/v1/customers/01900000-0000-7000-8000-000000000000").await.status, 404);
}

async fn s45_no_sync_and_no_import_writes_to_an_erased_address_again(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_comes(world).await;
    let id = ana(world).await["id"].as_str().unwrap().to_owned();
    assert_eq!(world.api.delete(&format!("/v1/customers/{id}")).await.status, 204);
    let run = world.run().await;
    assert_eq!((&run["position"]["at"], &run["position"]["reason"]), (&json!("ended"), &json!("erased")));
    world.skip(Span::hours(5)).await;
    assert!(world.inbox().await.is_empty(), "her run is over");
    ana_comes(world).await;
    world.skip(Span::hours(5)).await;
    let marks = ana(world).await["marks"].clone();
    assert_eq!(marks.as_array().map(Vec::len), Some(3), "every address is left alone: {marks:#}");
    assert!(world.inbox().await.is_empty());
    let messages = world.messages().await;
    assert_eq!(messages[0]["reason"], "suppressed", "{messages:#?}");
}

async fn s45_the_platform_has_a_customer_erased(world: &World) {
    let id = reminded(world).await;
    let customer = json!({ "id": ANA.id, "email": ANA.email, "phone": ANA.phone });
    let body = json!({ "shop_id": 1, "shop_domain": SHOP_DOMAIN, "customer": customer, "orders_to_redact": [] });
    assert_eq!(world.tell("customers/redact", &body).await, 200);
    world.settle().await;
    let after = all_that_is_said(world).await;
    assert!(!after.contains(ANA.email), "{after}");
    assert!(world.api.get(&format!("/v1/customers/{id}")).await.ok()["erased_at"].is_string());
}

async fn s45_whoever_is_not_known_does_not_become_known_by_being_erased(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    let customer = json!({ "id": ANA.id, "email": ANA.email, "phone": ANA.phone });
    let body = json!({ "shop_id": 1, "shop_domain": SHOP_DOMAIN, "customer": customer, "orders_to_redact": [] });
    assert_eq!(world.tell("customers/redact", &body).await, 200);
    world.settle().await;
    assert!(world.api.list("/v1/customers").await.is_empty());
    let after = all_that_is_said(world).await;
    assert!(!after.contains(ANA.email) && !after.contains("customer_redacted"), "{after}");
    ana_comes(world).await;
    world.skip(Span::hours(5)).await;
    assert!(world.inbox().await.is_empty(), "her address is known again and left alone");
}

async fn s45_the_platform_has_everybody_erased(world: &World) {
    reminded(world).await;
    let body = json!({ "shop_id": 1, "shop_domain": SHOP_DOMAIN });
    assert_eq!(world.tell("shop/redact", &body).await, 200);
    world.settle().await;
    let customers = world.api.list("/v1/customers").await;
    assert!(customers.iter().all(|customer| customer["erased_at"].is_string()), "{customers:#?}");
    assert!(!all_that_is_said(world).await.contains(ANA.email));
}

async fn s45_who_asks_for_their_data_is_told_of_with_what_to_do_and_until_when(world: &World) {
    let id = reminded(world).await;
    let asks = |number: u32, customer: u64| {
        let customer = json!({ "id": customer, "email": "somebody@acorn.example", "phone": null });
        json!({ "shop_id": 1, "shop_domain": SHOP_DOMAIN, "customer": customer, "orders_requested": [],
            "data_request": { "id": number } })
    };
    let since = world.now();
    for (number, customer) in [(9998, ANA.id), (9999, 191_167), (9999, 191_167)] {
        assert_eq!(world.tell("customers/data_request", &asks(number, customer)).await, 200);
        world.settle().await;
    }
    let alerts = world.api.list("/v1/alerts").await;
    let mut told: Vec<(&str, &str)> =
        alerts.iter().map(|alert| (alert["about"].as_str().unwrap(), alert["next_step"].as_str().unwrap())).collect();
    told.sort_unstable();
    let [(known, step), (unknown, nothing)] = told[..] else { panic!("two: {alerts:#?}") };
    assert_eq!((known, unknown), ("shopify (#9998)", "shopify (#9999)"));
    assert!(step.contains(&format!("GET /v1/customers/{id}")), "{step}");
    assert!(nothing.contains("nothing is kept here of their customer 191167"), "{nothing}");
    for alert in &alerts {
        assert_eq!((&alert["cause"], &alert["closed_at"]), (&json!("data_requested"), &Value::Null));
        let until = (since + Span::days(30)).to_string();
        assert!(alert["words"].as_str().unwrap().contains(&until), "{alert:#}");
    }
    let customers = world.api.list("/v1/customers").await;
    assert_eq!(customers.len(), 1, "who asks does not become known by it: {customers:#?}");
    let shop = world.shop().parse().unwrap();
    let recorded = world.engine.store.recorded_events(shop, None, 1_000).await.unwrap();
    assert!(!format!("{recorded:?}").contains("somebody@acorn.example"));
    world.skip(Span::days(30)).await;
    let alerts = world.api.list("/v1/alerts").await;
    assert!(alerts.iter().all(|alert| alert["closed_at"].is_string()), "its term is over: {alerts:#?}");
}

async fn s45_one_shop_erases_nobody_of_another(world: &World) {
    let id = reminded(world).await;
    let shop = json!({ "name": "Birch", "currency": "EUR", "time_zone": "Europe/Berlin" });
    let shop = world.operator.post("/v1/shops", &shop).await.ok();
    let other = world.operator.of_shop(shop["id"].as_str().unwrap());
    assert_eq!(other.delete(&format!("/v1/customers/{id}")).await.status, 404);
    assert_eq!(ana(world).await["id"], json!(id));
}

async fn s08_an_app_that_was_removed_holds_its_source_until_it_is_saved_anew(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_comes(world).await;
    let body = json!({ "id": 1, "email": "owner@example.com", "myshopify_domain": SHOP_DOMAIN });
    assert_eq!(world.tell("app/uninstalled", &body).await, 200);
    world.skip(Span::hours(4)).await;
    assert!(world.inbox().await.is_empty(), "nobody would hear of an order");
    assert_eq!(world.message().await["state"], "held");
    let source = world.api.get("/v1/sources/shopify").await.ok();
    assert!(source["held"]["next_step"].as_str().unwrap().contains("Install the app"), "{source:#}");
    let alerts = world.api.list("/v1/alerts").await;
    let causes: Vec<&Value> = alerts.iter().map(|alert| &alert["cause"]).collect();
    assert_eq!(causes, [&json!("source_held")], "{alerts:#?}");
    let settings = json!({
        "plugin": source["plugin"], "config": {}, "grants": source["grants"],
        "secrets": { "client_secret": shopify::CLIENT_SECRET },
    });
    world.api.put("/v1/sources/shopify", &settings).await.ok();
    world.skip(Span::minutes(2)).await;
    assert_eq!(world.inbox().await.len(), 1, "it is installed again");
    assert!(world.api.list("/v1/alerts").await[0]["closed_at"].is_string());
}

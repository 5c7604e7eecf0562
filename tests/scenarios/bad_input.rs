//! What is wrong, and what the shop is told about it. Nothing of it stops the service, and nothing is a 500.

use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    s02_a_wrong_signature_is_refused_and_counted,
    s02_an_unknown_topic_is_answered_and_put_aside,
    s02_a_malformed_body_is_answered_and_put_aside,
    s02_what_is_put_aside_is_shown_with_its_connection_and_without_its_secrets,
    s02_a_delivery_that_was_put_aside_is_taken_in_once_it_can_be,
    s02_a_delivery_that_is_understood_no_better_says_why_once_more,
    s02_ids_beyond_javascript_and_missing_phones_are_taken_as_meant,
    s02_the_same_id_with_other_content_is_a_conflict_on_our_own_api,
    s03_an_event_from_the_far_future_is_refused,
    s03_an_event_ahead_of_our_clock_is_the_same_event_when_told_again,
    bad_events_name_the_field,
    bad_strategies_name_the_path_of_the_fault,
);

async fn s02_a_wrong_signature_is_refused_and_counted(world: &World) {
    let cart = shopify::cart("hWN4cart", &[TEAPOT], world.now());
    let forged = shopify::delivery("carts/update", "forged", &cart, "not the secret");
    assert_eq!(world.deliver(&forged).await, 401);
    let mut unsigned = shopify::delivery("carts/update", "unsigned", &cart, shopify::CLIENT_SECRET);
    unsigned.headers.retain(|(name, _)| name != "x-shopify-hmac-sha256");
    assert_eq!(world.deliver(&unsigned).await, 401);
    let mut changed = shopify::delivery("carts/update", "changed", &cart, shopify::CLIENT_SECRET);
    changed.body.push(b' ');
    assert_eq!(world.deliver(&changed).await, 401);
    assert_eq!(world.count("webhook_refused").await, 3);
    world.settle().await;
    assert!(world.api.list("/v1/customers").await.is_empty());
}

async fn s02_an_unknown_topic_is_answered_and_put_aside(world: &World) {
    assert_eq!(world.tell("themes/publish", &json!({ "id": 1 })).await, 200);
    let asides = world.api.list("/v1/asides").await;
    assert!(asides[0]["reason"].as_str().unwrap().contains("themes/publish"), "{asides:?}");
    assert_eq!(world.count("webhook_put_aside").await, 1);
}

async fn s02_a_malformed_body_is_answered_and_put_aside(world: &World) {
    let bodies: [&[u8]; 4] = [b"", b"{\"token\":", b"[]", b"{\"token\": \"a\", \"line_items\": [{\"quantity\": -1}]}"];
    for (number, body) in bodies.iter().enumerate() {
        let id = format!("malformed-{number}");
        let delivery = shopify::delivery_of_bytes("carts/update", &id, body.to_vec(), shopify::CLIENT_SECRET);
        assert_eq!(world.deliver(&delivery).await, 200, "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(world.api.list("/v1/asides").await.len(), bodies.len());
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.settle().await;
    assert_eq!(world.api.list("/v1/customers").await.len(), 1);
}

async fn s02_what_is_put_aside_is_shown_with_its_connection_and_without_its_secrets(world: &World) {
    let body = json!({ "id": 1, "note": shopify::CLIENT_SECRET });
    let mut delivery = shopify::delivery("themes/publish", "d-1", &body, shopify::CLIENT_SECRET);
    delivery.headers.push(("authorization".into(), "Bearer nobodys-business".into()));
    assert_eq!(world.deliver(&delivery).await, 200);
    let source = world.api.list("/v1/sources").await.remove(0);
    let of = async |connection: &Value| {
        world.api.list(&format!("/v1/asides?connection={}", connection["id"].as_str().unwrap())).await
    };
    let shown = of(&source).await;
    assert_eq!((shown.len(), &shown[0]["connection"]), (1, &source["id"]));
    assert_eq!(shown[0]["raw"]["body"]["text"], json!({ "id": 1, "note": "***" }).to_string());
    let text = shown[0].to_string();
    assert!(!text.contains(shopify::CLIENT_SECRET) && !text.contains("nobodys-business"), "{text}");
    assert!(text.contains("themes/publish"));
    let headers = shown[0]["raw"]["headers"].as_array().unwrap();
    assert!(headers.contains(&json!(["x-shopify-hmac-sha256", "***"])), "{headers:?}");
    let channel = world.api.list("/v1/channels").await.remove(0);
    assert!(of(&channel).await.is_empty());
}

async fn s02_a_delivery_that_was_put_aside_is_taken_in_once_it_can_be(world: &World) {
    // The platform's clock is a day ahead.
    let cart = shopify::cart("hWN4cart", &[TEAPOT], world.now() + Span::hours(25));
    assert_eq!(world.tell("carts/update", &cart).await, 200);
    let aside = world.api.list("/v1/asides").await.remove(0);
    let again = format!("/v1/asides/{}/take-in", aside["id"].as_str().unwrap());
    let refused = world.api.post(&again, &json!({})).await.ok();
    assert_eq!((&refused["reason"], &refused["taken_at"]), (&aside["reason"], &Value::Null), "{refused:#}");
    world.skip(Span::hours(3)).await;
    let taken = world.api.post(&again, &json!({})).await.ok();
    assert_eq!((&taken["id"], &taken["taken_at"]), (&aside["id"], &json!(world.now())), "{taken:#}");
    world.settle().await;
    assert_eq!(world.api.list("/v1/customers").await.len(), 1);
    // Whoever asks again, or the platform that tells it again, changes nothing.
    world.skip(Span::hours(1)).await;
    assert_eq!(world.api.post(&again, &json!({})).await.ok(), taken);
    assert_eq!(world.tell("carts/update", &cart).await, 200);
    world.settle().await;
    assert_eq!(world.api.list("/v1/customers").await.len(), 1);
    assert_eq!(world.api.list("/v1/asides").await, [taken], "it stays to be seen");
    let audit = world.operator.of_shop(world.shop()).list("/v1/audit").await;
    let lines = audit.iter().filter(|line| line["operation"] == "POST /v1/asides/{aside}/take-in");
    assert_eq!(lines.count(), 3);
}

async fn s02_a_delivery_that_is_understood_no_better_says_why_once_more(world: &World) {
    assert_eq!(world.tell("themes/publish", &json!({ "id": 1 })).await, 200);
    let aside = world.api.list("/v1/asides").await.remove(0);
    let again = format!("/v1/asides/{}/take-in", aside["id"].as_str().unwrap());
    assert_eq!(world.api.post(&again, &json!({})).await.ok(), aside);
    world.api.delete("/v1/sources/shopify").await;
    let gone = world.api.post(&again, &json!({})).await.ok();
    assert_eq!(gone["reason"], "the channel or source that it came in at was removed");
    assert_eq!(world.api.list("/v1/asides").await.len(), 1, "trying puts nothing aside");
    assert_eq!(world.count("webhook_put_aside").await, 1);
    for nobodys in ["999999", "0192f3a0-0000-7000-8000-000000000001", "-1"] {
        let answer = world.api.post(&format!("/v1/asides/{nobodys}/take-in"), &json!({})).await;
        assert_eq!(answer.problem(), "not_found", "{nobodys}");
    }
}

async fn s02_ids_beyond_javascript_and_missing_phones_are_taken_as_meant(world: &World) {
    let person = shopify::Person { phone: None, id: 9_223_372_036_854_775_807, ..ANA };
    let checkout = shopify::checkout("c7checkout", None, &person, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    world.settle().await;
    let [customer] = world.api.list("/v1/customers").await.try_into().unwrap();
    assert_eq!((&customer["email"], &customer["phone"]), (&json!(ANA.email), &Value::Null));
    assert_eq!(world.count("webhook_put_aside").await, 0);
}

fn event() -> Value {
    json!({ "id": "e1", "type": "cart.updated", "occurred_at": "2026-11-02T09:00:00Z", "subject": { "cart": "c" }, "body": {
        "lines": [{ "title": "Copper teapot", "quantity": 1, "price": { "amount": "64.50", "currency": "EUR" } }],
    } })
}

async fn s02_the_same_id_with_other_content_is_a_conflict_on_our_own_api(world: &World) {
    world.report(event()).await.ok();
    world.report(event()).await.ok();
    let mut other = event();
    other["body"]["lines"][0]["quantity"] = json!(2);
    let refused = world.report(other).await;
    assert_eq!((refused.status, refused.problem()), (409, "event_conflict"));
}

async fn s03_an_event_from_the_far_future_is_refused(world: &World) {
    let mut event = event();
    event["occurred_at"] = json!((world.now() + Span::hours(25)).to_string());
    let refused = world.report(event).await;
    assert_eq!((refused.status, refused.body["errors"][0]["field"].as_str()), (422, Some("occurred_at")));
}

async fn bad_events_name_the_field(world: &World) {
    let wrong: [(&str, Value, &str); 5] = [
        ("/body/lines/0/price/amount", json!("64.505"), "body.lines[0].price"),
        ("/body/lines/0/price/currency", json!("euro"), "body.lines[0].price"),
        ("/body/lines/0/quantity", json!(-1), "body.lines[0].quantity"),
        ("/occurred_at", json!("yesterday"), "occurred_at"),
        ("/type", json!("nonsense"), "type"),
    ];
    for (place, value, field) in wrong {
        let mut event = event();
        *event.pointer_mut(place).unwrap() = value;
        let refused = world.report(event).await;
        assert!((400..500).contains(&refused.status), "{place}: {refused:?}");
        let named = refused.body["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{place} is told as {named}");
    }
}

async fn bad_strategies_name_the_path_of_the_fault(world: &World) {
    world.install("high_value").await;
    let message = |next: &str| json!({ "kind": "message", "channel": "inbox", "content": "hello", "next": next });
    let contents = json!([{ "name": "hello", "variants": [{ "channel": "inbox", "body": { "text": "Hello" } }] }]);
    let condition = |plugin: &str, config: Value| json!({ "kind": "condition", "plugin": plugin, "config": config, "branches": { "yes": "b", "no": "b" } });
    let wrong = [
        (json!({ "a": message("b"), "b": message("a") }), "steps."),
        (json!({ "a": message("nowhere") }), "steps.a.next"),
        (json!({ "a": condition("no-such", json!({})), "b": { "kind": "exit" } }), "steps.a.plugin"),
        (
            json!({ "a": condition("high-value", json!({ "min_orders": "five" })), "b": { "kind": "exit" } }),
            "steps.a.config",
        ),
    ];
    for (steps, path) in wrong {
        let strategy =
            json!({ "name": "wrong", "trigger": { "on": "cart", "next": "a" }, "steps": steps, "contents": contents });
        let refused = world.api.post("/v1/strategies", &strategy).await;
        assert_eq!((refused.status, refused.problem()), (422, "strategy_faults"), "{path}: {:#}", refused.body);
        let paths: Vec<&str> =
            refused.body["errors"].as_array().unwrap().iter().filter_map(|fault| fault["field"].as_str()).collect();
        assert!(paths.iter().any(|named| named.starts_with(path)), "{path} is not among {paths:?}");
    }
    assert!(world.api.list("/v1/strategies").await.is_empty());
}

async fn s03_an_event_ahead_of_our_clock_is_the_same_event_when_told_again(world: &World) {
    let event = json!({
        "id": "ahead-1", "type": "cart.updated", "occurred_at": world.now() + Span::hours(1), "subject": { "cart": "c1" },
        "body": { "lines": [] }
    });
    assert_eq!(world.report(event.clone()).await.status, 202);
    world.skip(Span::minutes(1)).await;
    assert_eq!(world.report(event).await.status, 202);
    assert_eq!(world.count("clock_ahead").await, 2);
}

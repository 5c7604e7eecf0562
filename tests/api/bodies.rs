//! Whatever a client sends is answered, by a problem where it is wrong, and never by a 500.

use axum::body::Body;
use axum::http::Request;
use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, TEAPOT};
use cartwright_tests::Database;
use serde_json::{Value, json};

use crate::asking::{Service, operations, reminder};

#[tokio::test]
async fn nothing_that_is_sent_is_answered_by_a_500_on_sqlite() {
    send_nonsense(Service::busy_on(Database::sqlite().await).await).await;
}

#[tokio::test]
async fn nothing_that_is_sent_is_answered_by_a_500_on_postgres() {
    send_nonsense(Service::busy_on(Database::postgres().await).await).await;
}

async fn send_nonsense(service: Service) {
    let deep = "[".repeat(5_000);
    let wide = format!("{{\"{}\":1}}", "x".repeat(100_000));
    let bodies: [&[u8]; 17] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"1",
        b"\"x\"",
        b"[null]",
        b"[{}]",
        b"{\"a\":1e999}",
        b"\xff\xfe",
        b"{\"name\":\"\\u0000\"}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"id\":9007199254740993,\"type\":null,\"occurred_at\":-1}",
        b"{} {}",
        deep.as_bytes(),
        wide.as_bytes(),
    ];
    let values = [
        "nonsense",
        "%00",
        "%ff",
        "..",
        "a%2Fb",
        "0192f3a0-0000-7000-8000-000000000001",
        "%F0%9F%92%A9",
        &"x".repeat(3_000),
    ];
    let queries = [
        "",
        "?limit=0",
        "?limit=-1",
        "?limit=99999999999",
        "?after=%00",
        "?after=zzz",
        "?state=sleeping",
        "?unknown=1",
        "?run=1&run=2",
        "?%zz",
    ];
    for (method, path, _) in operations() {
        let mut asked = Vec::new();
        for value in values.iter().filter(|_| path.contains('{')) {
            let parts = path.split('/').map(|part| if part.starts_with('{') { value } else { part });
            asked.push(parts.collect::<Vec<_>>().join("/"));
        }
        asked.extend(queries.iter().map(|query| format!("{path}{query}")));
        for path in asked.iter().filter(|path| !path.contains('{')) {
            let bodies: &[&[u8]] = if method == "GET" || method == "DELETE" { &[b""] } else { &bodies };
            for body in bodies {
                let request =
                    Request::builder().method(method.as_str()).uri(path).header("content-type", "application/json");
                let request = request.header("authorization", format!("Bearer {}", service.own));
                let Ok(request) = request.body(Body::from(body.to_vec())) else { continue };
                let answer = service.send(request).await;
                let sent = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
                assert!(answer.status < 500, "{method} {path} {sent}: {} {}", answer.status, answer.text);
                if answer.status >= 400 {
                    assert_eq!(
                        answer.header("content-type"),
                        "application/problem+json",
                        "{method} {path} {sent}: {}",
                        answer.status
                    );
                    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"), "{method} {path} {sent}");
                }
            }
        }
    }
}

#[tokio::test]
async fn extreme_events_never_block_the_others_on_sqlite() {
    send_extremes(Service::quiet_on(Database::sqlite().await).await).await;
}

#[tokio::test]
async fn extreme_events_never_block_the_others_on_postgres() {
    send_extremes(Service::quiet_on(Database::postgres().await).await).await;
}

/// What is taken must be applied, however strange it is: one event that cannot be would hold up its whole shop.
async fn send_extremes(service: Service) {
    service.world.publish(&reminder()).await;
    let long = "x".repeat(200_000);
    // The longest names that are taken, four bytes a character.
    let fits: String = ('\u{10000}'..).take(255).collect();
    let deep = (0..58).fold(json!(1), |inner, _| json!([inner]));
    let line = |quantity: u32, amount: &str| json!({ "title": "Tea", "quantity": quantity, "price": { "amount": amount, "currency": "EUR" } });
    let person = |field: &str, value: Value| json!({ field: value, "consent": { "state": "subscribed" } });
    let events = [
        ("cart.updated", json!({ "lines": vec![line(u32::MAX, "92233720368547758.07"); 200] })),
        (
            "cart.updated",
            json!({ "lines": [line(0, "-92233720368547758.07")], "total": { "amount": "0.01", "currency": "KWD" } }),
        ),
        ("cart.updated", json!({ "lines": [], "updated_at": "9999-12-31T23:59:59.999Z" })),
        ("cart.updated", json!({ "lines": [{ "title": long, "quantity": 1 }] })),
        (
            "order.placed",
            json!({ "total": { "amount": "92233720368547758.07", "currency": "EUR" }, "placed_at": "9999-12-31T23:59:59Z" }),
        ),
        ("order.placed", json!({ "total": { "amount": "92233720368547758.07", "currency": "EUR" }, "placed_at": 0 })),
        ("customer.updated", person("attributes", json!({ "deep": deep, "": null, "\u{1f4a9}": f64::MAX }))),
        ("customer.updated", person("tags", json!([long, "", " ", "\u{202e}evil", "a\nb"]))),
        ("customer.updated", person("time_zone", json!("Middle/Earth"))),
        ("customer.updated", person("language", json!("not a tag"))),
        ("customer.updated", person("country", json!("ZZZ"))),
        ("customer.updated", person("email", json!("@"))),
        ("customer.updated", person("phone", json!("\u{0661}\u{0662}"))),
        ("customer.updated", person("first_name", json!(long))),
        ("product.updated", json!({ "product_id": long, "title": "" })),
        ("shop.strange", json!(deep)),
    ];
    let subjects = [
        json!({ "cart": "c-1", "customer": "p-1", "order": "o-1" }),
        json!({ "cart": long, "customer": long, "order": long, "email": long, "phone": long }),
        json!({ "cart": fits, "customer": fits, "order": fits, "email": fits, "anonymous": fits }),
        json!({ "cart": "", "customer": "", "order": "", "email": " ", "checkout": "\n" }),
        json!({}),
    ];
    let mut number = 0;
    for (kind, body) in &events {
        for subject in &subjects {
            for occurred_at in [json!("2026-11-02T09:59:00Z"), json!(0), json!("2026-11-03T09:59:59Z")] {
                number += 1;
                let event = json!({ "id": format!("x-{number}"), "type": kind, "occurred_at": occurred_at, "subject": subject, "body": body });
                let answer = service.ask("POST", "/v1/events", &service.own, Some(&event.to_string())).await;
                assert!(matches!(answer.status, 202 | 422), "{kind} {}: {}", answer.status, answer.text);
            }
        }
    }
    service.world.skip(Span::days(2)).await;
    let who = json!({ "customer": "last", "first_name": "Last" });
    assert_eq!(service.ask("POST", "/v1/identify", &service.own, Some(&who.to_string())).await.status, 202);
    service.world.settle().await;
    let customers = service.see("/v1/customers?limit=1").await;
    assert_eq!(customers["items"][0]["first_name"], "Last", "events wait behind one that cannot be applied");
    for path in ["/v1/runs", "/v1/messages", "/v1/inbox", "/v1/asides", "/v1/counts"] {
        service.see(path).await;
    }
}

#[tokio::test]
async fn s02_authentic_nonsense_is_always_answered_2xx_on_sqlite() {
    deliver_nonsense(Service::quiet_on(Database::sqlite().await).await).await;
}

#[tokio::test]
async fn s02_authentic_nonsense_is_always_answered_2xx_on_postgres() {
    deliver_nonsense(Service::quiet_on(Database::postgres().await).await).await;
}

/// A platform that is answered anything else sends it again, and in the end forgets the shop.
async fn deliver_nonsense(service: Service) {
    let world = &service.world;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let strange = |field: &str, value: Value| {
        let mut cart = shopify::cart("hWN4cart", &[TEAPOT], world.now());
        match field {
            "title" | "quantity" | "price" => cart["line_items"][0][field] = value,
            _ => cart[field] = value,
        }
        cart.to_string().into_bytes()
    };
    let nested = (0..110).fold(json!(1), |inner, _| json!([inner]));
    let bodies = [
        b"\0".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"token\":\"\\u0000\"}".to_vec(),
        b"{\"token\":1e999}".to_vec(),
        deep.into_bytes(),
        vec![b'['; 1024 * 1024],
        strange("token", json!("a\0b")),
        strange("token", json!("x".repeat(500_000))),
        strange("title", json!("tea\0pot")),
        strange("title", json!("x".repeat(500_000))),
        strange("quantity", json!(u64::MAX)),
        strange("price", json!("99999999999999999999.99")),
        strange("updated_at", json!("9999-12-31T23:59:59Z")),
        strange("note_attributes", nested),
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        for topic in
            ["carts/update", "checkouts/update", "orders/create", "customers/update", "products/update", "no/such"]
        {
            let id = format!("{topic}-{number}");
            let delivery = shopify::delivery_of_bytes(topic, &id, body.clone(), shopify::CLIENT_SECRET);
            assert_eq!(world.deliver(&delivery).await, 200, "{topic} with body {number}");
        }
    }
    world.settle().await;
    assert_eq!(world.tell("carts/update", &shopify::cart("sound", &[TEAPOT], world.now())).await, 200);
    world.settle().await;
    let before = service.see("/v1/customers").await["items"].as_array().unwrap().len();
    assert!(before > 0, "the sound cart waits behind one that cannot be applied");
}

#[tokio::test]
async fn a_body_larger_than_its_limit_is_refused_before_it_is_read() {
    let service = Service::quiet().await;
    let mib = 1024 * 1024;
    let hook =
        service.see("/v1/sources/shopify").await["webhook"].as_str().unwrap().replace("https://cartwright.example", "");
    let cases = [
        ("PUT", "/v1/contents/hello".to_owned(), mib, "application/json", 422),
        ("POST", hook, mib, "application/json", 401),
        ("POST", "/v1/plugins".to_owned(), 32 * mib, "application/wasm", 422),
    ];
    for (method, path, limit, kind, otherwise) in cases {
        for (size, announced, status) in [(limit, true, otherwise), (limit + 1, true, 413), (limit + 1, false, 413)] {
            // A JSON text of just this size.
            let body = [&b"\""[..], &vec![b'x'; size - 2], &b"\""[..]].concat();
            let mut request = Request::builder().method(method).uri(&path).header("content-type", kind);
            if announced {
                request = request.header("content-length", size);
            }
            let request =
                request.header("authorization", format!("Bearer {}", service.own)).body(Body::from(body)).unwrap();
            let answer = service.send(request).await;
            assert_eq!(answer.status, status, "{method} {path} with {size} bytes: {}", answer.text);
            if status == 413 {
                assert!(answer.text.contains("MiB"), "{}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn a_batch_of_events_is_answered_item_by_item() {
    let service = Service::quiet().await;
    let event = |id: &str, quantity: i32| {
        json!({
            "id": id, "type": "cart.updated", "occurred_at": "2026-11-02T09:00:00Z", "subject": { "cart": "c-1" },
            "body": { "lines": [{ "title": "Tea", "quantity": quantity }] }
        })
    };
    let batch = json!([event("1", 1), event("2", -1), event("1", 1), event("1", 2), {}, event("3", 1)]);
    let answer = service.ask("POST", "/v1/events", &service.own, Some(&batch.to_string())).await;
    assert_eq!(answer.status, 202);
    let items = answer.json()["items"].as_array().unwrap().clone();
    let status: Vec<&str> = items.iter().map(|item| item["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["accepted", "refused", "already_known", "conflict", "refused", "accepted"]);
    assert_eq!(items[1]["errors"][0]["field"], "body.lines[0].quantity");
    assert_eq!((&items[4]["errors"][0]["field"], &items[4]["id"]), (&json!("id"), &json!(null)));

    let many = |count: usize| {
        let events: Vec<_> = (0..count).map(|number| event(&format!("many-{number}"), 1)).collect();
        json!(events).to_string()
    };
    assert_eq!(service.ask("POST", "/v1/events", &service.own, Some(&many(500))).await.status, 202);
    for count in [0, 501] {
        assert_eq!(
            service.ask("POST", "/v1/events", &service.own, Some(&many(count))).await.code(),
            "invalid_request",
            "{count}"
        );
    }
}

#[tokio::test]
async fn what_a_webhook_address_does_not_know_is_not_found_with_any_method() {
    let service = Service::quiet().await;
    for path in [
        "/hooks/nonsense",
        "/hooks/0192f3a0-0000-7000-8000-000000000001",
        "/hooks/0192f3a0-0000-7000-8000-000000000001/orders/paid?x=1",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let answer = service.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let service = Service::quiet().await;
    let secret = cartwright_testkit::shopify::CLIENT_SECRET;
    let source = service.see("/v1/sources/shopify").await;
    assert_eq!(source["secrets"], json!(["client_secret"]));
    for path in ["/v1/sources", "/v1/sources/shopify", "/v1/channels", "/v1/plugins"] {
        assert!(!service.see(path).await.to_string().contains(secret), "{path}");
    }
}

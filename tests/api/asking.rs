//! One request at a time, byte for byte, without a socket in between.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use cartwright_api::ApiOptions;
use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{Database, World};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// A service with two shops: one that is busy, and another that has nothing.
pub(crate) struct Service {
    /// The busy shop's world.
    pub(crate) world: World,
    /// All routes, as `serve` has them.
    pub(crate) router: Router,
    /// Keys.
    pub(crate) operator: String,
    /// Opens the busy shop.
    pub(crate) own: String,
    /// Opens the other shop.
    pub(crate) foreign: String,
    /// Id of the busy shop.
    pub(crate) shop: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A strategy whose one condition reads a fact.
pub(crate) fn reminder() -> Value {
    json!({
        "name": "reminder",
        "trigger": { "on": "cart", "settle": "4h", "next": "new" },
        "steps": {
            "new": {
                "kind": "condition",
                "rule": { "combinator": "and", "rules": [{ "field": "orders.count", "operator": "=", "value": 0 }] },
                "branches": { "yes": "write", "no": "done" }
            },
            "write": { "kind": "message", "channel": "inbox", "content": "hello", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": [{
            "name": "hello",
            "variants": [{ "channel": "inbox", "body": { "text": "Hello {{ customer.first_name }} <b>" } }]
        }]
    })
}

impl Service {
    /// Ana left a teapot in her cart and was reminded of it.
    pub(crate) async fn busy() -> Self {
        Self::busy_on(Database::sqlite().await).await
    }

    /// The same on a database.
    pub(crate) async fn busy_on(database: Database) -> Self {
        let service = Self::quiet_on(database).await;
        let world = &service.world;
        world.publish(&reminder()).await;
        let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
        assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
        assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
        world.skip(Span::hours(5)).await;
        assert_eq!(world.inbox().await.len(), 1);
        service
    }

    /// Shops to which nothing has happened yet.
    pub(crate) async fn quiet() -> Self {
        Self::quiet_on(Database::sqlite().await).await
    }

    /// The same on a database.
    pub(crate) async fn quiet_on(database: Database) -> Self {
        let world = World::open(database).await;
        let engine = &world.engine;
        let shop = engine.store.shops().await.unwrap()[0].id;
        let other = engine.make_shop("Elm", "USD".parse().unwrap(), None, None).await.unwrap().id;
        let (_, operator) = engine.make_key(None, "operator").await.unwrap();
        let (_, own) = engine.make_key(Some(shop), "own").await.unwrap();
        let (_, foreign) = engine.make_key(Some(other), "foreign").await.unwrap();
        let reached = engine.clone().with_public_url("https://cartwright.example/");
        let router = cartwright_api::router(reached, ApiOptions::new("https://cartwright.example/"));
        Self { router, operator, own, foreign, shop: shop.to_string(), world }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = match parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream") {
            // What goes on as time does is over here after its first piece: nobody moves the clock meanwhile.
            true => body.into_data_stream().next().await.unwrap().unwrap(),
            false => to_bytes(body, usize::MAX).await.unwrap(),
        };
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Asks with a key; a body goes as JSON.
    pub(crate) async fn ask(&self, method: &str, path: &str, key: &str, body: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        self.send(request.body(Body::from(body.unwrap_or_default().to_owned())).unwrap()).await
    }

    /// What the busy shop sees at an address.
    pub(crate) async fn see(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &self.own, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// The id of the first item of a list of the busy shop.
    pub(crate) async fn first(&self, path: &str) -> String {
        self.see(path).await["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{path} is empty")).to_owned()
    }
}

/// Every documented operation: method, path, and whether it needs no key.
pub(crate) fn operations() -> Vec<(String, String, bool)> {
    let document: Value = serde_json::from_str(&cartwright_api::document()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), operation["security"] == json!([])));
        }
    }
    assert!(found.len() > 40);
    found
}

/// What changes from run to run, made the same: ids, digests and secret addresses.
pub(crate) fn settled(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(name, value)| (name, settled(value))).collect(),
        Value::Array(items) => items.into_iter().map(settled).collect(),
        Value::String(text) => {
            let part = |part: &str| if is_id(part) { "[id]".to_owned() } else { part.to_owned() };
            let of_key = |text: &str| text.split(':').map(part).collect::<Vec<_>>().join(":");
            Value::String(text.split('/').map(of_key).collect::<Vec<_>>().join("/"))
        }
        other => other,
    }
}

fn is_id(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    matches!(text.len(), 36 | 64) && hex(text)
}

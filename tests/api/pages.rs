//! The way to the console, the plain pages of problems, and the demo.

use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use cartwright_api::{ApiOptions, DemoControls};
use cartwright_domain::ids::{ShopId, UserId};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::StoreError;
use cartwright_engine::{Engine, Skipped};
use cartwright_testkit::clock::ManualClock;
use std::sync::Arc;

use crate::asking::{Answer, Service};

async fn page(service: &Service, path: &str) -> Answer {
    service.send(Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn whoever_comes_to_the_door_is_led_to_the_console() {
    let service = Service::quiet().await;
    let door = page(&service, "/").await;
    assert_eq!((door.status, door.header("location")), (307, "/console/"));
    for gone in ["/sign-in", "/sign-out", "/skip", "/runs/0192f3a0-0000-7000-8000-000000000001"] {
        assert_eq!(page(&service, gone).await.status, 404, "{gone}");
    }
}

#[tokio::test]
async fn pages_run_no_script_and_load_nothing_from_elsewhere() {
    let service = Service::quiet().await;
    for path in ["/errors", "/errors/not_found", "/nowhere"] {
        let page = page(&service, path).await;
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        for forbidden in ["<script", "<img", " style=", " src=", " onclick=", "javascript:"] {
            assert!(!page.text.contains(forbidden), "{path} holds {forbidden}");
        }
        assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("<main"), "{path}");
    }
}

struct Demo {
    engine: Engine,
    clock: Arc<ManualClock>,
    shop: ShopId,
    visitor: UserId,
}

#[async_trait]
impl DemoControls for Demo {
    fn shop(&self) -> ShopId {
        self.shop
    }
    fn visitor(&self) -> UserId {
        self.visitor
    }
    fn now(&self) -> Timestamp {
        self.engine.now()
    }
    async fn skip(&self, span: Span) -> Result<Skipped, StoreError> {
        self.engine.skip(&*self.clock, span).await
    }
}

async fn operator(engine: &Engine) -> UserId {
    let text = engine.first_link().await.unwrap().unwrap();
    engine.redeem(&text, "visitor", "ten letters").await.unwrap().id
}

#[tokio::test]
async fn the_demo_lets_everybody_in_and_skips_its_clock() {
    let mut service = Service::quiet().await;
    let (engine, clock) = (service.world.engine.clone(), service.world.clock.clone());
    assert_eq!(
        service.ask("POST", "/v1/demo/skip", &service.own, Some(r#"{"by":"4h"}"#)).await.code(),
        "unknown_route"
    );
    let visitor = operator(&engine).await;
    let demo = Demo { engine: engine.clone(), clock, shop: service.shop.parse().unwrap(), visitor };
    service.router = cartwright_api::router(
        engine,
        ApiOptions { demo: Some(Arc::new(demo)), ..ApiOptions::new("http://localhost") },
    );
    assert_eq!(service.see("/v1/demo/clock").await["now"], "2026-11-02T10:00:00.000Z");
    let skipped = service.ask("POST", "/v1/demo/skip", &service.own, Some(r#"{"by":"4h"}"#)).await;
    assert_eq!((skipped.status, &skipped.json()["now"]), (200, &serde_json::json!("2026-11-02T14:00:00.000Z")));
    for by in ["-4h", "0s", "10000d", "soon"] {
        let refused = service.ask("POST", "/v1/demo/skip", &service.own, Some(&format!("{{\"by\":\"{by}\"}}"))).await;
        assert_eq!(refused.code(), "invalid_request", "{by}");
    }
    let elsewhere =
        Request::post("/v1/demo/session").header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    assert_eq!(service.send(elsewhere).await.code(), "forged_request");
    let here = Request::post("/v1/demo/session").header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
    let session = service.send(here).await.json();
    assert_eq!((&session["mode"], &session["person"]["name"]), (&"demo".into(), &"visitor".into()));
}

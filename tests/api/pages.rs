//! The plain pages: signed in to, free of script, and saying why.

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

async fn page(service: &Service, path: &str, cookie: &str) -> Answer {
    service
        .send(Request::get(path).header("cookie", cookie).header("accept", "text/html").body(Body::empty()).unwrap())
        .await
}

async fn form(service: &Service, path: &str, fields: String, site: &str) -> Answer {
    let request =
        Request::post(path).header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", site);
    service.send(request.body(Body::from(fields)).unwrap()).await
}

#[tokio::test]
async fn the_page_is_signed_in_to_with_a_key_and_says_why_each_message_was_sent() {
    let service = Service::busy().await;
    assert_eq!(page(&service, "/", "").await.header("location"), "/sign-in");
    let wrong = form(&service, "/sign-in", "key=cw_wrong".into(), "same-origin").await;
    assert!(wrong.text.contains("does not exist") && wrong.header("set-cookie").is_empty());
    let signed_in = form(&service, "/sign-in", format!("key={}", service.own), "same-origin").await;
    let cookie = signed_in.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();

    let front = page(&service, "/", cookie).await;
    assert!(front.text.contains("Hello Ana"), "{}", front.text);
    assert!(front.text.contains("&lt;b&gt;") && !front.text.contains("<b>"));
    let run = service.first("/v1/runs").await;
    assert!(front.text.contains(&format!("/runs/{run}")));
    let why = page(&service, &format!("/runs/{run}"), cookie).await;
    assert!(why.text.contains("<code>orders.count</code> = 0"), "{}", why.text);
    assert!(why.text.contains("Took the branch yes"));
}

#[tokio::test]
async fn a_key_sees_only_the_pages_of_its_shop() {
    let service = Service::busy().await;
    let run = service.first("/v1/runs").await;
    let cookie = format!("cartwright-key={}", service.foreign);
    assert!(!page(&service, "/", &cookie).await.text.contains("Ana"));
    let missing = page(&service, &format!("/runs/{run}"), &cookie).await;
    assert_eq!((missing.status, missing.header("content-type")), (404, "text/html; charset=utf-8"));
    let api = service
        .send(
            Request::get("/v1/runs")
                .header("cookie", format!("cartwright-key={}", service.own))
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(api.status, 401, "the cookie opens pages only");
}

#[tokio::test]
async fn pages_run_no_script_and_load_nothing_from_elsewhere() {
    let service = Service::busy().await;
    let cookie = format!("cartwright-key={}", service.own);
    for path in ["/", "/sign-in", "/errors", "/errors/not_found"] {
        let page = page(&service, path, &cookie).await;
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        for forbidden in ["<script", "<img", " style=", " src=", " onclick=", "javascript:"] {
            assert!(!page.text.contains(forbidden), "{path} holds {forbidden}");
        }
        assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("<main"), "{path}");
    }
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let service = Service::quiet().await;
    let refused = form(&service, "/sign-in", format!("key={}", service.own), "cross-site").await;
    assert_eq!((refused.status, refused.header("set-cookie")), (401, ""));
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
async fn the_demo_shows_its_shop_to_everybody_and_skips_its_clock() {
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
    assert!(page(&service, "/", "").await.text.contains("Acorn and Oak"));
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
    assert_eq!(form(&service, "/skip", "by=1h".into(), "same-origin").await.status, 303);
    assert_eq!(service.see("/v1/demo/clock").await["now"], "2026-11-02T15:00:00.000Z");
}

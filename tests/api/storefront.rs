//! The script on a shop's own pages and what it may tell (S10, S18): from the shop's origins only, not too often, not
//! too much, and never anything that changes what is known of somebody.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, TEAPOT};
use serde_json::{Value, json};

use crate::asking::{Answer, Service};

const OWN: &str = "https://acorn.example";
const BROWSER: &str = "b-0123456789abcdef";
const CART: &str = "c-0123456789abcdef";

fn storefront() -> Value {
    let texts = json!({ "en": { "title": "5 % for you", "consent": "Write to me" } });
    json!({ "storefront": { "origins": [OWN], "forms": {
        "coupon": { "asks": ["phone", "email"], "code": "HELLO5", "language": "en", "texts": texts },
        "news": { "asks": ["email"], "consent": "needed", "opens_after": "20s", "language": "en", "texts": texts },
    } } })
}

/// A service whose busy shop has a storefront.
async fn with_pages(service: Service) -> Service {
    let path = format!("/v1/shops/{}", service.shop);
    let answer = service.ask("PATCH", &path, &service.own, Some(&storefront().to_string())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    service
}

async fn get(service: &Service, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    service.send(request.body(Body::empty()).unwrap()).await
}

async fn tells(service: &Service, origin: &str, path: &str, said: &str) -> Answer {
    let request = Request::post(format!("/s/{}/{path}", service.shop)).header("origin", origin);
    service.send(request.header("content-type", "text/plain").body(Body::from(said.to_owned())).unwrap()).await
}

async fn fills(service: &Service, form: &str, typed: Value) -> Answer {
    let mut said = json!({ "anonymous": BROWSER, "cart": CART, "language": "ro", "page": "https://acorn.example/tea" });
    said.as_object_mut().unwrap().extend(typed.as_object().unwrap().clone());
    tells(service, OWN, &format!("forms/{form}"), &said.to_string()).await
}

async fn customers(service: &Service) -> Vec<Value> {
    service.world.settle().await;
    service.see("/v1/customers").await["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_script_is_small_says_what_the_forms_say_and_keeps_the_code_to_itself() {
    let service = with_pages(Service::quiet().await).await;
    let path = format!("/s/{}.js", service.shop);
    let plain = get(&service, &path, &[]).await;
    assert_eq!((plain.status, plain.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(plain.header("cache-control"), "public, max-age=300");
    assert_eq!(plain.header("cross-origin-resource-policy"), "cross-origin");
    assert!(plain.text.contains("5 % for you") && !plain.text.contains("HELLO5"));
    let packed = Request::get(&path).header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let packed = tower::ServiceExt::oneshot(service.router.clone(), packed).await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let size = axum::body::to_bytes(packed.into_body(), usize::MAX).await.unwrap().len();
    assert!(size < 6 * 1024, "{size} bytes");
    let again = get(&service, &path, &[("if-none-match", plain.header("etag"))]).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), plain.header("etag"));
    let other = json!({ "storefront": { "origins": [OWN] } }).to_string();
    service.ask("PATCH", &format!("/v1/shops/{}", service.shop), &service.own, Some(&other)).await;
    assert_ne!(get(&service, &path, &[]).await.header("etag"), plain.header("etag"), "another script");
}

#[tokio::test]
async fn a_shop_without_a_storefront_has_no_script_and_hears_nothing() {
    let service = Service::quiet().await;
    let said = json!({ "anonymous": BROWSER, "cart": CART }).to_string();
    for path in [format!("/s/{}.js", service.shop), format!("/s/{}", service.shop), "/s/acorn.js".to_owned()] {
        assert_eq!(get(&service, &path, &[]).await.code(), "not_found", "{path}");
    }
    assert_eq!(tells(&service, OWN, "browser", &said).await.code(), "not_found");
    assert_eq!(tells(&service, OWN, "forms/news", &said).await.code(), "not_found");
    let wrong = json!({ "storefront": { "origins": ["acorn.example"] } }).to_string();
    let answer = service.ask("PATCH", &format!("/v1/shops/{}", service.shop), &service.own, Some(&wrong)).await;
    assert_eq!(answer.json()["errors"][0]["field"], "storefront.origins[0]", "{}", answer.text);
}

#[tokio::test]
async fn a_page_of_another_origin_is_not_heard() {
    let service = with_pages(Service::quiet().await).await;
    let said = json!({ "anonymous": BROWSER, "cart": CART, "email": "ana@example.ro" }).to_string();
    for origin in ["https://evil.example", "https://www.acorn.example", "http://acorn.example", "null", ""] {
        for path in ["browser", "forms/coupon"] {
            let answer = tells(&service, origin, path, &said).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{origin} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        }
    }
    assert_eq!(customers(&service).await, [Value::Null; 0]);
    let own = tells(&service, OWN, "browser", &said).await;
    assert_eq!((own.status, own.header("access-control-allow-origin")), (204, OWN));
    assert_eq!(customers(&service).await.len(), 1);
}

#[tokio::test]
async fn one_address_that_tells_all_the_time_has_to_wait() {
    let service = with_pages(Service::quiet().await).await;
    let from = |address: &str| ConnectInfo(SocketAddr::new(address.parse::<IpAddr>().unwrap(), 50_000));
    let ask = async |address: &str| {
        let said = json!({ "anonymous": BROWSER }).to_string();
        let request = Request::post(format!("/s/{}/browser", service.shop)).header("origin", OWN);
        service.send(request.extension(from(address)).body(Body::from(said)).unwrap()).await
    };
    for _ in 0..100 {
        assert_eq!(ask("203.0.113.7").await.status, 204);
    }
    let refused = ask("203.0.113.7").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    assert_eq!(ask("203.0.113.8").await.status, 204, "somebody else");
}

#[tokio::test]
async fn what_is_too_large_or_no_json_or_says_too_little_is_refused() {
    let service = with_pages(Service::quiet().await).await;
    let large = json!({ "anonymous": BROWSER, "page": "x".repeat(4096) }).to_string();
    for path in ["browser", "forms/coupon"] {
        assert_eq!(tells(&service, OWN, path, &large).await.status, 413, "{path}");
        assert_eq!(tells(&service, OWN, path, "{").await.code(), "malformed_json", "{path}");
        assert_eq!(tells(&service, OWN, path, r#"{"anonymous":"a\u0000"}"#).await.code(), "malformed_json", "{path}");
    }
    let field = async |form: &str, typed: Value| {
        let answer = fills(&service, form, typed).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert_eq!(answer.header("access-control-allow-origin"), OWN, "the page can read why");
        answer.json()["errors"][0]["field"].as_str().unwrap().to_owned()
    };
    assert_eq!(field("coupon", json!({})).await, "");
    assert_eq!(field("coupon", json!({ "phone": "5" })).await, "phone");
    assert_eq!(field("coupon", json!({ "email": "ana" })).await, "email");
    assert_eq!(field("coupon", json!({ "email": "ana@example.ro", "anonymous": "7" })).await, "anonymous");
    assert_eq!(field("coupon", json!({ "email": "ana@example.ro", "cart": "1" })).await, "cart");
    assert_eq!(field("news", json!({ "email": "ana@example.ro" })).await, "consent");
    assert_eq!(fills(&service, "other", json!({ "email": "ana@example.ro" })).await.status, 404);
    assert_eq!(customers(&service).await, [Value::Null; 0]);
}

#[tokio::test]
async fn s10_whoever_claims_the_code_is_known_and_the_cart_is_theirs() {
    let service = with_pages(Service::quiet().await).await;
    let world = &service.world;
    assert_eq!(world.tell("carts/update", &shopify::cart(CART, &[TEAPOT], world.now())).await, 200);
    let claimed = fills(&service, "coupon", json!({ "phone": "+4915112345678", "consent": true })).await;
    assert_eq!((claimed.status, claimed.json()), (200, json!({ "code": "HELLO5" })));
    let found = customers(&service).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["phone"], "+4915112345678");
    assert_eq!(found[0]["language"], "ro");
    assert_eq!(found[0]["consent"]["state"], "subscribed");
    assert_eq!(found[0]["consent"]["source"], "form coupon on https://acorn.example/tea");
    let subscribed = fills(&service, "news", json!({ "email": "bea@example.ro", "consent": true })).await;
    assert_eq!((subscribed.status, subscribed.json()), (200, json!({})), "a form without a code");
}

#[tokio::test]
async fn s10_a_known_persons_address_and_no_are_not_overwritten() {
    let service = with_pages(Service::busy().await).await;
    let ana = customers(&service).await.remove(0);
    let (id, email) = (ana["id"].as_str().unwrap(), ana["email"].as_str().unwrap());
    let no = json!({ "email": email, "consent": { "state": "unsubscribed" } }).to_string();
    assert_eq!(service.ask("POST", "/v1/identify", &service.own, Some(&no)).await.status, 202);
    // The later of two statements counts, if it is believed.
    service.world.skip(Span::minutes(1)).await;
    let known = async || {
        service.world.settle().await;
        service.see(&format!("/v1/customers/{id}")).await
    };
    let before = known().await;
    let stranger = json!({ "email": "eve@example.ro", "phone": "+4915112345699", "consent": true });
    let mut as_ana = stranger.clone();
    as_ana["email"] = json!(email);
    let mut signed_in = stranger.clone();
    signed_in["customer"] = json!("7");
    for typed in [as_ana, signed_in, stranger] {
        assert_eq!(fills(&service, "coupon", typed).await.status, 200);
    }
    let after = known().await;
    for field in ["email", "phone", "first_name", "last_name", "consent", "tags", "marks"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["consent"]["state"], "unsubscribed");
}

#[tokio::test]
async fn one_shop_never_hears_what_another_is_told() {
    let service = with_pages(Service::quiet().await).await;
    let shops = service.world.engine.store.shops().await.unwrap();
    let other = shops.iter().map(|shop| shop.id.to_string()).find(|shop| *shop != service.shop).unwrap();
    let foreign = json!({ "storefront": { "origins": ["https://elm.example"] } }).to_string();
    let path = format!("/v1/shops/{other}");
    assert_eq!(service.ask("PATCH", &path, &service.foreign, Some(&foreign)).await.status, 200);
    let said = json!({ "anonymous": BROWSER, "cart": CART }).to_string();
    let request = |origin: &str| {
        let request = Request::post(format!("/s/{other}/browser")).header("origin", origin);
        request.body(Body::from(said.clone())).unwrap()
    };
    assert_eq!(service.send(request(OWN)).await.code(), "foreign_origin", "pages of one shop, told to the other");
    assert_eq!(service.send(request("https://elm.example")).await.status, 204);
    assert_eq!(customers(&service).await, [Value::Null; 0], "none of it is the first shop's");
    let script = get(&service, &format!("/s/{other}.js"), &[]).await;
    assert!(script.status == 200 && !script.text.contains("5 % for you"));
}

#[tokio::test]
async fn of_somebody_who_only_looks_nothing_is_kept() {
    let service = with_pages(Service::quiet().await).await;
    for said in [
        json!({ "anonymous": BROWSER, "language": "ro", "page": "https://acorn.example/" }),
        json!({ "anonymous": BROWSER, "page": "https://acorn.example/", "leaves": true }),
    ] {
        assert_eq!(tells(&service, OWN, "browser", &said.to_string()).await.status, 204);
    }
    assert_eq!(customers(&service).await, [Value::Null; 0]);
}

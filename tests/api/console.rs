//! The console from outside: its page holds the browser to this host, its files are kept as long as they may be, and a
//! build without it says so.

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use cartwright_api::{ApiOptions, ConsoleFiles};
use std::sync::Arc;

use crate::asking::{Answer, Service};

struct Files;

impl ConsoleFiles for Files {
    fn file(&self, path: &str) -> Option<Bytes> {
        let text = match path {
            "index.html" => {
                "<meta name=\"nonce\" content=\"@NONCE@\"><script src=\"/console/assets/main-1.js\"></script>"
            }
            "assets/main-1.js" => "plain",
            "assets/main-1.js.gz" => "compressed",
            "mark.svg" => "<svg/>",
            _ => return None,
        };
        Some(Bytes::from_static(text.as_bytes()))
    }
}

async fn with_console() -> Service {
    let service = Service::quiet().await;
    let options = ApiOptions { console: Some(Arc::new(Files)), ..ApiOptions::new("http://localhost") };
    let router = cartwright_api::router(service.world.engine.clone(), options);
    Service { router, ..service }
}

async fn get(service: &Service, path: &str, encoding: &str) -> Answer {
    let request = Request::get(path).header("accept", "text/html").header("accept-encoding", encoding);
    service.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_address_of_the_console_is_its_page_with_a_policy_of_its_own() {
    let service = with_console().await;
    let mut nonces = Vec::new();
    for path in ["/console/", "/console/sign-in", "/console/0192f3a0-0000-7000-8000-000000000001/people"] {
        let page = get(&service, path, "gzip").await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
        let nonce = page.text.split("content=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
        assert!(policy.contains(&format!("style-src 'self' 'nonce-{nonce}';")), "{policy}");
        for loose in ["unsafe", "http:", "https:", "*"] {
            assert!(!policy.contains(loose), "{policy}");
        }
        nonces.push(nonce);
    }
    nonces.dedup();
    assert_eq!(nonces.len(), 3, "each page has a number of its own");
    assert_eq!(get(&service, "/console", "").await.header("location"), "/console/");
}

#[tokio::test]
async fn files_go_out_as_small_as_the_browser_takes_them_and_are_kept_by_their_name() {
    let service = with_console().await;
    let small = get(&service, "/console/assets/main-1.js", "gzip, br").await;
    assert_eq!((small.text.as_str(), small.header("content-encoding")), ("compressed", "gzip"));
    assert!(small.header("cache-control").contains("immutable"));
    assert_eq!(small.header("content-type"), "text/javascript; charset=utf-8");
    let plain = get(&service, "/console/assets/main-1.js", "br").await;
    assert_eq!((plain.text.as_str(), plain.header("content-encoding")), ("plain", ""));
    assert_eq!(get(&service, "/console/mark.svg", "").await.header("cache-control"), "no-cache");
    assert_eq!(get(&service, "/console/assets/main-2.js", "gzip").await.status, 404);
}

#[tokio::test]
async fn a_build_without_the_console_says_what_to_run() {
    let service = Service::quiet().await;
    let page = get(&service, "/console/", "").await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("cargo xtask console"), "{}", page.text);
}

//! Closed by default: no operation answers without a key, and no key opens another shop.

use axum::body::Body;
use axum::http::Request;

use cartwright_domain::unsubscribe::UnsubscribeLink;

use crate::asking::{Service, operations};

const NOBODY: &str = "0192f3a0-0000-7000-8000-000000000001";

/// An address with its parameters filled in.
fn filled(path: &str, value: impl Fn(&str) -> String) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => value(name),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn no_operation_answers_without_a_key() {
    let service = Service::quiet().await;
    for (method, path, public) in operations() {
        // The clock of the demo exists only there.
        if path.starts_with("/v1/demo") {
            continue;
        }
        let path = filled(&path, |_| NOBODY.to_owned());
        for header in [None, Some("Bearer cw_nobody"), Some("Basic Y3c6eA=="), Some("Bearer "), Some("Bearer \u{e9}")] {
            let mut request = Request::builder().method(method.as_str()).uri(&path);
            if let Some(header) = header {
                request = request.header("authorization", header.as_bytes());
            }
            let answer = service.send(request.body(Body::empty()).unwrap()).await;
            if public {
                assert_ne!(answer.code(), "unauthorized", "{method} {path} is public");
            } else {
                assert_eq!(
                    (answer.status, answer.code().as_str()),
                    (401, "unauthorized"),
                    "{method} {path} {header:?}"
                );
                assert_eq!(answer.header("www-authenticate"), "Bearer");
            }
        }
    }
}

#[tokio::test]
async fn public_operations_are_these_and_no_others() {
    let mut public: Vec<String> = operations()
        .into_iter()
        .filter(|(_, _, public)| *public)
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    public.sort();
    let signing_in = ["POST /v1/demo/session", "POST /v1/links/look", "POST /v1/links/redeem", "POST /v1/session"];
    let at_provider = ["GET /v1/session", "GET /v1/session/oidc", "GET /v1/session/oidc/callback"];
    let expected: Vec<&str> = ["GET /healthz", "GET /readyz"]
        .into_iter()
        .chain(at_provider)
        .chain(["POST /hooks/{connection}"])
        .chain(signing_in)
        .collect();
    assert_eq!(public, expected);
}

/// The page behind the link in a mail: its seal is all that it needs, and it opens nobody else's.
#[tokio::test]
async fn an_unsubscribe_link_needs_no_key_and_is_of_one_customer_of_one_shop() {
    let service = Service::busy().await;
    let store = &service.world.engine.store;
    let shops = store.shops().await.unwrap();
    let foreign = shops.iter().map(|shop| shop.id).find(|shop| shop.to_string() != service.shop).unwrap();
    let (shop, customer) = (service.shop.parse().unwrap(), service.first("/v1/customers").await.parse().unwrap());
    let key = store.make_link_key(shop, [1; 32]).await.unwrap();
    let others = store.make_link_key(foreign, [2; 32]).await.unwrap();
    let ask = async |method: &str, token: &str| {
        let request = Request::builder().method(method).uri(format!("/u/{token}"));
        service.send(request.body(Body::empty()).unwrap()).await
    };
    let link = UnsubscribeLink { shop, customer };
    let page = ask("GET", &link.token(&key)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!((page.header("set-cookie"), page.header("cache-control")), ("", "no-store"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(!page.text.contains("<script") && !page.text.contains(&service.shop), "{}", page.text);
    let elsewhere = UnsubscribeLink { shop: foreign, customer };
    for token in [link.token(&others), elsewhere.token(&key), NOBODY.to_owned(), String::from("%00")] {
        for method in ["GET", "POST"] {
            let answer = ask(method, &token).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {token}");
        }
    }
    // Sealed by its shop, and of nobody there: the page says no more than that.
    let nobody = ask("POST", &elsewhere.token(&others)).await;
    assert!(nobody.status == 200 && !nobody.text.contains("ana"), "{}", nobody.text);
    for method in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(ask(method, &link.token(&key)).await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn no_key_opens_another_shop() {
    let service = Service::busy().await;
    let plugin = service.see("/v1/plugins").await["items"][0]["digest"].as_str().unwrap().to_owned();
    let ids = [
        ("shop", service.shop.clone()),
        ("key", service.first(&format!("/v1/shops/{}/keys", service.shop)).await),
        ("strategy", service.first("/v1/strategies").await),
        ("customer", service.first("/v1/customers").await),
        ("run", service.first("/v1/runs").await),
        ("message", service.first("/v1/messages").await),
        ("digest", plugin),
    ];
    let name_of = |path: &str| match path.split('/').nth(2) {
        Some("contents") => "hello",
        Some("sources") => "shopify",
        _ => "inbox",
    };
    for (method, path, public) in operations() {
        // A key has no session that it could end.
        if public || path.starts_with("/v1/demo") || path == "/v1/session" {
            continue;
        }
        let own = filled(&path, |name| match ids.iter().find(|(known, _)| *known == name) {
            Some((_, id)) => id.clone(),
            None => name_of(&path).to_owned(),
        });
        let body = matches!(method.as_str(), "POST" | "PUT" | "PATCH").then_some("{}");
        let answer = service.ask(&method, &own, &service.foreign, body).await;
        let what = format!("{method} {own}: {} {}", answer.status, answer.text);
        if method == "GET" && !path.contains('{') && path != "/v1/metrics" {
            assert_eq!(answer.status, 200, "{what}");
            let shown = answer.json();
            let nothing = shown["items"].as_array().is_some_and(Vec::is_empty)
                || shown["counts"].as_object().is_some_and(|counts| counts.is_empty())
                || shown["total"]["considered"] == 0;
            // A stream tells of what changes from now on; `live` asks whose that is.
            let has_begun = answer.text == "event: ready\ndata: {}\n\n";
            assert!(nothing || has_begun || path == "/v1/shops", "{what}");
        } else {
            assert!((400..500).contains(&answer.status), "{what}");
        }
        for told in [service.shop.as_str(), "ana@", "Ana", "Acorn", "teapot"] {
            let echoed = own.contains(told);
            assert!(echoed || !answer.text.contains(told), "{told} is told by {what}");
        }

        let request = Request::builder().method(method.as_str()).uri(&own).header("content-type", "application/json");
        let request = request
            .header("authorization", format!("Bearer {}", service.foreign))
            .header("cartwright-shop", &service.shop);
        let answer = service.send(request.body(Body::from(body.unwrap_or_default())).unwrap()).await;
        if !path.starts_with("/v1/shops") {
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (404, "not_found"),
                "{method} {own} with the other shop named"
            );
        }
    }
    for (path, id) in [("strategies", 2), ("customers", 3), ("runs", 4), ("messages", 5)] {
        service.see(&format!("/v1/{path}/{}", ids[id].1)).await;
    }
    service.see("/v1/sources/shopify").await;
    service.see("/v1/contents/hello").await;
}

#[tokio::test]
async fn an_operator_names_the_shop_and_only_an_operator_makes_one() {
    let service = Service::busy().await;
    let unnamed = service.ask("GET", "/v1/runs", &service.operator, None).await;
    assert_eq!((unnamed.status, unnamed.code().as_str()), (400, "shop_not_named"));
    let named = |shop: String| {
        let request =
            Request::builder().uri("/v1/runs").header("authorization", format!("Bearer {}", service.operator));
        service.send(request.header("cartwright-shop", shop).body(Body::empty()).unwrap())
    };
    assert_eq!(named(service.shop.clone()).await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(named(NOBODY.to_owned()).await.code(), "not_found");
    assert_eq!(named("nonsense".to_owned()).await.code(), "shop_not_named");
    let new = r#"{"name":"Third","currency":"EUR"}"#;
    assert_eq!(service.ask("POST", "/v1/shops", &service.own, Some(new)).await.code(), "operator_only");
    assert_eq!(service.ask("POST", "/v1/shops", &service.operator, Some(new)).await.status, 201);
    let shops = |key: String| async {
        service.ask("GET", "/v1/shops", &{ key }, None).await.json()["items"].as_array().unwrap().len()
    };
    assert_eq!((shops(service.operator.clone()).await, shops(service.own.clone()).await), (3, 1));
}

#[tokio::test]
async fn s42_only_an_operator_changes_what_a_plugin_may_use() {
    let service = Service::quiet().await;
    let digest = service.see("/v1/plugins").await["items"][0]["digest"].as_str().unwrap().to_owned();
    let limits = format!("/v1/plugins/{digest}/limits");
    let refused = service.ask("PUT", &limits, &service.own, Some("{}")).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "operator_only"));
}

#[tokio::test]
async fn a_key_opens_until_it_is_removed_and_is_shown_once() {
    let service = Service::quiet().await;
    let keys = format!("/v1/shops/{}/keys", service.shop);
    let made = service.ask("POST", &keys, &service.own, Some(r#"{"label":"storefront"}"#)).await;
    assert_eq!(made.status, 201);
    let (id, key) = (made.json()["id"].as_str().unwrap().to_owned(), made.json()["key"].as_str().unwrap().to_owned());
    assert_eq!(service.ask("GET", "/v1/runs", &key, None).await.status, 200);
    let listed = service.ask("GET", &keys, &key, None).await;
    assert!(listed.text.contains("storefront") && !listed.text.contains(&key[3..]));
    assert_eq!(service.ask("DELETE", &format!("{keys}/{id}"), &service.own, None).await.status, 204);
    assert_eq!(service.ask("GET", "/v1/runs", &key, None).await.status, 401);
    assert_eq!(service.ask("DELETE", &format!("{keys}/{id}"), &service.own, None).await.status, 404);
}

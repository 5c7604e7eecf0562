//! How refusals read.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::asking::{Service, reminder, settled};

#[tokio::test]
async fn refusals_say_what_is_wrong_and_what_to_do() {
    let service = Service::busy().await;
    let mut cycle = reminder();
    cycle["name"] = json!("cycle");
    cycle["steps"]["write"]["next"] = json!("new");
    let mut misspelt = reminder();
    misspelt["triger"] = json!({});
    let renamed = json!({ "name": "other", "variants": [] }).to_string();
    let event =
        json!({ "id": "e", "type": "cart.updated", "occurred_at": "2026-11-02T09:00:00Z", "body": { "lines": [{}] } });
    let asked: [(&str, &str, Option<String>); 16] = [
        ("GET", "/v1/nothing", None),
        ("DELETE", "/v1/runs", None),
        ("GET", "/v1/runs/nonsense", None),
        ("GET", "/v1/runs/0192f3a0-0000-7000-8000-000000000001", None),
        ("GET", "/v1/runs?limit=1000", None),
        ("GET", "/v1/runs?limit=many", None),
        ("GET", "/v1/runs?order=oldest", None),
        ("GET", "/v1/runs?after=zzz", None),
        ("POST", "/v1/events", Some("{\"id\": ".to_owned())),
        ("POST", "/v1/events", Some(event.to_string())),
        ("POST", "/v1/strategies", Some(reminder().to_string())),
        ("POST", "/v1/strategies", Some(cycle.to_string())),
        ("POST", "/v1/strategies", Some(misspelt.to_string())),
        ("PUT", "/v1/contents/hello", Some(renamed)),
        ("PUT", "/v1/channels/mail", Some(json!({ "plugin": "no-such" }).to_string())),
        ("PATCH", "/v1/shops/SHOP", Some(json!({ "time_zone": "Middle/Earth" }).to_string())),
    ];
    let mut told = Vec::new();
    for (method, path, body) in asked {
        let answer = service.ask(method, &path.replace("SHOP", &service.shop), &service.own, body.as_deref()).await;
        let mut problem = settled(answer.json());
        problem["request_id"] = json!("[id]");
        told.push(
            json!({ "request": format!("{method} {path}"), "allow": answer.header("allow"), "problem": problem }),
        );
    }
    insta::assert_json_snapshot!(told);
}

#[tokio::test]
async fn a_body_of_another_type_is_named() {
    let service = Service::quiet().await;
    for (path, kind) in [("/v1/events", "text/plain"), ("/v1/events", ""), ("/v1/plugins", "application/json")] {
        let request =
            Request::post(path).header("authorization", format!("Bearer {}", service.own)).header("content-type", kind);
        let answer = service.send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"), "{path} {kind}");
    }
}

#[tokio::test]
async fn every_problem_leads_to_a_page_that_explains_it() {
    let service = Service::quiet().await;
    let problem = service.ask("GET", "/v1/nothing", &service.own, None).await.json();
    let page = service.send(Request::get(problem["type"].as_str().unwrap()).body(Body::empty()).unwrap()).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text.contains("What to do"));
    let index = service.send(Request::get("/errors").body(Body::empty()).unwrap()).await;
    assert!(index.text.contains("/errors/event_conflict"));
}

#[tokio::test]
async fn the_served_document_is_the_committed_one() {
    let service = Service::quiet().await;
    let served = service.send(Request::get("/v1/openapi.json").body(Body::empty()).unwrap()).await;
    let committed = include_str!("../../host/docs/openapi.json");
    assert_eq!(served.json(), serde_json::from_str::<Value>(committed).unwrap());
}

//! The audit of a shop: who changed what, and nothing that is secret.

use cartwright_domain::time::Span;
use cartwright_testkit::database::Database;
use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::asking::{Service, reminder};

#[tokio::test]
async fn s46_the_audit_tells_who_changed_what_on_sqlite() {
    tell(Service::quiet_on(Database::sqlite().await).await).await;
}

#[tokio::test]
async fn s46_the_audit_tells_who_changed_what_on_postgres() {
    tell(Service::quiet_on(Database::postgres().await).await).await;
}

#[tokio::test]
async fn s46_whoever_hangs_up_leaves_a_line_all_the_same() {
    let service = Service::quiet().await;
    let keys = format!("/v1/shops/{}/keys", service.shop);
    let body = Some(r#"{ "label": "till" }"#);
    let mut asked = Box::pin(service.ask("POST", &keys, &service.own, body));
    while !service.see(&keys).await.to_string().contains("till") {
        assert!(asked.as_mut().now_or_never().is_none(), "it was answered before anybody could hang up");
    }
    drop(asked);
    for _ in 0..1_000 {
        if service.see("/v1/audit").await.to_string().contains("till") {
            return;
        }
    }
    panic!("the key was made, and nobody knows by whom");
}

async fn tell(service: Service) {
    let ask = async |method: &str, path: &str, body: Value| {
        service.world.skip(Span::seconds(1)).await;
        service.ask(method, path, &service.own, Some(&body.to_string())).await
    };
    let saved = ask("POST", "/v1/strategies", reminder()).await;
    assert_eq!(saved.status, 201, "{}", saved.text);
    let id = saved.json()["id"].as_str().unwrap().to_owned();
    let paused = ask("POST", &format!("/v1/strategies/{id}/state"), json!({ "state": "paused" })).await;
    assert_eq!(paused.status, 200, "{}", paused.text);
    let key = ask("POST", &format!("/v1/shops/{}/keys", service.shop), json!({ "label": "till" })).await;
    assert_eq!(key.status, 201, "{}", key.text);
    let refused = ask("PUT", "/v1/contents/spring", json!({ "name": "autumn" })).await;
    assert_eq!(refused.status, 422, "{}", refused.text);

    let audit = service.see("/v1/audit").await;
    let told = |entry: &Value| {
        let text = |field: &str| entry[field].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", text("operation"), text("name"), text("state"), entry["about"])
    };
    let lines: Vec<String> = audit["items"].as_array().unwrap().iter().map(told).collect();
    let newest = [
        "POST /v1/shops/{shop}/keys till - null".to_owned(),
        format!("POST /v1/strategies/{{strategy}}/state reminder paused {}", json!({ "strategy": id })),
        "POST /v1/strategies reminder live null".to_owned(),
    ];
    assert_eq!(lines[..3], newest, "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains("spring")), "what was refused changed nothing: {lines:#?}");
    assert_eq!((audit["items"][0]["by"].as_str(), audit["items"][0]["with"].as_str()), (Some("own"), Some("key")));
    assert!(!audit.to_string().contains("cw_"), "no key is told");
    let elsewhere = service.ask("GET", "/v1/audit", &service.foreign, None).await.json();
    assert_eq!(elsewhere["items"], json!([]), "another shop sees nothing of it");
}

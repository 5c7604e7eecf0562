//! What answers look like, and that pages of lists fit together.

use axum::body::Body;
use axum::http::Request;
use cartwright_domain::time::Span;
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use serde_json::{Value, json};

use crate::asking::{Service, reminder, settled};

#[tokio::test]
async fn a_run_explains_itself_and_its_message() {
    let service = Service::busy().await;
    let run = service.first("/v1/runs").await;
    let shown = json!({
        "run": service.see(&format!("/v1/runs/{run}")).await,
        "trace": service.see(&format!("/v1/runs/{run}/trace")).await["items"],
        "messages": service.see(&format!("/v1/messages?run={run}")).await["items"],
        "inbox": service.see("/v1/inbox").await["items"],
        "customers": service.see("/v1/customers").await["items"],
    });
    insta::assert_json_snapshot!(settled(shown));
}

#[tokio::test]
async fn what_is_configured_is_shown_as_it_stands() {
    let service = Service::busy().await;
    let shown = json!({
        "shops": service.see("/v1/shops").await["items"],
        "source": service.see("/v1/sources/shopify").await,
        "channel": service.see("/v1/channels/inbox").await,
        "content": service.see("/v1/contents/hello").await,
        "strategies": service.see("/v1/strategies?name=REMIND&state=live&trigger=cart").await["items"],
    });
    insta::assert_json_snapshot!(settled(shown));
}

#[tokio::test]
async fn s28_every_save_of_a_strategy_is_a_new_version() {
    let service = Service::quiet().await;
    let made = service.ask("POST", "/v1/strategies?state=paused", &service.own, Some(&reminder().to_string())).await;
    assert_eq!((made.status, &made.json()["state"], &made.json()["version"]), (201, &json!("paused"), &json!(1)));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let mut changed = reminder();
    changed["trigger"]["settle"] = json!("2h");
    let saved = service.ask("PUT", &format!("/v1/strategies/{id}"), &service.own, Some(&changed.to_string())).await;
    assert_eq!((saved.status, &saved.json()["state"], &saved.json()["version"]), (200, &json!("paused"), &json!(2)));
    let versions = service.see(&format!("/v1/strategies/{id}/versions")).await["items"].clone();
    let settles: Vec<&Value> =
        versions.as_array().unwrap().iter().map(|version| &version["definition"]["trigger"]["settle"]).collect();
    assert_eq!(settles, [&json!("2h"), &json!("4h")]);
    let live =
        service.ask("POST", &format!("/v1/strategies/{id}/state"), &service.own, Some(r#"{"state":"live"}"#)).await;
    assert_eq!(live.json()["state"], "live");
}

#[tokio::test]
async fn a_check_tells_faults_and_publishes_nothing() {
    let service = Service::quiet().await;
    let mut dangling = reminder();
    dangling["steps"]["write"]["next"] = json!("nowhere");
    let report = service.ask("POST", "/v1/strategies/check", &service.own, Some(&dangling.to_string())).await;
    assert_eq!((report.status, &report.json()["publishable"]), (200, &json!(false)));
    assert_eq!(report.json()["faults"][0]["path"], "steps.write.next");
    let report = service.ask("POST", "/v1/strategies/check", &service.own, Some(&reminder().to_string())).await;
    assert_eq!(report.json()["publishable"], true, "{}", report.text);
    assert_eq!(service.see("/v1/strategies").await["items"], json!([]));
}

#[tokio::test]
async fn pages_of_a_list_follow_one_another_without_gap_or_overlap() {
    let service = Service::quiet().await;
    for number in 0..7 {
        let who = json!({ "customer": format!("c-{number}"), "first_name": format!("Guest {number}") });
        assert_eq!(service.ask("POST", "/v1/identify", &service.own, Some(&who.to_string())).await.status, 202);
    }
    service.world.settle().await;
    let mut seen = Vec::new();
    let mut path = "/v1/customers?limit=3".to_owned();
    loop {
        let page = service.see(&path).await;
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|customer| customer["first_name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/customers?limit=3&after={next}");
    }
    seen.sort();
    assert_eq!(seen, (0..7).map(|number| format!("Guest {number}")).collect::<Vec<_>>());
    let cursor_of_customers = service.see("/v1/customers?limit=3").await["next"].as_str().unwrap().to_owned();
    let answer = service.ask("GET", &format!("/v1/runs?after={cursor_of_customers}"), &service.own, None).await;
    assert_eq!(answer.code(), "invalid_query");
}

#[tokio::test]
async fn a_shop_changes_field_by_field() {
    let service = Service::quiet().await;
    let path = format!("/v1/shops/{}", service.shop);
    let changed = service.ask("PATCH", &path, &service.own, Some(r#"{"name":"Oak","country":null}"#)).await.json();
    assert_eq!(
        (&changed["name"], &changed["country"], &changed["time_zone"]),
        (&json!("Oak"), &json!(null), &json!("Europe/Berlin"))
    );
    assert_eq!(
        service.ask("PATCH", &path, &service.own, Some(r#"{"currency":"USD"}"#)).await.code(),
        "invalid_request"
    );
    assert_eq!(service.see(&path).await, changed);
    let window = r#"{"window":{"open":[{"from":"09:00","until":"20:00"}],"zone":"shop"}}"#;
    let changed = service.ask("PATCH", &path, &service.own, Some(window)).await.json();
    assert_eq!(changed["window"], json!({ "open": [{ "from": "09:00", "until": "20:00" }], "zone": "shop" }));
    let changed = service.ask("PATCH", &path, &service.own, Some(r#"{"name":"Elm"}"#)).await.json();
    assert_eq!(changed["window"]["zone"], "shop", "what is left out stays");
    let changed = service.ask("PATCH", &path, &service.own, Some(r#"{"window":null}"#)).await.json();
    assert_eq!(changed["window"], json!(null));
}

#[tokio::test]
async fn a_removed_source_takes_no_webhooks_any_more() {
    let service = Service::quiet().await;
    let hook =
        service.see("/v1/sources/shopify").await["webhook"].as_str().unwrap().replace("https://cartwright.example", "");
    let deliver = || service.send(Request::post(&hook).body(Body::from("{}")).unwrap());
    assert_eq!(deliver().await.code(), "webhook_unsigned");
    assert_eq!(service.ask("DELETE", "/v1/sources/shopify", &service.own, None).await.status, 204);
    assert_eq!(deliver().await.code(), "not_found");
}

#[tokio::test]
async fn the_service_says_that_it_lives_and_is_ready() {
    let service = Service::quiet().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(service.send(Request::get(path).body(Body::empty()).unwrap()).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_orders_of_a_customer_stand_with_them_the_newest_first() {
    let service = Service::busy().await;
    let (world, ana) = (&service.world, service.first("/v1/customers").await);
    for id in [7001, 7002] {
        let order = shopify::order(id, None, &ANA, &[TEAPOT], world.now());
        assert_eq!(world.tell("orders/create", &order).await, 200);
        world.skip(Span::minutes(1)).await;
    }
    let orders = service.see(&format!("/v1/customers/{ana}/orders")).await;
    let ids: Vec<_> = orders["items"].as_array().unwrap().iter().map(|order| &order["order_id"]).collect();
    assert_eq!(ids, ["7002", "7001"]);
    assert_eq!(orders["items"][0]["state"], "placed");
}

#[tokio::test]
async fn strategies_that_are_searched_for_fill_a_page_however_far_apart_they_stand() {
    let service = Service::quiet().await;
    for number in 0..9 {
        let name = format!("{number} {}", if number % 4 == 0 { "Remind" } else { "other" });
        let mut strategy = reminder();
        strategy["name"] = json!(name);
        let made = service.ask("POST", "/v1/strategies", &service.own, Some(&strategy.to_string())).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let names = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let page = service.see("/v1/strategies?name=REMIND&limit=2").await;
    assert_eq!(names(&page), ["0 Remind", "4 Remind"]);
    let next = page["next"].as_str().unwrap();
    let last = service.see(&format!("/v1/strategies?name=REMIND&limit=2&after={next}")).await;
    assert_eq!((names(&last), last.get("next")), (vec!["8 Remind".to_owned()], None));
    let whole = service.see("/v1/strategies?limit=9").await;
    assert_eq!((names(&whole).len(), whole.get("next")), (9, None));
}

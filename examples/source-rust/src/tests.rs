use serde_json::{Value, json};

use super::cartwright::plugin::transport::{Action, Failure, HttpResponse};
use super::exports::cartwright::plugin::source::{
    Backfill, BackfillKind, Completion, Key, RefusalKind, Request, Response, Step,
};
use super::*;

const NOW: i64 = 1_800_000_000_000;

fn config() -> Config {
    read_config(r#"{"url": "https://lamps.acme.example"}"#).unwrap()
}

fn order() -> Value {
    json!({"id": "1001", "number": "#1001", "customer": "7", "cart": "c1", "placed_at": 1, "updated_at": 2,
        "total": {"amount": "19.99", "currency": "EUR"}})
}

fn asked(step: Step) -> (Vec<u8>, Request) {
    match step {
        Step::Call(mut pending) => (pending.state, pending.requests.remove(0)),
        Step::Done(completion) => panic!("done: {completion:?}"),
    }
}

/// `GET /api/shop`.
fn line(request: &Request) -> String {
    let Action::Http(request) = &request.action else { panic!("not HTTP") };
    assert_eq!(request.headers[0].value, "Bearer {secret:api_token}");
    format!("{} {}", request.method, request.url.strip_prefix("https://lamps.acme.example").unwrap())
}

fn answer(status: u16, body: Value) -> Vec<Response> {
    vec![Response::Http(HttpResponse { status, headers: vec![], body: body.to_string().into_bytes() })]
}

/// The request of a task, and what it comes to.
fn done(task: Task, body: Value) -> (String, Completion) {
    let (state, request) = asked(tasks::begin(&config(), task).unwrap());
    match tasks::resume(&config(), &state, answer(200, body), NOW).unwrap() {
        Step::Done(completion) => (line(&request), completion),
        Step::Call(_) => panic!("another round"),
    }
}

#[test]
fn a_poll_goes_on_behind_its_cursor() {
    let change = json!({"id": "ch-1", "topic": "order.placed", "at": 5, "record": order()});
    let strange = json!({"id": "ch-2", "topic": "shop.renamed", "at": 6, "record": {}});
    let body = json!({"changes": [change, strange], "cursor": "c 2"});
    let (line, completion) = done(Task::Poll(Some("c 1".into())), body);
    assert_eq!(line, "GET /api/changes?after=c%201");
    let Completion::Page(page) = completion else { panic!("{completion:?}") };
    assert_eq!(page.cursor.as_deref(), Some("c 2"));
    assert_eq!(page.events.len(), 1);
    assert_eq!((page.events[0].id.as_str(), page.events[0].type_.as_str()), ("ch-1", "order.placed"));
    assert_eq!(done(Task::Poll(None), json!({"changes": [], "cursor": "c"})).0, "GET /api/changes");
}

#[test]
fn the_past_ends_with_its_last_page_and_triggers_nothing() {
    let task = |cursor| Task::Backfill(Backfill { kind: BackfillKind::Orders, cursor });
    let (line, completion) = done(task(None), json!({"records": [order()], "next": "p2"}));
    assert_eq!(line, "GET /api/orders");
    let Completion::Page(page) = completion else { panic!("{completion:?}") };
    assert_eq!(page.cursor.as_deref(), Some("p2"));
    let body: Value = serde_json::from_str(&page.events[0].body).unwrap();
    assert_eq!(body["origin"], "backfill");
    let (line, completion) = done(task(Some("p2".into())), json!({"records": []}));
    assert_eq!(line, "GET /api/orders?after=p2");
    assert!(matches!(completion, Completion::Page(page) if page.cursor.is_none()));
}

#[test]
fn orders_are_asked_for_by_all_names_at_once() {
    let key = |kind: &str, value: &str| Key { kind: kind.into(), value: value.into() };
    let keys = vec![key("customer", "7"), key("cart", "c&1")];
    let (line, completion) = done(Task::OrdersOf(keys), json!({"records": [order()]}));
    assert_eq!(line, "GET /api/orders?of=customer:7,cart:c%261");
    assert!(matches!(completion, Completion::Orders(events) if events[0].id == "order.placed/1001@2"));
}

#[test]
fn subscribing_again_changes_nothing() {
    let address = "https://host.example/hooks/1";
    let (state, request) = asked(tasks::begin(&config(), Task::Subscribe(address.into())).unwrap());
    assert_eq!(line(&request), "GET /api/webhooks");
    let there = answer(200, json!({"webhooks": [{"url": address}]}));
    let step = tasks::resume(&config(), &state, there, NOW).unwrap();
    assert!(matches!(step, Step::Done(Completion::Subscribed(topics)) if topics.len() == 5));

    let none = answer(200, json!({"webhooks": []}));
    let (state, request) = asked(tasks::resume(&config(), &state, none, NOW).unwrap());
    assert_eq!(line(&request), "POST /api/webhooks");
    let step = tasks::resume(&config(), &state, answer(201, json!({})), NOW).unwrap();
    assert!(matches!(step, Step::Done(Completion::Subscribed(_))));
}

#[test]
fn a_refusal_says_whether_another_try_is_worth_it() {
    let (state, request) = asked(tasks::begin(&config(), Task::Probe).unwrap());
    assert_eq!(line(&request), "GET /api/shop");
    let kind = |responses| match tasks::resume(&config(), &state, responses, NOW).unwrap() {
        Step::Done(Completion::Failed(refusal)) => refusal.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(answer(401, json!({}))), RefusalKind::Auth);
    assert_eq!(kind(answer(503, json!({}))), RefusalKind::Transient);
    assert_eq!(kind(answer(404, json!({}))), RefusalKind::Permanent);
    assert_eq!(kind(vec![Response::Failed(Failure::NotSent("DNS".into()))]), RefusalKind::Transient);
    let Completion::Probed(name) = done(Task::Probe, json!({"name": "Lamps"})).1 else { panic!("not probed") };
    assert_eq!(name, "Lamps");
}

#[test]
fn a_webhook_and_a_poll_tell_a_fact_under_one_id() {
    let change = json!({"id": "ch-1", "topic": "order.placed", "at": 5, "record": order()});
    let Ok(Parsed::Events(events)) = records::told(change.to_string().as_bytes()) else { panic!("not read") };
    let (_, completion) = done(Task::Poll(None), json!({"changes": [change], "cursor": "c"}));
    assert!(matches!(completion, Completion::Page(page) if page.events == events));
    let unknown = json!({"id": "ch-2", "topic": "shop.renamed", "at": 6, "record": {}}).to_string();
    assert!(matches!(records::told(unknown.as_bytes()), Ok(Parsed::UnknownTopic(topic)) if topic == "shop.renamed"));
    assert_eq!(records::told(b"{").unwrap_err().kind, FaultKind::BadInput);
}

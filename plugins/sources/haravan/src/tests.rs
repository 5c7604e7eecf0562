//! Fixtures of our own, written from what is known of Haravan.

use super::*;
use cartwright_domain::event::{self, EventText, What};
use cartwright_sdk::serde_json::{self, Value, json};
use cartwright_sdk::transport::{Action, Header};

const NOW: Instant = 1_793_613_600_000;

fn webhook(topic: &str, body: &Value) -> Webhook {
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let headers = vec![header("x-haravan-topic", topic), header("x-haravan-org-id", "1000")];
    Webhook { method: "POST".to_owned(), path: "/".to_owned(), headers, body: body.to_string().into_bytes() }
}

fn domain(event: Event) -> event::Event {
    let subject = event.subject.into_iter().map(|key| (key.kind, Value::from(key.value))).collect();
    let text = json!({
        "id": event.id, "type": event.type_, "occurred_at": event.occurred_at,
        "subject": Value::Object(subject), "body": serde_json::from_str::<Value>(&event.body).unwrap(),
    });
    let text: EventText = serde_json::from_value(text).unwrap();
    text.try_into().unwrap_or_else(|error| panic!("the host refuses it: {error}"))
}

fn told(topic: &str, body: &Value) -> Vec<event::Event> {
    let Ok(Parsed::Events(events)) = read(&webhook(topic, body), NOW) else { panic!("{topic} is not read") };
    events.into_iter().map(domain).collect()
}

fn checkout(token: &str, updated_at: &str) -> Value {
    json!({
        "id": 1_002_003_004_005_006_007_u64, "token": token, "cart_token": "c1", "currency": "VND",
        "total_price": 350000.0, "updated_at": updated_at, "completed_at": null,
        "abandoned_checkout_url": "https://shop.myharavan.com/checkouts/t1", "email": null, "phone": "901234567",
        "buyer_accepts_marketing": true, "customer_locale": "vi",
        "line_items": [{ "title": "Ấm trà", "quantity": 1, "variant_id": 11, "product_id": 7, "price": "350000.0000" }],
        "shipping_address": { "first_name": "Linh", "last_name": "Trần", "country_code": "VN", "ward_code": "00001" },
    })
}

fn order(more: &Value) -> Value {
    let mut order = json!({
        "id": 77, "name": "#1001", "currency": "VND", "total_price": 350000, "created_at": "2026-11-02T10:00:00Z",
        "updated_at": "2026-11-02T11:00:00Z", "cancelled_at": null, "financial_status": "pending",
        "checkout_token": "t1", "phone": "0901234567", "line_items": [],
    });
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    order
}

fn asked(task: &Task) -> HttpRequest {
    let config = Config { endpoint: Some("https://h.example".to_owned()), ..Config::default() };
    let Action::Http(http) = tasks::request(&config, task, NOW).unwrap().action else { panic!("not HTTP") };
    http
}

fn answered(task: &Task, body: &Value) -> Completion {
    let response = HttpResponse { status: 200, headers: vec![], body: body.to_string().into_bytes() };
    tasks::answer(task, &Response::Http(response), NOW).unwrap()
}

fn page(cursor: Option<String>, checkouts: &[Value]) -> Page {
    match answered(&Task::Poll(cursor), &json!({ "checkouts": checkouts })) {
        Completion::Page(page) => page,
        _ => panic!("no page"),
    }
}

#[test]
fn a_checkout_says_who_left_what_and_where_it_goes_on() {
    let Page { events, .. } = page(None, &[checkout("t1", "2026-11-02T10:00:00Z")]);
    let event = domain(events.into_iter().next().unwrap());
    assert_eq!((event.subject.checkout.as_deref(), event.subject.phone.as_deref()), (Some("t1"), Some("0901234567")));
    let What::CheckoutUpdated(cart) = event.what else { panic!("no checkout") };
    assert_eq!(cart.recovery_url.as_deref(), Some("https://shop.myharavan.com/checkouts/t1"));
    assert_eq!(cart.total.map(|total| total.to_string()), Some("350000 VND".to_owned()));
    let person = cart.customer.unwrap();
    assert_eq!((person.country.as_deref(), person.language.as_deref()), (Some("VN"), Some("vi")));
    assert!(person.consent.is_some());
}

#[test]
fn the_poll_goes_on_page_by_page_and_then_behind_the_newest() {
    let first = page(None, &[]);
    let http = asked(&Task::Poll(first.cursor.clone()));
    assert!(
        http.url.starts_with("https://h.example/com/checkouts.json?updated_at_min=2026-11-02T09%3A59%3A59"),
        "{}",
        http.url
    );
    assert!(http.url.ends_with("&limit=50&page=1"), "{}", http.url);
    let full: Vec<Value> = (0..50).map(|number| checkout(&format!("t{number}"), "2026-11-02T12:00:00Z")).collect();
    let second = page(first.cursor, &full);
    assert!(asked(&Task::Poll(second.cursor.clone())).url.ends_with("&limit=50&page=2"));
    let last = page(second.cursor, &[checkout("t51", "2026-11-02T11:00:00Z")]);
    let http = asked(&Task::Poll(last.cursor));
    assert!(http.url.contains("updated_at_min=2026-11-02T11%3A59%3A59"), "the newest of all pages: {}", http.url);
    assert!(http.url.ends_with("&limit=50&page=1"));
}

#[test]
fn an_order_is_what_its_body_says_whatever_its_topic() {
    let name = |topic: &str, more: Value| told(topic, &order(&more))[0].what.name().to_owned();
    assert_eq!(name("orders/create", json!({})), "order.placed");
    assert_eq!(name("orders/cancelled", json!({})), "order.placed");
    assert_eq!(name("orders/updated", json!({ "financial_status": "paid" })), "order.paid");
    assert_eq!(name("orders/paid", json!({ "cancelled_at": "2026-11-02T12:00:00Z" })), "order.cancelled");
    let sent = told("orders/fulfilled", &order(&json!({ "fulfillment_status": "fulfilled" })));
    assert_eq!(sent.iter().map(|event| event.what.name()).collect::<Vec<_>>(), ["order.placed", "order.fulfilled"]);
}

#[test]
fn a_fact_has_one_id_however_it_is_told() {
    let body = order(&json!({ "financial_status": "paid" }));
    let Completion::Orders(asked) = answered(&Task::OrdersOf(Vec::new()), &json!({ "orders": [body] })) else {
        panic!("no orders")
    };
    let asked: Vec<_> = asked.into_iter().map(domain).collect();
    assert_eq!(asked, told("orders/paid", &body));
    let many: Vec<Value> = (0..50).map(|number| order(&json!({ "id": number }))).collect();
    let full = answered(&Task::OrdersOf(Vec::new()), &json!({ "orders": many }));
    assert!(matches!(full, Completion::Failed(_)), "nobody knows who is on the next page");
}

#[test]
fn webhooks_are_registered_and_an_unknown_topic_is_named() {
    let http = asked(&Task::Subscribe("https://carts.example/hooks/1".to_owned()));
    assert_eq!((http.method.as_str(), http.url.as_str()), ("POST", "https://h.example/api/subscribe"));
    assert!(
        matches!(answered(&Task::Subscribe(String::new()), &json!({})), Completion::Subscribed(topics) if topics.len() == 10)
    );
    assert!(
        matches!(read(&webhook("shop/update", &json!({})), NOW), Ok(Parsed::UnknownTopic(topic)) if topic == "shop/update")
    );
    assert_eq!(told("app/uninstalled", &json!({}))[0].what.name(), "haravan.app_uninstalled");
}

//! Each mode, and what an event comes to in the host's words.

use super::*;
use cartwright_domain::event::{self, EventText, What};
use cartwright_sdk::encoding::to_base64;
use cartwright_sdk::serde_json::json;
use cartwright_sdk::transport::Header;

const NOW: Instant = 1_793_613_600_000;

fn webhook(headers: &[(&str, &str)], body: &[u8]) -> Webhook {
    let header = |(name, value): &(&str, &str)| Header { name: (*name).to_owned(), value: (*value).to_owned() };
    let headers = headers.iter().map(header).collect();
    Webhook { method: "POST".to_owned(), path: "/".to_owned(), headers, body: body.to_vec() }
}

fn structured(event: &Value) -> Webhook {
    webhook(&[("content-type", "application/cloudevents+json; charset=utf-8")], event.to_string().as_bytes())
}

fn batched(events: &Value) -> Webhook {
    webhook(&[("content-type", "application/cloudevents-batch+json")], events.to_string().as_bytes())
}

fn config() -> Config {
    Config { type_prefix: "com.shop.".to_owned(), subject_is: None }
}

fn told(webhook: &Webhook) -> Vec<event::Event> {
    let events = read(webhook, &config(), NOW).unwrap_or_else(|fault| panic!("{}", fault.message));
    let taken = events.into_iter().map(|event| {
        let subject = event.subject.into_iter().map(|key| (key.kind, Value::from(key.value))).collect();
        let text = json!({
            "id": event.id, "type": event.type_, "occurred_at": event.occurred_at,
            "subject": Value::Object(subject), "body": serde_json::from_str::<Value>(&event.body).unwrap(),
        });
        let text: EventText = serde_json::from_value(text).unwrap();
        text.try_into().unwrap_or_else(|error| panic!("the host refuses it: {error}"))
    });
    taken.collect()
}

fn refused(webhook: &Webhook) -> String {
    read(webhook, &config(), NOW).expect_err("it was read").message
}

fn order() -> Value {
    json!({
        "specversion": "1.0", "id": "1", "source": "/shop", "type": "com.shop.order.placed",
        "time": "2026-11-02T11:00:00+01:00", "subject": "7", "datacontenttype": "application/json",
        "data": { "subject": { "order": "o1" }, "body": { "total": { "amount": "19.99", "currency": "EUR" } } },
    })
}

#[test]
fn the_three_modes_tell_the_same() {
    let document = told(&structured(&order()));
    assert_eq!(told(&batched(&json!([order()]))), document);
    let headers = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "%2Fshop"),
        ("ce-type", "com.shop.order.placed"),
        ("ce-time", "2026-11-02T10:00:00Z"),
        ("ce-subject", "7"),
    ];
    assert_eq!(told(&webhook(&headers, order()["data"].to_string().as_bytes())), document);
    let mut encoded = order();
    encoded["data_base64"] = to_base64(order()["data"].to_string().as_bytes()).into();
    encoded.as_object_mut().unwrap().remove("data");
    assert_eq!(told(&structured(&encoded)), document);
    let event = &document[0];
    assert_eq!((event.id.as_str(), event.occurred_at.millis()), ("/shop 1", NOW));
    assert_eq!((event.subject.customer.as_deref(), event.subject.order.as_deref()), (Some("7"), Some("o1")));
    assert!(matches!(&event.what, What::OrderPlaced(order) if order.total.unwrap().minor == 1_999));
}

#[test]
fn another_type_is_an_event_of_the_shop_s_own() {
    let visit = json!({ "specversion": "1.0", "id": "2", "source": "/shop", "type": "com.other.visited", "data": [1] });
    let event = told(&structured(&visit)).remove(0);
    assert_eq!((event.what.name(), event.occurred_at.millis()), ("com.other.visited", NOW));
    let mut long = visit;
    long["source"] = "s".repeat(300).into();
    let id = told(&structured(&long)).remove(0).id;
    assert_eq!((id.len(), id == told(&structured(&long)).remove(0).id), (64, true));
    assert!(told(&batched(&json!([]))).is_empty());
}

#[test]
fn s02_source_and_id_together_say_which_event_it_is() {
    let mut other = order();
    other["source"] = "/other".into();
    let events = told(&batched(&json!([order(), other])));
    assert_ne!(events[0].id, events[1].id);
}

#[test]
fn a_fault_names_the_attribute_and_the_event() {
    let with = |field: &str, value: Value| {
        let mut event = order();
        event[field] = value;
        event
    };
    assert!(refused(&structured(&with("specversion", "0.3".into()))).starts_with("specversion: "));
    assert!(refused(&batched(&json!([order(), with("id", "".into())]))).starts_with("[1].id: "));
    assert!(refused(&structured(&with("type", "visited".into()))).starts_with("type: "));
    assert!(refused(&structured(&with("data", json!({ "customer": 7 })))).starts_with("data."));
    assert!(refused(&structured(&with("data_base64", "e30=".into()))).starts_with("data_base64: "));
    assert_eq!(refused(&webhook(&[("ce-specversion", "1.0")], b"")), "ce-id: is missing");
    let avro = [("content-type", "application/cloudevents+avro")];
    assert!(refused(&webhook(&avro, b"x")).starts_with("content-type: "));
}

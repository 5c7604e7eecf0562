//! Own fixtures first; then Segment's own examples, where they lie beside the project.

use super::*;
use cartwright_domain::event::{self, EventText, LinesAre, What};
use cartwright_sdk::encoding::to_base64;
use cartwright_sdk::serde_json::{self, Value, json};
use cartwright_sdk::transport::Header;

const NOW: Instant = 1_793_613_600_000;

fn webhook(path: &str, body: &Value) -> Webhook {
    Webhook { method: "POST".to_owned(), path: path.to_owned(), headers: vec![], body: body.to_string().into_bytes() }
}

/// What the host makes of a call.
fn told(path: &str, body: &Value) -> Vec<event::Event> {
    let parsed =
        calls::read(&webhook(path, body), Some("EUR"), NOW).unwrap_or_else(|fault| panic!("{}", fault.message));
    let Parsed::Events(events) = parsed else { panic!("{path} is unknown") };
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

fn track(event: &str, properties: Value) -> Value {
    json!({ "messageId": "m-1", "userId": 7, "anonymousId": "a-1", "event": event, "properties": properties,
        "timestamp": "2026-11-02T09:59:00Z", "context": { "locale": "ro-RO", "traits": { "email": "ana@example.ro" } } })
}

fn one(event: &str, properties: Value) -> event::Event {
    told("/v1/track", &track(event, properties)).remove(0)
}

fn lamp() -> Value {
    json!({ "product_id": "p1", "sku": "L", "name": "Lamp", "price": 18.99, "quantity": 2 })
}

#[test]
fn whoever_is_identified_has_a_name_an_address_and_the_browser_they_were() {
    let call = json!({ "messageId": "m-2", "userId": "7", "anonymousId": "a-1", "traits": {
        "email": "ana@example.ro", "name": "Ana Maria Pop", "phone": "0721 234 567", "address": { "country": "ro", "state": "CJ", "city": "Cluj" } } });
    let event = told("/v1/identify", &call).remove(0);
    assert_eq!(event.id, "m-2");
    assert_eq!((event.subject.customer.as_deref(), event.subject.anonymous.as_deref()), (Some("7"), Some("a-1")));
    let What::CustomerIdentified(person) = event.what else { panic!("nobody") };
    assert_eq!((person.first_name.as_deref(), person.last_name.as_deref()), (Some("Ana Maria"), Some("Pop")));
    assert_eq!((person.phone.as_deref(), person.country.as_deref()), (Some("0721 234 567"), Some("RO")));
    assert_eq!((person.province.as_deref(), person.city.as_deref()), (Some("CJ"), Some("Cluj")));
    let alias = told("/v1/alias", &json!({ "userId": "7", "previousId": "a-0" })).remove(0);
    assert_eq!((alias.subject.customer.as_deref(), alias.subject.anonymous.as_deref()), (Some("7"), Some("a-0")));
}

#[test]
fn a_product_that_is_added_begins_a_cart_and_a_viewed_cart_is_told_whole() {
    let added = one("Product Added", json!({ "cart_id": "c1", "name": "Lamp", "price": "18.99", "quantity": 1 }));
    assert_eq!((added.subject.cart.as_deref(), added.subject.customer.as_deref()), (Some("c1"), Some("7")));
    let What::CartUpdated(body) = added.what else { panic!("no cart") };
    assert_eq!((body.lines.len(), body.lines[0].price.unwrap().to_string()), (1, "18.99 EUR".to_owned()));
    assert_eq!((body.lines_are, body.customer.unwrap().language.as_deref()), (LinesAre::Added, Some("ro-RO")));
    let viewed = one("Cart Viewed", json!({ "cart_id": "c1", "value": 37.98, "products": [lamp(), lamp()] }));
    let What::CartUpdated(body) = viewed.what else { panic!("no cart") };
    assert_eq!((body.lines.len(), body.total.unwrap().minor), (2, 3_798));
    assert_eq!(body.lines_are, LinesAre::All);
    let nameless = one("Product Added", lamp());
    assert_eq!(nameless.subject.cart.as_deref(), Some("segment:a-1"), "everybody has one cart where carts have no ids");
}

#[test]
fn a_product_that_is_removed_is_taken_out_by_so_many_pieces_or_wholly() {
    let removed = |properties: Value| {
        let What::CartUpdated(body) = one("Product Removed", properties).what else { panic!("no cart") };
        assert_eq!(body.lines_are, LinesAre::Removed);
        body.lines[0].quantity
    };
    assert_eq!(removed(lamp()), 2);
    assert_eq!(removed(json!({ "product_id": "p1", "name": "Lamp" })), u32::MAX);
}

#[test]
fn an_order_has_its_total_in_its_own_currency() {
    let order = json!({ "order_id": "o1", "checkout_id": "k1", "total": 20, "revenue": 18, "currency": "USD", "products": [lamp()] });
    let event = one("Order Completed", order.clone());
    assert_eq!((event.subject.order.as_deref(), event.subject.checkout.as_deref()), (Some("o1"), Some("k1")));
    let What::OrderPlaced(body) = event.what else { panic!("not placed") };
    assert_eq!((body.total.unwrap().to_string(), body.lines.len()), ("20.00 USD".to_owned(), 1));
    assert_eq!(one("order cancelled", order).what.name(), "order.cancelled");
    let started = one("Checkout Started", json!({ "order_id": "o1", "value": 20, "products": [lamp()] }));
    assert_eq!((started.what.name(), started.subject.checkout.as_deref()), ("checkout.updated", Some("o1")));
}

#[test]
fn every_other_event_has_a_name_of_its_own() {
    let event = one("Order Shipped!", json!({ "order_id": "o1" }));
    let What::Custom(custom) = event.what else { panic!("not custom") };
    assert_eq!((custom.name.as_str(), &custom.body["order_id"]), ("segment.order_shipped_", &json!("o1")));
    let page = told("/v1/page", &json!({ "anonymousId": "a-1", "properties": { "url": "https://shop.example/" } }));
    assert_eq!(page[0].what.name(), "segment.page_viewed");
    assert!(told("/v1/group", &json!({ "userId": "7", "groupId": "g" })).is_empty());
}

#[test]
fn s03_a_library_s_clock_is_put_right_by_when_it_says_it_sends() {
    let at = |fields: Value| {
        let mut call = track("Page", json!({}));
        for (name, value) in fields.as_object().unwrap() {
            call[name] = value.clone();
        }
        told("/v1/track", &call)[0].occurred_at.to_string()
    };
    let ahead = json!({ "timestamp": "2026-11-02T11:59:00Z", "sentAt": "2026-11-02T12:00:00Z" });
    assert_eq!(at(ahead), "2026-11-02T09:59:00.000Z", "two hours ahead");
    let jitter = json!({ "timestamp": "2026-11-02T09:59:00Z", "sentAt": "2026-11-02T10:00:09Z" });
    assert_eq!(at(jitter), "2026-11-02T09:59:00.000Z", "nine seconds are no clock that is wrong");
    let corrected = json!({ "timestamp": "2026-11-02T09:59:00Z", "originalTimestamp": "2026-11-02T11:59:00Z",
        "sentAt": "2026-11-02T12:00:00Z" });
    assert_eq!(at(corrected), "2026-11-02T09:59:00.000Z", "Segment has done it already");
    assert_eq!(at(json!({ "timestamp": null })), "2026-11-02T10:00:00.000Z");
}

#[test]
fn a_batch_is_read_call_by_call_and_a_fault_names_the_one() {
    let identify = json!({ "type": "identify", "userId": "7", "traits": { "email": "ana@example.ro" } });
    let mut added = track("Product Added", lamp());
    added["type"] = "track".into();
    let batch = |calls: Value| json!({ "batch": calls, "sentAt": "2026-11-02T10:00:00Z" });
    let events = told("/v1/batch", &batch(json!([identify, added])));
    assert_eq!(
        events.iter().map(|event| event.what.name()).collect::<Vec<_>>(),
        ["customer.identified", "cart.updated"]
    );
    assert_eq!(
        events[0].id,
        told("/v1/batch", &batch(json!([identify])))[0].id,
        "without an id it has that of what it says"
    );
    let nameless = json!({ "type": "identify", "traits": {} });
    let fault = calls::read(&webhook("/v1/batch", &batch(json!([added, nameless]))), None, NOW).err().unwrap();
    assert!(fault.message.starts_with("batch[1].userId: "), "{}", fault.message);
    let unknown = calls::read(&webhook("/v1/settings", &json!({})), None, NOW).unwrap();
    assert_eq!(unknown, Parsed::UnknownTopic("settings".to_owned()));
}

#[test]
fn the_write_key_is_the_user_of_basic_authentication_or_stands_in_the_body() {
    let with = |value: &str| {
        let header = Header { name: "authorization".to_owned(), value: value.to_owned() };
        Webhook { headers: vec![header], ..webhook("/v1/track", &json!({ "writeKey": "other" })) }
    };
    assert_eq!(write_key(&with(&format!("Basic {}", to_base64(b"k3y:")))).as_deref(), Some("k3y"));
    assert_eq!(write_key(&with("Basic ???")), None);
    assert_eq!(write_key(&webhook("/v1/track", &json!({ "writeKey": "k3y" }))).as_deref(), Some("k3y"));
    assert_eq!(write_key(&webhook("/v1/track", &json!({}))), None);
}

#[test]
#[allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the examples lie beside the project")]
fn segment_s_own_examples_are_read() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data");
    let data = std::env::var("CARTWRIGHT_PROVIDER_DATA").unwrap_or_else(|_| beside.to_owned());
    let Ok(examples) = std::fs::read(format!("{data}/segment_ecommerce_v2_examples.json")) else {
        println!("not present: provider data: {data}/segment_ecommerce_v2_examples.json");
        return;
    };
    let examples: Value = serde_json::from_slice(&examples).unwrap();
    let mut own = 0;
    for example in examples["examples"].as_array().unwrap() {
        let mut call = example.clone();
        call["userId"] = "7".into();
        let event = told("/v1/track", &call).remove(0);
        own += usize::from(!matches!(event.what, What::Custom(_)));
    }
    assert_eq!(own, 7, "added, removed, viewed, started, completed, updated, cancelled");
}

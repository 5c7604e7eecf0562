//! Own fixtures first; then WooCommerce's own sample, where it lies beside the project.

use super::*;
use cartwright_domain::event::{self, EventText, OrderOrigin, What};
use cartwright_sdk::serde_json::{self, Value, json};
use cartwright_sdk::transport::{Action, Effect, Header};

const NOW: Instant = 1_800_000_000_000;

fn webhook(topic: &str, body: &Value) -> Webhook {
    let headers = vec![Header { name: "x-wc-webhook-topic".to_owned(), value: topic.to_owned() }];
    Webhook { method: "POST".to_owned(), path: "/".to_owned(), headers, body: body.to_string().into_bytes() }
}

/// What the host makes of an event.
fn taken(event: Event) -> event::Event {
    let subject = event.subject.into_iter().map(|key| (key.kind, Value::from(key.value))).collect();
    let text = json!({
        "id": event.id, "type": event.type_, "occurred_at": event.occurred_at,
        "subject": Value::Object(subject), "body": serde_json::from_str::<Value>(&event.body).unwrap(),
    });
    let text: EventText = serde_json::from_value(text).unwrap();
    text.try_into().unwrap_or_else(|error| panic!("the host refuses it: {error}"))
}

fn told(topic: &str, body: &Value) -> Vec<event::Event> {
    let parsed = read(&webhook(topic, body)).unwrap_or_else(|fault| panic!("{topic}: {}", fault.message));
    let Parsed::Events(events) = parsed else { panic!("{topic} is unknown") };
    events.into_iter().map(taken).collect()
}

fn order() -> Value {
    json!({
        "id": 727, "number": "727", "status": "on-hold", "currency": "EUR", "total": "29.35",
        "date_created_gmt": "2026-11-02T10:00:00", "date_modified_gmt": "2026-11-02T10:00:08", "created_via": "checkout",
        "customer_id": 0, "line_items": [
            { "name": "Tea &amp; Biscuits &ndash; Large", "product_id": 22, "variation_id": 23, "quantity": 1, "sku": "T", "price": 12.5 },
            { "name": "Cups", "product_id": 93, "variation_id": 0, "quantity": 3, "sku": "", "price": 3.3333333333333335 },
        ],
        "billing": { "first_name": "Ana", "last_name": "Pop", "country": "RO", "state": "CJ", "city": "Cluj", "email": "ana@example.ro", "phone": "0721 234 567" },
    })
}

fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

fn names(status: &str) -> Vec<String> {
    told("order.updated", &with(order(), "status", status)).iter().map(|event| event.what.name().to_owned()).collect()
}

#[test]
fn a_guest_s_order_is_theirs_by_e_mail_and_by_the_phone_of_their_country() {
    let event = told("order.created", &order()).remove(0);
    assert_eq!((event.subject.customer, event.subject.order.as_deref()), (None, Some("727")));
    assert_eq!(event.subject.email.as_deref(), Some("ana@example.ro"));
    assert_eq!(event.occurred_at.to_string(), "2026-11-02T10:00:00.000Z", "dates are in UTC, without saying so");
    let What::OrderPlaced(body) = event.what else { panic!("not placed") };
    assert_eq!((body.number.as_deref(), body.total.unwrap().to_string()), (Some("727"), "29.35 EUR".to_owned()));
    assert_eq!((body.lines[0].title.as_str(), body.lines[0].price.unwrap().minor), ("Tea & Biscuits – Large", 1_250));
    assert_eq!((body.lines[1].variant_id.as_deref(), body.lines[1].price), (None, None), "a third of ten is no amount");
    let customer = body.customer.unwrap();
    assert_eq!((customer.phone.as_deref(), customer.country.as_deref()), (Some("0721 234 567"), Some("RO")));
    assert_eq!((customer.province.as_deref(), customer.city.as_deref()), (Some("CJ"), Some("Cluj")));
}

#[test]
fn an_order_is_told_as_the_state_it_is_in() {
    for (status, expected) in [
        ("pending", &["order.placed"][..]),
        ("on-hold", &["order.placed"]),
        ("processing", &["order.paid"]),
        ("completed", &["order.paid", "order.fulfilled"]),
        ("refunded", &["order.paid"]),
        ("cancelled", &["order.cancelled"]),
        ("failed", &["order.cancelled"]),
        ("packing", &["order.placed"]),
        ("checkout-draft", &[]),
    ] {
        assert_eq!(names(status), expected, "{status}");
    }
}

#[test]
fn staff_and_renewals_are_told_from_customers() {
    for (via, expected) in [
        ("admin", OrderOrigin::Staff),
        ("subscription", OrderOrigin::Renewal),
        ("checkout", OrderOrigin::Customer),
        ("store-api", OrderOrigin::Customer),
    ] {
        let What::OrderPlaced(body) = told("order.created", &with(order(), "created_via", via)).remove(0).what else {
            panic!("not placed")
        };
        assert_eq!(body.origin, expected, "{via}");
    }
}

#[test]
fn customers_and_products_are_read_and_what_is_gone_says_nothing() {
    let customer = json!({ "id": 7, "email": "ana@example.ro", "first_name": "Ana", "last_name": "",
        "date_created_gmt": "2026-01-01T00:00:00", "date_modified_gmt": null,
        "billing": { "last_name": "Pop", "phone": "0721 234 567", "country": "RO" } });
    let event = told("customer.updated", &customer).remove(0);
    assert_eq!(event.subject.customer.as_deref(), Some("7"));
    assert_eq!(event.what.person().unwrap().last_name.as_deref(), Some("Pop"));
    let product = json!({ "id": 93, "name": "Cups", "permalink": "https://shop.example/cups",
        "date_modified_gmt": "2026-01-01T00:00:00", "images": [{ "src": "https://shop.example/cups.png" }],
        "categories": [{ "name": "Kitchen" }], "tags": [{ "name": "tea" }] });
    let What::ProductUpdated(body) = told("product.updated", &product).remove(0).what else { panic!("no product") };
    assert_eq!(body.product_id.as_str(), "93");
    assert!(told("order.deleted", &json!({ "id": 727 })).is_empty());
    let unknown = read(&webhook("coupon.created", &json!({ "id": 1 }))).unwrap();
    assert_eq!(unknown, Parsed::UnknownTopic("coupon.created".to_owned()));
    let fault = read(&webhook("order.created", &with(order(), "date_modified_gmt", "today"))).err().unwrap();
    assert!(fault.message.starts_with("date_modified_gmt: "), "{}", fault.message);
}

#[test]
fn a_ping_is_answered_and_nothing_else_is_taken_for_one() {
    let body = |body: &str| Webhook { body: body.as_bytes().to_vec(), ..webhook("", &json!({})) };
    assert!(is_ping(&body("webhook_id=12")));
    for other in ["webhook_id=", "webhook_id=12&x=1", "{\"webhook_id\": 12}", ""] {
        assert!(!is_ping(&body(other)), "{other}");
    }
}

fn config() -> Config {
    Config { shop_url: Some("https://shop.example".to_owned()), consumer_key: Some("ck_1".to_owned()) }
}

fn asked(task: &Task) -> String {
    let request = tasks::request(&config(), task).unwrap();
    assert_eq!(request.effect, Effect::None);
    let Action::Http(request) = request.action else { panic!("not HTTP") };
    assert_eq!(request.headers[0].value, "Basic {secret:consumer_secret:base64:ck_1:}");
    request.url.replace("https://shop.example/wp-json/wc/v3/", "")
}

fn answered(task: &Task, body: &Value) -> Page {
    let response = HttpResponse { status: 200, headers: vec![], body: body.to_string().into_bytes() };
    match tasks::answer(task, &Response::Http(response), NOW).unwrap() {
        Completion::Page(page) => page,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_poll_begins_now_and_tells_what_changed_by_the_same_id_as_the_webhook() {
    let begins = answered(&Task::Poll(None), &json!([order()]));
    assert_eq!((begins.events.len(), begins.cursor.as_deref()), (0, Some("2026-11-02T10:00:07.000Z")));
    assert_eq!(answered(&Task::Poll(None), &json!([])).cursor.as_deref(), Some("2027-01-15T08:00:00.000Z"));
    let goes_on = Task::Poll(begins.cursor);
    assert!(asked(&goes_on).contains("modified_after=2026-11-02T10%3A00%3A07.000Z&dates_are_gmt=true"));
    let page = answered(&goes_on, &json!([order()]));
    let event = taken(page.events.into_iter().next().unwrap());
    assert_eq!(event, told("order.updated", &order()).remove(0));
    assert_eq!(answered(&goes_on, &json!([])).cursor.as_deref(), Some("2026-11-02T10:00:07.000Z"));
}

#[test]
fn the_past_ends_with_a_page_that_is_not_full() {
    let task = |cursor: Option<&str>| {
        Task::Backfill(Backfill { kind: BackfillKind::Orders, cursor: cursor.map(str::to_owned) })
    };
    assert!(asked(&task(None)).starts_with("orders?per_page=50&page=1&"));
    let full = answered(&task(None), &Value::Array(vec![order(); 50]));
    assert_eq!((full.events.len(), full.cursor.as_deref()), (50, Some("2")));
    assert!(asked(&task(Some("2"))).contains("page=2"));
    assert_eq!(answered(&task(Some("2")), &json!([order()])).cursor, None);
}

#[test]
fn a_refusal_is_told_with_its_status() {
    let response = HttpResponse { status: 401, headers: vec![], body: b"{}".to_vec() };
    let completion = tasks::answer(&Task::Probe, &Response::Http(response), NOW).unwrap();
    let Completion::Failed(refusal) = completion else { panic!("{completion:?}") };
    assert_eq!((refusal.kind, refusal.code.as_deref()), (RefusalKind::Auth, Some("401")));
    assert!(tasks::request(&Config::default(), &Task::Probe).is_err(), "nobody is asked without an address");
}

#[test]
#[allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the sample lies beside the project")]
fn woocommerce_s_own_sample_is_read() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data");
    let data = std::env::var("CARTWRIGHT_PROVIDER_DATA").unwrap_or_else(|_| beside.to_owned());
    let Ok(sample) = std::fs::read(format!("{data}/woocommerce_order.json")) else {
        println!("not present: provider data: {data}/woocommerce_order.json");
        return;
    };
    let event = told("order.updated", &serde_json::from_slice(&sample).unwrap()).remove(0);
    let What::OrderPaid(body) = event.what else { panic!("not paid") };
    assert_eq!((body.lines.len(), body.total.unwrap().to_string()), (2, "29.35 USD".to_owned()));
    assert_eq!(body.lines[1].title, "Ship Your Idea – Color: Black, Size: M Test");
}

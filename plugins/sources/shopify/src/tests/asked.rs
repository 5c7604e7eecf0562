//! What Shopify is asked, what its answers mean, and whom it is believed.

use super::*;
use cartwright_sdk::transport::{Action, Effect};

const SHOP: &str = "example.myshopify.com";

fn asked(task: &Task) -> (Effect, HttpRequest) {
    let request = tasks::request(SHOP, task, NOW);
    let Action::Http(http) = request.action else { panic!("not HTTP") };
    assert!(http.url.starts_with("https://example.myshopify.com/admin/api/"), "{}", http.url);
    assert_eq!(http.headers[0].value, "{secret:access_token}");
    (request.effect, http)
}

fn answered(task: &Task, status: u16, body: &Value) -> Completion {
    let response = HttpResponse { status, headers: vec![], body: body.to_string().into_bytes() };
    tasks::answer(Some(SHOP.to_owned()), task, &Response::Http(response), NOW).unwrap()
}

fn page(task: &Task, body: &Value) -> Page {
    match answered(task, 200, body) {
        Completion::Page(page) => page,
        other => panic!("{other:?}"),
    }
}

fn key(kind: &str, value: &str) -> Key {
    Key { kind: kind.to_owned(), value: value.to_owned() }
}

#[test]
fn s08_orders_are_searched_for_by_cart_checkout_customer_and_e_mail() {
    let keys = vec![
        key("cart", "c1"),
        key("checkout", "k1"),
        key("customer", "7"),
        key("email", "a\"b@c.de"),
        key("phone", "+49"),
    ];
    let (effect, request) = asked(&Task::OrdersOf(keys));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let search = r#"(cart_token:"c1" OR checkout_token:"k1" OR customer_id:"7" OR email:"a\"b@c.de") AND created_at:>="2027-01-01T08:00:00.000Z""#;
    assert_eq!((effect, &body["variables"]["search"]), (Effect::None, &json!(search)));
    let nobody: Value = serde_json::from_slice(&asked(&Task::OrdersOf(vec![])).1.body).unwrap();
    assert!(nobody["variables"]["search"].as_str().unwrap().starts_with("(customer_id:0)"));
}

#[test]
fn s08_an_order_that_is_found_is_told_as_its_webhook_tells_it() {
    let found = json!({ "data": { "orders": { "nodes": [{
        "legacyResourceId": "820982911946154508", "name": "#1001", "createdAt": "2026-11-02T10:00:00Z",
        "processedAt": "2026-11-02T09:59:00Z", "updatedAt": "2026-11-02T10:05:00Z", "cancelledAt": null,
        "displayFinancialStatus": "PAID", "sourceName": "web", "test": false, "cartToken": "c1", "currencyCode": "EUR",
        "email": "jon@example.com", "phone": null, "customer": { "legacyResourceId": "7" },
        "totalPriceSet": { "shopMoney": { "amount": "30.0", "currencyCode": "EUR" } },
        "lineItems": { "nodes": [{ "title": "Shirt", "quantity": 1, "sku": "S", "variant": { "legacyResourceId": "5" },
            "originalUnitPriceSet": { "shopMoney": { "amount": "30.0", "currencyCode": "EUR" } } }] },
    }] } } });
    let Completion::Orders(events) = answered(&Task::OrdersOf(vec![]), 200, &found) else { panic!("no orders") };
    assert_eq!((events.len(), events[0].type_.as_str()), (1, "order.paid"));
    let subject: Vec<(&str, &str)> =
        events[0].subject.iter().map(|key| (key.kind.as_str(), key.value.as_str())).collect();
    for name in [("order", "820982911946154508"), ("cart", "c1"), ("customer", "7"), ("email", "jon@example.com")] {
        assert!(subject.contains(&name), "{subject:?}");
    }
    let body: Value = serde_json::from_str(&events[0].body).unwrap();
    assert_eq!((&body["total"]["amount"], &body["lines"][0]["variant_id"]), (&json!("30.0"), &json!("5")));
}

#[test]
fn refusals_of_graphql_come_with_the_status_of_a_success() {
    let refusal = |code: &str| {
        let body = json!({ "errors": [{ "message": "no", "extensions": { "code": code } }] });
        match answered(&Task::OrdersOf(vec![]), 200, &body) {
            Completion::Failed(refusal) => refusal.kind,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refusal("THROTTLED"), RefusalKind::RateLimited(None));
    assert_eq!(refusal("ACCESS_DENIED"), RefusalKind::Auth);
    assert_eq!(refusal("undefinedField"), RefusalKind::Permanent);
    let Completion::Failed(refusal) = answered(&Task::Probe, 401, &json!({})) else { panic!("it works") };
    assert_eq!(refusal.kind, RefusalKind::Auth);
}

const ADDRESS: &str = "https://carts.example/hooks/1";

/// What follows upon what the shop has, as words.
fn registering(known: &Value) -> Result<String, Completion> {
    let body = json!({ "data": { "webhookSubscriptions": { "nodes": known } } }).to_string().into_bytes();
    let response = Response::Http(HttpResponse { status: 200, headers: vec![], body });
    match tasks::subscribe(SHOP, ADDRESS, &response, NOW).unwrap() {
        Step::Done(done) => Err(done),
        Step::Call(mut next) => {
            assert_eq!(cartwright_sdk::state::read(&next.state).unwrap(), [tasks::REGISTERING]);
            let request = next.requests.remove(0);
            assert_eq!(request.effect, Effect::Send);
            let Action::Http(http) = request.action else { panic!("not HTTP") };
            let body: Value = serde_json::from_slice(&http.body).unwrap();
            Ok(body["query"].as_str().unwrap().to_owned())
        }
    }
}

fn subscription(topic: &str, uri: &str) -> Value {
    json!({ "id": format!("gid://shopify/WebhookSubscription/{topic}"), "topic": topic, "uri": uri })
}

#[test]
fn the_shop_is_asked_for_every_topic_that_is_read_but_those_of_privacy() {
    let (effect, request) = asked(&Task::Subscribe(ADDRESS.to_owned()));
    assert_eq!(effect, Effect::None);
    assert!(String::from_utf8(request.body).unwrap().contains("nodes { id topic uri }"));
    let query = registering(&json!([])).unwrap();
    assert_eq!(query.matches("webhookSubscriptionCreate").count(), subscriptions::wanted().count());
    for topic in ["CUSTOMERS_MARKETING_CONSENT_UPDATE", "CUSTOMERS_CREATE", "PRODUCTS_CREATE", "FULFILLMENTS_CREATE"] {
        assert!(query.contains(&format!("{topic}: webhookSubscriptionCreate(topic: {topic}, ")), "{topic}");
    }
    assert!(query.contains(r#"uri: "https://carts.example/hooks/1""#));
    let told: Vec<&str> = topics::subscribed().collect();
    assert!(told.iter().all(|topic| topics::reading(topic).is_some()));
    for topic in ["customers/data_request", "customers/redact", "shop/redact"] {
        assert!(topics::reading(topic).is_some() && !told.contains(&topic), "{topic}");
    }
    let Err(Completion::Subscribed(topics)) = registering(&every_one(ADDRESS)) else { panic!("not all") };
    assert_eq!(topics, told);
}

fn every_one(address: &str) -> Value {
    subscriptions::wanted().map(|topic| subscription(&topic, address)).collect()
}

#[test]
fn webhooks_of_a_former_address_are_moved_and_others_left_alone() {
    let moved = registering(&every_one("https://old.example/hooks/1")).unwrap();
    assert_eq!(moved.matches("webhookSubscriptionUpdate").count(), subscriptions::wanted().count());
    assert!(!moved.contains("Create") && !moved.contains("Delete"));
    let mut known = every_one(ADDRESS);
    let known = known.as_array_mut().unwrap();
    known.push(subscription("ORDERS_CREATE", "https://another.example/hooks/2"));
    known.push(subscription("THEMES_CREATE", "https://old.example/hooks/1"));
    assert!(registering(&json!(known)).is_err(), "another connection, and a topic that is not ours");
    known.push(subscription("ORDERS_CREATE", "https://old.example/hooks/1"));
    let query = registering(&json!(known)).unwrap();
    let gone = r#"mutation { ORDERS_CREATE_0: webhookSubscriptionDelete(id: "gid://shopify/WebhookSubscription/ORDERS_CREATE") { userErrors { message } } }"#;
    assert_eq!(query, gone);
}

#[test]
fn what_the_shop_refuses_of_it_is_said() {
    let answered = |status: u16, body: Value| {
        let response = HttpResponse { status, headers: vec![], body: body.to_string().into_bytes() };
        tasks::registered(&Response::Http(response), NOW).unwrap()
    };
    let errors = |message: &str| json!({ "data": { "ORDERS_CREATE": { "userErrors": [{ "message": message }] } } });
    assert!(matches!(
        answered(200, errors("Address for this topic has already been taken")),
        Completion::Subscribed(_)
    ));
    let Completion::Failed(refusal) = answered(200, errors("Address is invalid")) else { panic!("registered") };
    assert_eq!(refusal.text, "ORDERS_CREATE: Address is invalid");
    assert!(matches!(answered(503, json!({})), Completion::Failed(_)));
}

#[test]
fn polls_and_the_past_are_read_as_webhooks_are() {
    let begins = page(&Task::Poll(None), &json!({ "shop": { "name": "Lamps" } }));
    assert_eq!(begins.cursor.as_deref(), Some("2027-01-15T08:00:00.000Z"));
    let poll = page(&Task::Poll(begins.cursor), &json!({ "orders": [order()] }));
    assert_eq!((poll.events[0].type_.as_str(), poll.cursor.as_deref()), ("order.placed", Some("2026-11-02T10:05:00Z")));
    let past = |kind| Task::Backfill(Backfill { kind, cursor: Some("9".to_owned()) });
    assert!(asked(&past(BackfillKind::Orders)).1.url.contains("orders.json?limit=50&since_id=9&status=any"));
    let full = page(&past(BackfillKind::Orders), &json!({ "orders": vec![order(); 50] }));
    assert_eq!((full.events.len(), full.cursor.as_deref()), (50, Some("820982911946154508")));
    let customers = json!({ "customers": [{ "id": 7, "email": "ana@example.ro" }] });
    let last = page(&past(BackfillKind::Customers), &customers);
    assert_eq!((last.events[0].type_.as_str(), last.cursor), ("customer.updated", None));
    assert_eq!(
        answered(&Task::Probe, 200, &json!({ "shop": { "name": "Lamps" } })),
        Completion::Probed("Lamps".to_owned())
    );
}

#[test]
fn a_topic_that_nobody_signed_cancels_no_order() {
    assert_eq!(told("orders/cancelled", &order()).unwrap().what.name(), "order.placed");
    assert_eq!(told("orders/paid", &order()).unwrap().what.name(), "order.placed");
}

#[test]
fn what_another_shop_signed_is_told_by_its_header_or_its_body() {
    let of = |body: &Value| another_shop(&webhook("shop/redact", body), SHOP);
    assert_eq!(of(&json!({ "id": 1 })), None);
    assert_eq!(of(&json!({ "shop_domain": "other.myshopify.com" })).as_deref(), Some("other.myshopify.com"));
    assert_eq!(of(&json!({ "myshopify_domain": SHOP })), None);
    assert_eq!(another_shop(&webhook("carts/update", &cart()), "ours.myshopify.com").as_deref(), Some(SHOP));
}

#[test]
fn the_secret_before_is_taken_for_an_hour() {
    let since = |minutes: i64| Some(time::Moment(NOW - minutes * 60_000));
    assert!(rotates(since(0), NOW) && rotates(since(60), NOW));
    assert!(!rotates(since(61), NOW) && !rotates(since(-1), NOW) && !rotates(None, NOW));
}

#[test]
fn a_deleted_checkout_is_empty_and_notices_have_names_of_their_own() {
    let What::CheckoutUpdated(gone) = told("checkouts/delete", &json!({ "id": 9, "cart_token": "c1" })).unwrap().what
    else {
        panic!("no checkout")
    };
    assert!(gone.lines.is_empty());
    assert!(told("checkouts/delete", &json!({ "id": 9 })).is_none(), "nobody knows which");
    let refund =
        told("refunds/create", &json!({ "id": 1, "order_id": 5, "processed_at": "2026-11-02T10:00:00Z" })).unwrap();
    assert_eq!((refund.what.name(), refund.subject.order.as_deref()), ("shopify.refunded", Some("5")));
    let uninstalled =
        told("app/uninstalled", &json!({ "id": 1, "email": "owner@example.com", "myshopify_domain": SHOP })).unwrap();
    let What::Custom(custom) = uninstalled.what else { panic!("not custom") };
    assert_eq!((custom.name.as_str(), custom.body), ("shopify.app_uninstalled", json!({})));
}

#[test]
fn s45_whoever_is_to_be_erased_is_named_by_all_that_shopify_knows() {
    let customer = json!({ "id": 7, "email": "ana@example.ro", "phone": "+40721000111" });
    let body = json!({ "shop_id": 1, "shop_domain": SHOP, "customer": customer, "orders_to_redact": [5] });
    let event = told("customers/redact", &body).unwrap();
    assert_eq!(event.what.name(), "shopify.customer_redacted");
    let names = (event.subject.customer.as_deref(), event.subject.email.as_deref(), event.subject.phone.as_deref());
    assert_eq!(names, (Some("7"), Some("ana@example.ro"), Some("+40721000111")));
    assert!(read(&webhook("customers/data_request", &body), None, NOW).is_err(), "it has no request");
    let mut request = body;
    request["data_request"] = json!({ "id": 9999 });
    let What::Custom(custom) = told("customers/data_request", &request).unwrap().what else { panic!("not custom") };
    assert_eq!((custom.name.as_str(), custom.body), ("shopify.data_requested", json!({ "request": "9999" })));
    let shop = json!({ "shop_id": 1, "shop_domain": SHOP });
    assert_eq!(told("shop/redact", &shop).unwrap().what.name(), "shopify.shop_redacted");
}

#[test]
fn s45_no_other_body_erases_anybody_under_a_topic_that_nobody_signed() {
    let redaction = json!({ "shop_id": 1, "shop_domain": SHOP, "customer": { "id": 7 }, "orders_to_redact": [] });
    for body in [order(), cart(), json!({ "customer": { "id": 7 } })] {
        assert!(read(&webhook("customers/redact", &body), None, NOW).is_err(), "{body}");
    }
    for body in [order(), cart(), redaction] {
        assert!(read(&webhook("shop/redact", &body), None, NOW).is_err(), "{body}");
    }
}

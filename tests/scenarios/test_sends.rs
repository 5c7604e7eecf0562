//! S26: a content is tried with somebody's data, and only the shop's own people get it.

use cartwright_domain::time::Span;
use cartwright_testkit::database::Database;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::shopify::{self, ANA, TEAPOT};
use cartwright_tests::{Client, Stoppable, World, on_both_databases};
use serde_json::{Value, json};

use crate::whatsapp;

const STAFF: &str = "+4915199999999";

on_both_databases!(
    s26_a_test_goes_to_the_shops_own_people_with_a_customers_data_and_counts_nowhere,
    s26_a_test_goes_neither_to_an_unknown_address_nor_to_the_customer,
    s26_the_links_of_a_test_are_the_addresses_themselves,
    s26_a_wrong_code_is_told_and_confirms_nothing,
    s26_a_test_is_past_the_window_and_consent_and_never_past_a_hold,
    s26_a_refusal_is_shown_in_full_with_the_next_step,
    s26_codes_are_sent_so_often_and_no_more,
    s45_what_was_tried_with_her_data_goes_with_her,
);

/// A shop that has a content, and Ana with a cart.
async fn ana(world: &World) -> String {
    let body = json!({ "text": "Hi {{ user_name }}: {{ product.title }}. {{ unsubscribe_url }}" });
    let content = json!({ "name": "hello", "variants": [{ "channel": "inbox", "body": body }] });
    world.api.put("/v1/contents/hello", &content).await.ok();
    let checkout = shopify::checkout("c7checkout", Some("hWN4cart"), &ANA, &[TEAPOT], world.now());
    assert_eq!(world.tell("checkouts/create", &checkout).await, 200);
    assert_eq!(world.tell("carts/update", &shopify::cart("hWN4cart", &[TEAPOT], world.now())).await, 200);
    world.settle().await;
    let customers = world.api.list("/v1/customers").await;
    let ana = customers.into_iter().find(|customer| customer["email"] == ANA.email).unwrap();
    ana["id"].as_str().unwrap().to_owned()
}

/// Six digits in the newest entry of the inbox.
async fn code(world: &World) -> String {
    world.inbox().await[0].split(' ').next().unwrap().to_owned()
}

/// An address of the shop's own people, shown to be theirs by the local inbox.
async fn confirmed(world: &World, to: &str) {
    // What comes at the same instant has no order.
    world.skip(Span::seconds(1)).await;
    let asked = world.api.post("/v1/test-addresses", &json!({ "channel": "inbox", "to": to })).await.ok();
    assert_eq!(asked["sent"]["state"], "accepted", "{asked:#}");
    let typed = json!({ "kind": "handle", "value": to, "code": code(world).await });
    let known = world.api.post("/v1/test-addresses/confirm", &typed).await.ok();
    assert!(known["confirmed_at"].is_string(), "{known:#}");
    world.skip(Span::seconds(1)).await;
}

fn to_mia(customer: &str) -> Value {
    json!({ "channel": "inbox", "to": "mia", "customer": customer })
}

async fn s26_a_test_goes_to_the_shops_own_people_with_a_customers_data_and_counts_nowhere(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    let ana = ana(world).await;
    confirmed(world, "mia").await;
    let sent = world.api.post("/v1/contents/hello/test-send", &to_mia(&ana)).await.ok();
    assert_eq!((&sent["state"], &sent["content"], &sent["revision"]), (&json!("accepted"), &json!("hello"), &json!(1)));
    assert_eq!((&sent["by"], &sent["to"]["value"]), (&json!("tests"), &json!("mia")));
    let text = world.inbox().await.remove(0);
    assert!(text.starts_with("[Test] Hi Ana: Copper teapot."), "{text}");
    let link = text.rsplit('/').next().unwrap();
    assert!(link.chars().all(|letter| letter == 'x'), "whoever tries the link unsubscribes nobody: {link}");
    world.skip(Span::seconds(1)).await;
    let sample = json!({ "channel": "inbox", "to": "mia" });
    world.api.post("/v1/contents/hello/test-send", &sample).await.ok();
    assert!(world.inbox().await[0].starts_with("[Test] Hi Ana: Copper teapot"), "a made-up customer, by the same name");

    let kinds: Vec<Value> = world.api.list("/v1/test-sends").await.iter().map(|test| test["kind"].clone()).collect();
    assert_eq!(kinds, ["content", "content", "code"]);
    assert!(world.api.list("/v1/messages").await.is_empty(), "it is nobody's message");
    let report = world.api.get("/v1/reports/messages").await.ok();
    assert_eq!(report["total"]["considered"], 0, "{report:#}");
    world.skip(Span::hours(5)).await;
    assert_eq!(world.message().await["state"], "accepted", "the test took no place under the cap");
    world.assert_sound().await;
}

async fn s26_a_test_goes_neither_to_an_unknown_address_nor_to_the_customer(world: &World) {
    let ana = ana(world).await;
    let refused = world.api.post("/v1/contents/hello/test-send", &to_mia(&ana)).await;
    assert_eq!((refused.status, refused.problem()), (409, "test_address_refused"));
    confirmed(world, &ana).await;
    let own = json!({ "channel": "inbox", "to": ana, "customer": ana });
    let refused = world.api.post("/v1/contents/hello/test-send", &own).await;
    assert_eq!((refused.status, refused.problem()), (409, "test_address_refused"), "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains("customer's own"));
    for (path, body, status) in [
        ("/v1/contents/other/test-send", json!({ "channel": "inbox", "to": ana }), 404),
        ("/v1/contents/hello/test-send", json!({ "channel": "other", "to": ana }), 404),
        ("/v1/contents/hello/test-send", json!({ "channel": "inbox", "to": " " }), 422),
        ("/v1/contents/hello/test-send", json!({ "channel": "inbox", "to": ana, "customer": world.shop() }), 404),
    ] {
        assert_eq!(world.api.post(path, &body).await.status, status, "{path} {body}");
    }
    assert_eq!(world.inbox().await.len(), 1, "only the code");
    let gone = world.api.delete(&format!("/v1/test-addresses/handle/{ana}")).await;
    assert_eq!(gone.status, 204);
    assert!(world.api.list("/v1/test-addresses").await.is_empty());
}

async fn s26_the_links_of_a_test_are_the_addresses_themselves(world: &World) {
    let body = json!({ "text": "{{ 'https://acorn.example/sale' | short_link: 'sale' }}" });
    let content = json!({ "name": "sale", "variants": [{ "channel": "inbox", "body": body }] });
    world.api.put("/v1/contents/sale", &content).await.ok();
    confirmed(world, "mia").await;
    world.api.post("/v1/contents/sale/test-send", &json!({ "channel": "inbox", "to": "mia" })).await.ok();
    assert_eq!(world.inbox().await[0], "[Test] https://acorn.example/sale");
}

async fn s26_a_wrong_code_is_told_and_confirms_nothing(world: &World) {
    world.api.post("/v1/test-addresses", &json!({ "channel": "inbox", "to": "mia" })).await.ok();
    let right = code(world).await;
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let typed = |code: &str| json!({ "kind": "handle", "value": "mia", "code": code });
    for _ in 0..cartwright_domain::test_send::TRIES {
        let refused = world.api.post("/v1/test-addresses/confirm", &typed(wrong)).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("code")));
    }
    let refused = world.api.post("/v1/test-addresses/confirm", &typed(&right)).await;
    assert_eq!(refused.status, 422, "it was guessed too often");
    let listed = world.api.list("/v1/test-addresses").await;
    assert_eq!(listed, [json!({ "kind": "handle", "value": "mia" })], "its code is nobody's to read");
    let unknown = json!({ "kind": "handle", "value": "ben", "code": right });
    assert_eq!(world.api.post("/v1/test-addresses/confirm", &unknown).await.status, 404);
    confirmed(world, "mia").await;
}

async fn s26_a_test_is_past_the_window_and_consent_and_never_past_a_hold(world: &World) {
    let ana = ana(world).await;
    confirmed(world, "mia").await;
    let inbox = world.api.get("/v1/channels/inbox").await.ok();
    let closed = json!({
        "plugin": inbox["plugin"], "config": {}, "grants": inbox["grants"],
        "window": { "open": [{ "days": ["sun"], "from": "03:00", "until": "04:00" }] },
    });
    world.api.put("/v1/channels/inbox", &closed).await.ok();
    assert_eq!(world.api.post("/v1/contents/hello/test-send", &to_mia(&ana)).await.ok()["state"], "accepted");

    world.api.post("/v1/plugins/inbox/kill", &json!({ "why": "a test" })).await.ok();
    let refused = world.api.post("/v1/contents/hello/test-send", &to_mia(&ana)).await;
    assert_eq!((refused.status, refused.problem()), (409, "channel_held"), "{}", refused.body);
    world.api.post("/v1/plugins/inbox/revive", &json!({})).await.ok();
    assert_eq!(world.inbox().await.len(), 2);
}

/// A WhatsApp channel with the provider in Meta's place, a content on it, and an address that is confirmed.
async fn over_whatsapp(world: &World, answer: Answer) -> Provider {
    let provider = Provider::start(answer).await;
    whatsapp::connect(world, &provider).await;
    let contents = whatsapp::reminder()["contents"].clone();
    for content in contents.as_array().unwrap() {
        let path = format!("/v1/contents/{}", content["name"].as_str().unwrap());
        world.api.put(&path, content).await.ok();
    }
    let (shop, now) = (world.shop().parse().unwrap(), world.now());
    let phone = cartwright_domain::contact::Address {
        kind: cartwright_domain::contact::AddressKind::Phone,
        value: STAFF.to_owned(),
    };
    let mut address = cartwright_domain::test_send::TestAddress::new(phone, 42, now);
    address.confirm("000042", now).unwrap();
    let entry = cartwright_domain::world::Entry::new(address);
    world.engine.store.save_test_address(shop, &entry).await.unwrap();
    provider
}

fn reminder_path() -> String {
    let name = whatsapp::reminder()["contents"][0]["name"].as_str().unwrap().to_owned();
    format!("/v1/contents/{name}/test-send")
}

async fn s26_a_refusal_is_shown_in_full_with_the_next_step(world: &World) {
    let provider = over_whatsapp(world, Answer::graph_error(401, 190, "Error validating access token")).await;
    let asked = json!({ "channel": "whatsapp", "to": STAFF });
    let sent = world.api.post(&reminder_path(), &asked).await.ok();
    assert_eq!((&sent["state"], &sent["class"]), (&json!("rejected"), &json!("auth")), "{sent:#}");
    assert_eq!(sent["answer"]["code"], "190");
    assert!(sent["answer"]["text"].as_str().unwrap().contains("access token"));
    assert!(sent["next_step"].as_str().unwrap().contains("credentials"));
    assert_eq!(provider.received().len(), 1, "nothing is tried again by itself");
    let channel = world.api.get("/v1/channels/whatsapp").await.ok();
    assert!(channel["held"].is_null(), "a test holds nothing back from customers");
}

async fn s26_codes_are_sent_so_often_and_no_more(world: &World) {
    for number in 0..cartwright_domain::test_send::CODES_AN_HOUR {
        let asked = json!({ "channel": "inbox", "to": format!("staff {number}") });
        world.api.post("/v1/test-addresses", &asked).await.ok();
    }
    let asked = json!({ "channel": "inbox", "to": "mia" });
    let refused = world.api.post("/v1/test-addresses", &asked).await;
    assert_eq!((refused.status, refused.problem()), (429, "too_many_tests"));
    world.skip(Span::hours(2)).await;
    world.api.post("/v1/test-addresses", &asked).await.ok();
}

async fn s45_what_was_tried_with_her_data_goes_with_her(world: &World) {
    let ana = ana(world).await;
    confirmed(world, "mia").await;
    world.api.post("/v1/contents/hello/test-send", &to_mia(&ana)).await.ok();
    assert_eq!(world.api.delete(&format!("/v1/customers/{ana}")).await.status, 204);
    let kinds: Vec<Value> = world.api.list("/v1/test-sends").await.iter().map(|test| test["kind"].clone()).collect();
    assert_eq!(kinds, ["code"]);
    assert!(!format!("{:?}", world.inbox().await).contains("Ana"));
}

/// What becomes of a test whose process died at each of its failpoints, and how often the provider was asked.
const POINTS: [(&str, usize); 2] = [("test.handed_over", 0), ("test.answered", 1)];

#[test]
fn every_failpoint_of_a_test_send_is_crashed_at() {
    assert_eq!(POINTS.map(|(point, _)| point), cartwright_engine::failpoints::TEST_POINTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_crash_never_sends_a_test_twice() {
    for (point, sent) in POINTS {
        for database in [Database::sqlite().await, Database::postgres().await] {
            after_a_crash(database, point, sent).await;
        }
    }
}

async fn after_a_crash(database: Database, point: &str, sent: usize) {
    let url = database.url().to_owned();
    let world = World::open(database).await;
    let provider = over_whatsapp(&world, Answer::wamid("wamid.test")).await;
    let (_, key) = world.engine.make_key(Some(world.shop().parse().unwrap()), "crash").await.unwrap();
    let program = env!("CARGO_BIN_EXE_stoppable");
    let mut first = Stoppable::start(program, &url, world.now(), Some(point));
    let asked = json!({ "channel": "whatsapp", "to": STAFF });
    let answer = Client::new(first.base.clone(), key.clone()).try_post(&reminder_path(), &asked).await;
    assert!(answer.is_none() && first.aborted(), "{point} was not reached");
    let mut second = Stoppable::start(program, &url, world.now(), None);
    assert!(second.skip(Span::hours(1)));
    let [test] = &Client::new(second.base.clone(), key.clone()).list("/v1/test-sends").await[..] else {
        panic!("one test")
    };
    assert_eq!(test["state"], "uncertain", "after {point}: {test:#}");
    assert!(test["next_step"].as_str().unwrap().contains("not sent again"));
    assert_eq!(provider.received().len(), sent, "after {point}");
}

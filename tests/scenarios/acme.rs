//! The example source that does every task, against a server in Acme's place: what leaves is what its README says, and
//! what comes back becomes events.

use cartwright_domain::event::{OrderOrigin, What};
use cartwright_domain::time::Span;
use cartwright_domain::world::{Identity, IdentityKind};
use cartwright_engine::ports::{
    BackfillKind, ConnectionCall, Parsed, RefusalKind, SourceDone, SourceTask, Verification, Webhook,
};
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::whatsapp;
use cartwright_tests::{World, on_both_databases};
use serde_json::{Value, json};

on_both_databases!(
    a_webhook_that_acme_signed_is_read,
    a_poll_goes_on_behind_its_cursor,
    the_past_is_read_page_by_page,
    orders_are_read_again,
    webhooks_are_registered_once,
    a_probe_says_whose_shop_it_is,
    a_refusal_says_when_to_come_back,
);

/// The source with a server in Acme's place.
struct Acme<'a> {
    world: &'a World,
    shop: Provider,
    call: ConnectionCall,
}

impl<'a> Acme<'a> {
    async fn open(world: &'a World) -> Self {
        let shop = Provider::start(Answer::reply(404, json!({}))).await;
        let uploaded = world.api.upload("/v1/plugins", present::example("acme-shop")).await.ok();
        let secrets = [("api_token", "t0ken"), ("webhook_secret", "s3cret")];
        let call = world.call_of(&uploaded, &shop, json!({ "url": shop.url() }), &secrets);
        Self { world, shop, call }
    }

    /// Does a task while the shop gives these answers.
    async fn does(&self, task: SourceTask, answers: &[Answer]) -> SourceDone {
        for answer in answers {
            self.shop.then(answer.clone());
        }
        let deadline = self.world.now() + Span::minutes(1);
        self.world.engine.tasks().run(&self.call, &task, deadline).await.unwrap()
    }

    /// What the shop was asked, such as `GET /api/shop`; each time with the token.
    fn asked(&self) -> Vec<String> {
        let received = self.shop.received();
        let line = received.iter().map(|request| {
            assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
            format!("{} {}", request.method, request.path)
        });
        line.collect()
    }
}

fn ok(body: Value) -> Answer {
    Answer::reply(200, body)
}

fn order() -> Value {
    json!({ "id": "1001", "number": "#1001", "customer": "7", "cart": "c1",
        "total": { "amount": "19.99", "currency": "EUR" },
        "placed_at": 1_793_613_600_000_i64, "updated_at": 1_793_613_600_000_i64 })
}

fn change() -> Value {
    json!({ "id": "ch-1", "topic": "order.placed", "at": 1_793_613_600_000_i64, "record": order() })
}

async fn a_webhook_that_acme_signed_is_read(world: &World) {
    let acme = Acme::open(world).await;
    let body = change().to_string();
    let webhook = |secret: &str| {
        let headers = vec![("x-acme-signature".to_owned(), whatsapp::hex_signature(secret, body.as_bytes()))];
        Webhook { method: "POST".into(), path: "/".into(), headers, body: body.clone().into() }
    };
    let plugins = &world.engine.plugins;
    let forged = plugins.verify(&acme.call, &webhook("other")).await.unwrap();
    assert!(matches!(forged, Verification::Refused(_)));
    let signed = webhook("s3cret");
    assert_eq!(plugins.verify(&acme.call, &signed).await.unwrap(), Verification::Authentic);
    let Parsed::Events(told) = plugins.parse(&acme.call, &signed).await.unwrap() else { panic!("unknown topic") };
    let SourceDone::Page { events: polled, .. } =
        acme.does(SourceTask::Poll(None), &[ok(json!({ "changes": [change()], "cursor": "c" }))]).await
    else {
        panic!("no page")
    };
    assert_eq!(told, polled, "a fact has one id, however it is told");
}

async fn a_poll_goes_on_behind_its_cursor(world: &World) {
    let acme = Acme::open(world).await;
    let answer = ok(json!({ "changes": [change()], "cursor": "c 2" }));
    let done = acme.does(SourceTask::Poll(Some("c 1".to_owned())), &[answer]).await;
    let SourceDone::Page { events, cursor } = done else { panic!("{done:?}") };
    assert_eq!((events[0].what.name(), cursor.as_deref()), ("order.placed", Some("c 2")));
    assert_eq!(acme.asked(), ["GET /api/changes?after=c%201"]);
}

async fn the_past_is_read_page_by_page(world: &World) {
    let acme = Acme::open(world).await;
    let task =
        |cursor: Option<&str>| SourceTask::Backfill { kind: BackfillKind::Orders, cursor: cursor.map(str::to_owned) };
    let done = acme.does(task(None), &[ok(json!({ "records": [order()], "next": "p2" }))]).await;
    let SourceDone::Page { events, cursor } = done else { panic!("{done:?}") };
    assert_eq!(cursor.as_deref(), Some("p2"));
    let What::OrderPlaced(placed) = &events[0].what else { panic!("no order") };
    assert_eq!(placed.origin, OrderOrigin::Backfill, "the past triggers nothing");
    let done = acme.does(task(Some("p2")), &[ok(json!({ "records": [] }))]).await;
    assert_eq!(done, SourceDone::Page { events: vec![], cursor: None });
    assert_eq!(acme.asked(), ["GET /api/orders", "GET /api/orders?after=p2"]);
}

async fn orders_are_read_again(world: &World) {
    let acme = Acme::open(world).await;
    let keys = [(IdentityKind::Customer, "7"), (IdentityKind::Cart, "c1")];
    let keys = keys.map(|(kind, value)| Identity { kind, value: value.to_owned() }).to_vec();
    let done = acme.does(SourceTask::OrdersOf(keys), &[ok(json!({ "records": [order()] }))]).await;
    let SourceDone::Orders(events) = done else { panic!("{done:?}") };
    assert!(matches!(&events[0].what, What::OrderPlaced(order) if order.number.as_deref() == Some("#1001")));
    assert_eq!(acme.asked(), ["GET /api/orders?of=customer:7,cart:c1"]);
}

async fn webhooks_are_registered_once(world: &World) {
    let acme = Acme::open(world).await;
    let address = "https://host.example/hooks/1";
    let subscribe = || SourceTask::Subscribe(address.to_owned());
    let done = acme.does(subscribe(), &[ok(json!({ "webhooks": [] })), Answer::reply(201, json!({}))]).await;
    assert!(matches!(&done, SourceDone::Subscribed(topics) if topics.contains(&"cart.saved".to_owned())));
    assert_eq!(acme.shop.received()[1].json()["url"], address);
    assert_eq!(acme.does(subscribe(), &[ok(json!({ "webhooks": [{ "url": address }] }))]).await, done);
    assert_eq!(acme.asked(), ["GET /api/webhooks", "POST /api/webhooks", "GET /api/webhooks"]);
}

async fn a_probe_says_whose_shop_it_is(world: &World) {
    let acme = Acme::open(world).await;
    let done = acme.does(SourceTask::Probe, &[ok(json!({ "name": "Lamps" }))]).await;
    assert_eq!(done, SourceDone::Probed("Lamps".to_owned()));
    assert_eq!(acme.asked(), ["GET /api/shop"]);
}

async fn a_refusal_says_when_to_come_back(world: &World) {
    let acme = Acme::open(world).await;
    let SourceDone::Failed(refusal) = acme.does(SourceTask::Probe, &[Answer::too_many(30)]).await else {
        panic!("not refused")
    };
    assert_eq!(refusal.kind, RefusalKind::RateLimited(Some(world.now() + Span::seconds(30))));
    let answer = Answer::reply(401, json!({ "error": "bad token" }));
    let SourceDone::Failed(refusal) = acme.does(SourceTask::Probe, &[answer]).await else { panic!("not refused") };
    assert_eq!((refusal.kind, refusal.code.as_deref()), (RefusalKind::Auth, Some("401")));
}

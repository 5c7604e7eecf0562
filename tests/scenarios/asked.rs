//! Sources that are asked: what no webhook told is known all the same (S08), and nothing is written on old news. The
//! platform is a server in Acme's place, and the source is the example that does every task.

use cartwright_domain::time::Span;
use cartwright_engine::failpoints::SOURCE_POINTS;
use cartwright_engine::{LogItem, LogLine};
use cartwright_testkit::database::Database;
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider, Received};
use cartwright_tests::{Client, Stoppable, World, on_both_databases, wiring};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

on_both_databases!(
    s08_an_order_that_only_the_platform_knows_stops_the_message,
    s08_while_the_platform_is_down_a_reminder_is_held_and_goes_once_it_answers,
    s08_a_platform_that_stays_down_makes_the_reminder_too_late,
    s08_a_source_that_cannot_be_asked_holds_nothing,
    s08_a_rehearsed_source_answers_unless_the_log_says_it_is_down,
    a_poll_tells_what_no_webhook_told_and_goes_on_behind_its_cursor,
    the_past_is_read_by_itself_and_enrols_nobody,
    lost_webhooks_are_registered_anew_the_next_day,
    a_probe_and_the_health_of_a_source_are_shown,
);

/// A server in Acme's place.
struct Platform {
    shop: Provider,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_down: bool,
    /// Orders that it knows.
    orders: Vec<Value>,
    /// Changes that it tells to whoever polls.
    changes: Vec<Value>,
    /// Addresses of webhooks.
    webhooks: Vec<Value>,
}

impl Platform {
    async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shop = Provider::deciding({
            let state = state.clone();
            move |request| state.lock().unwrap().answer(request)
        });
        Self { shop: shop.await, state }
    }

    fn is_down(&self, is_down: bool) {
        self.state.lock().unwrap().is_down = is_down;
    }

    fn knows_order(&self, order: Value) {
        self.state.lock().unwrap().orders.push(order);
    }

    /// What it was asked, without the queries.
    fn asked(&self, path: &str) -> usize {
        self.shop
            .received()
            .iter()
            .filter(|request| format!("{} {}", request.method, request.path).starts_with(path))
            .count()
    }

    /// Connects it to the shop as the source `acme`.
    async fn connect(&self, world: &World) -> Value {
        self.connect_by(&world.api).await
    }

    async fn connect_by(&self, api: &Client) -> Value {
        let plugin = api.upload("/v1/plugins", present::example("acme-shop")).await.ok();
        let mut grants = plugin["asks"].clone();
        grants["hosts"] = json!([{ "host": self.shop.host(), "methods": ["GET", "POST"], "path_prefix": "/api/" }]);
        let path = format!("/v1/plugins/{}/grants", plugin["digest"].as_str().unwrap());
        api.post(&path, &grants).await.ok();
        let settings = json!({
            "plugin": "acme-shop", "config": { "url": self.shop.url() }, "grants": grants,
            "secrets": { "api_token": "t0ken", "webhook_secret": "s3cret" },
        });
        api.put("/v1/sources/acme", &settings).await.ok()
    }
}

impl State {
    fn answer(&mut self, request: &Received) -> Answer {
        if self.is_down {
            return Answer::reply(503, json!({ "error": "down" }));
        }
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let ok = |body| Answer::reply(200, body);
        match (request.method.as_str(), path) {
            ("GET", "/api/shop") => ok(json!({ "name": "Lamps" })),
            ("GET", "/api/changes") => {
                let told: usize =
                    query.strip_prefix("after=").map_or(self.changes.len(), |after| after.parse().unwrap());
                ok(json!({ "changes": self.changes[told..], "cursor": self.changes.len().to_string() }))
            }
            ("GET", "/api/orders") if query.starts_with("of=") => {
                let is_meant = |order: &&Value| query.contains(&format!("cart:{}", order["cart"].as_str().unwrap()));
                ok(json!({ "records": self.orders.iter().filter(is_meant).collect::<Vec<_>>() }))
            }
            ("GET", "/api/customers") => page(query, customer, 3),
            ("GET", "/api/orders") => ok(json!({ "records": self.orders })),
            ("GET", "/api/products") => {
                page(query, |number| json!({ "id": number, "title": "Lamp", "updated_at": 1 }), 1)
            }
            ("GET", "/api/webhooks") => ok(json!({ "webhooks": self.webhooks })),
            ("POST", "/api/webhooks") => {
                self.webhooks.push(json!({ "url": request.json()["url"] }));
                Answer::reply(201, json!({}))
            }
            _ => Answer::reply(404, json!({})),
        }
    }
}

/// So many pages of one record each.
fn page(query: &str, record: impl Fn(&str) -> Value, pages: u32) -> Answer {
    let number: u32 = query.strip_prefix("after=").map_or(1, |after| after.parse().unwrap());
    let next = (number < pages).then(|| (number + 1).to_string());
    Answer::reply(200, json!({ "records": [record(&number.to_string())], "next": next }))
}

fn customer(number: &str) -> Value {
    json!({ "id": number, "email": format!("{number}@shop.example"), "updated_at": 1 })
}

fn order_of(world: &World, cart: &str) -> Value {
    let now = world.now().millis();
    json!({ "id": format!("order-{cart}"), "number": "#1", "customer": "7", "cart": cart,
        "total": { "amount": "19.99", "currency": "EUR" }, "placed_at": now, "updated_at": now })
}

/// Ana, who wants news, leaves a lamp in a cart.
async fn ana_leaves_a_cart(world: &World) {
    let now = world.now();
    let who = json!({ "id": "i1", "type": "customer.identified", "occurred_at": now, "subject": { "cart": "c1" },
        "body": { "email": "ana@shop.example", "first_name": "Ana", "consent": { "state": "subscribed" } } });
    let cart = json!({ "id": "u1", "type": "cart.updated", "occurred_at": now, "subject": { "cart": "c1" },
        "body": { "lines": [{ "title": "Lamp", "quantity": 1 }] } });
    for event in [who, cart] {
        world.report(event).await.ok();
    }
}

async fn s08_an_order_that_only_the_platform_knows_stops_the_message(world: &World) {
    let platform = Platform::start().await;
    platform.connect(world).await;
    world.publish_example("add-to-cart-reminder").await;
    // The platform is asked every half hour anyway; this order comes after that, and shortly before the message.
    world.skip(Span::minutes(10)).await;
    ana_leaves_a_cart(world).await;
    world.skip(Span::minutes(3 * 60 + 55)).await;
    platform.knows_order(order_of(world, "c1"));
    world.skip(Span::hours(1)).await;
    assert!(world.inbox().await.is_empty());
    assert_eq!(world.run().await["position"]["reason"], "converted");
    // Without that order there would have been one: somebody else's changes nothing.
    let other = json!({ "id": "u2", "type": "cart.updated", "occurred_at": world.now(), "subject": { "cart": "c2" },
        "body": { "lines": [{ "title": "Lamp", "quantity": 1 }],
                  "customer": { "email": "ben@shop.example", "consent": { "state": "subscribed" } } } });
    world.report(other).await.ok();
    let before = platform.asked("GET /api/orders?of=");
    world.skip(Span::hours(4)).await;
    assert_eq!(world.inbox().await.len(), 1);
    assert!(platform.asked("GET /api/orders?of=") > before, "asked before the first message");
}

async fn s08_while_the_platform_is_down_a_reminder_is_held_and_goes_once_it_answers(world: &World) {
    let platform = Platform::start().await;
    platform.connect(world).await;
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world).await;
    world.settle().await;
    platform.is_down(true);
    world.skip(Span::hours(5)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["reason"]), (&json!("held"), &json!("source_stale")), "{message:#}");
    platform.is_down(false);
    world.skip(Span::hours(1)).await;
    assert_eq!(world.message().await["state"], "accepted");
    assert_eq!(world.inbox().await.len(), 1);
    let trace = world.trace().await;
    let told = |state: &str| trace.iter().position(|entry| entry["state"] == state);
    assert!(told("held") < told("orders_read") && told("orders_read") < told("handed_over"), "{trace:#?}");
}

async fn s08_a_platform_that_stays_down_makes_the_reminder_too_late(world: &World) {
    let platform = Platform::start().await;
    platform.connect(world).await;
    world.publish(&hasty()).await;
    ana_leaves_a_cart(world).await;
    world.settle().await;
    platform.is_down(true);
    world.skip(Span::minutes(5 * 60 - 20)).await;
    let message = world.message().await;
    assert_eq!((&message["state"], &message["reason"]), (&json!("skipped"), &json!("too_late")), "{message:#}");
    assert!(world.inbox().await.is_empty());
}

async fn s08_a_source_that_cannot_be_asked_holds_nothing(world: &World) {
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world).await;
    world.skip(Span::hours(5)).await;
    assert_eq!(world.inbox().await.len(), 1, "the shop's source only listens, and was silent all the time");
}

async fn s08_a_rehearsed_source_answers_unless_the_log_says_it_is_down(world: &World) {
    let platform = Platform::start().await;
    let engine = world.engine.clone().with_rehearsed_sources();
    let (_, key) = engine.make_key(None, "rehearsal").await.unwrap();
    let (engine, base) = wiring::serve(engine).await;
    let api = Client::new(base, key).of_shop(world.shop());
    platform.connect_by(&api).await;
    world.publish_example("add-to-cart-reminder").await;
    ana_leaves_a_cart(world).await;
    let shop = world.shop().parse().unwrap();
    let begin = world.now();
    let line = |hours, item| LogLine { received_at: begin + Span::hours(hours), id: "acme".into(), item };
    let log = [line(1, LogItem::SourceDown("acme".into())), line(5, LogItem::SourceUp("acme".into()))];
    let until = Some(begin + Span::hours(4) + Span::minutes(30));
    engine.simulate(&*world.clock, shop, log[..1].to_vec(), until, &|_| {}).await.unwrap();
    assert_eq!(world.message().await["reason"], "source_stale");
    engine.simulate(&*world.clock, shop, log[1..].to_vec(), Some(begin + Span::hours(6)), &|_| {}).await.unwrap();
    assert_eq!(world.inbox().await.len(), 1);
    assert!(platform.shop.received().is_empty(), "nobody was asked");
}

async fn a_poll_tells_what_no_webhook_told_and_goes_on_behind_its_cursor(world: &World) {
    let platform = Platform::start().await;
    platform.connect(world).await;
    world.settle().await;
    let now = world.now().millis();
    let change = |id: &str| json!({ "id": id, "topic": "order.placed", "at": now, "record": order_of(world, id) });
    platform.state.lock().unwrap().changes.push(change("c1"));
    world.skip(Span::minutes(10)).await;
    platform.state.lock().unwrap().changes.push(change("c2"));
    platform.state.lock().unwrap().is_down = true;
    world.skip(Span::minutes(10)).await;
    platform.state.lock().unwrap().is_down = false;
    world.skip(Span::minutes(10)).await;
    let polls = platform.shop.received().into_iter().filter(|request| request.path.starts_with("/api/changes"));
    let cursors: Vec<String> = polls.map(|request| request.path.replace("/api/changes", "")).collect();
    assert_eq!(cursors[..3], ["", "?after=0", "?after=1"], "{cursors:?}");
    assert_eq!(cursors.last().unwrap(), "?after=2");
    assert_eq!(world.api.list("/v1/customers").await.iter().filter(|who| who["orders"] == json!(null)).count(), 4);
}

async fn the_past_is_read_by_itself_and_enrols_nobody(world: &World) {
    let platform = Platform::start().await;
    platform.knows_order(order_of(world, "c1"));
    world.publish(&review()).await;
    platform.connect(world).await;
    world.skip(Span::hours(1)).await;
    let source = world.api.get("/v1/sources/acme").await.ok();
    assert_eq!(source["backfill"]["records"], json!({ "customers": 3, "orders": 1, "products": 1 }), "{source:#}");
    assert!(source["backfill"]["ended_at"].is_string());
    assert!(world.api.list("/v1/runs").await.is_empty(), "history enrols nobody");
    let pages = platform.asked("GET /api/customers");
    world.skip(Span::hours(1)).await;
    assert_eq!(platform.asked("GET /api/customers"), pages, "it is read once");
    world.api.post("/v1/sources/acme/backfill", &json!({})).await.ok();
    world.skip(Span::hours(1)).await;
    assert_eq!(platform.asked("GET /api/customers"), 2 * pages, "or when somebody asks for it");
    assert_eq!(world.api.post("/v1/sources/shopify/backfill", &json!({})).await.problem(), "invalid_request");
}

async fn lost_webhooks_are_registered_anew_the_next_day(world: &World) {
    let platform = Platform::start().await;
    let source = platform.connect(world).await;
    let engine = world.another_node().with_public_url("https://carts.example.com/");
    let address = source["webhook"].as_str().unwrap();
    let address = json!(format!("https://carts.example.com{}", &address[address.find("/hooks/").unwrap()..]));
    engine.skip(&*world.clock, Span::hours(23)).await.unwrap();
    assert_eq!(platform.state.lock().unwrap().webhooks, [json!({ "url": address })]);
    platform.state.lock().unwrap().webhooks.clear();
    engine.skip(&*world.clock, Span::hours(1)).await.unwrap();
    assert_eq!(platform.state.lock().unwrap().webhooks, [json!({ "url": address })]);
    assert_eq!(platform.asked("POST /api/webhooks"), 2);
    assert!(!world.api.get("/v1/sources/acme").await.ok()["topics"].as_array().unwrap().is_empty());
}

async fn a_probe_and_the_health_of_a_source_are_shown(world: &World) {
    let platform = Platform::start().await;
    platform.connect(world).await;
    let probe = async || world.api.post("/v1/sources/acme/probe", &json!({})).await.ok();
    assert_eq!(probe().await, json!({ "works": true, "words": "Lamps" }));
    world.settle().await;
    let poll = async || world.api.get("/v1/sources/acme").await.ok()["tasks"]["poll"].clone();
    assert_eq!((&poll().await["failures"], &poll().await["succeeded_at"]), (&json!(0), &json!(world.now())));
    platform.is_down(true);
    assert_eq!(probe().await["works"], false);
    world.skip(Span::minutes(10)).await;
    let poll = poll().await;
    assert_eq!((&poll["failures"], &poll["trouble"]["code"]), (&json!(1), &json!("503")), "{poll:#}");
    assert_eq!(poll["due_at"], json!(world.now() + Span::minutes(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_says_nothing_keeps_no_shop_from_its_turn() {
    let world = World::open(Database::sqlite().await).await;
    let platform = Platform::start().await;
    for _ in 0..3 {
        platform.shop.then(Answer::Silence);
    }
    platform.connect(&world).await;
    world.publish_example("add-to-cart-reminder").await;
    let (stop, stopped) = oneshot::channel::<()>();
    let engine = world.another_node();
    let work = tokio::spawn(async move { engine.work(async { drop(stopped.await) }).await });
    platform.shop.wait_for(1).await;
    ana_leaves_a_cart(&world).await;
    while world.api.list("/v1/runs").await.is_empty() {
        tokio::task::yield_now().await;
    }
    drop(stop);
    work.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_fill_that_is_killed_in_the_middle_goes_on() {
    for point in SOURCE_POINTS {
        back_fill_after_a_crash(Database::sqlite().await, point).await;
    }
    back_fill_after_a_crash(Database::postgres().await, "source.answered").await;
}

async fn back_fill_after_a_crash(database: Database, point: &str) {
    let url = database.url().to_owned();
    let world = World::open(database).await;
    let platform = Platform::start().await;
    platform.connect(&world).await;
    let start = |failpoint| Stoppable::start(env!("CARGO_BIN_EXE_stoppable"), &url, world.now(), failpoint);
    let mut first = start(Some(point));
    assert!(!first.skip(Span::hours(1)), "{point} was not reached");
    assert!(first.aborted());
    assert!(start(None).skip(Span::hours(1)));
    let source = world.api.get("/v1/sources/acme").await.ok();
    assert_eq!(source["backfill"]["records"], json!({ "customers": 3, "orders": 0, "products": 1 }), "after {point}");
    let known = world.api.list("/v1/customers").await;
    assert_eq!(known.len(), 3, "after {point}: {known:#?}");
    world.assert_sound().await;
}

/// A reminder after four hours, or half an hour later at most.
fn hasty() -> Value {
    json!({
        "name": "Hasty",
        "trigger": { "on": "cart", "settle": "4h", "next": "remind" },
        "policies": { "max_lateness": "30m" },
        "steps": {
            "remind": { "kind": "message", "channel": "inbox", "content": "now", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": [{ "name": "now", "variants": [{ "channel": "inbox", "body": { "text": "Still here?" } }] }]
    })
}

/// Whoever orders is asked how it was.
fn review() -> Value {
    json!({
        "name": "Review",
        "trigger": { "on": "order_placed", "next": "ask" },
        "steps": {
            "ask": { "kind": "message", "channel": "inbox", "content": "how was it", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": [{ "name": "how was it", "variants": [{ "channel": "inbox", "body": { "text": "How was it?" } }] }]
    })
}

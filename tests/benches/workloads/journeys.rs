//! W4: journeys end to end, of a real node over HTTP. An event, a second of debounce, three conditions (a plugin, then
//! two rules), a content, a send by the plugin of a channel to a provider on this machine, and the message handed over
//! in the database. As fast as events are answered; then half as many each second, for how long a message takes. Against
//! what the floors of W2, W3 and of sending allow one behind the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cartwright_domain::event::{CustomerBody, Event, What};
use cartwright_testkit::database::Database;
use cartwright_testkit::present;
use cartwright_testkit::provider::{Answer, Provider};
use cartwright_testkit::values;
use cartwright_tests::Client;
use cartwright_tests::serving::{Node, Place, cpu_of};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::figures::{Figures, Unit};
use crate::ingest::{RAW_BATCH, now, raw};
use crate::{durable, timers};

const REQUESTERS: usize = 64;
/// Journeys as fast as they come.
const CLOSED: usize = 10_000;
/// For so long half as many journeys each second begin.
const OPEN: Duration = Duration::from_secs(15);
const DEBOUNCE: Duration = Duration::from_secs(1);
/// Messages of the floor.
const SENDS: usize = 20_000;

pub(crate) async fn measure(name: &str, database: &Database, figures: &mut Figures) {
    let (events, timers, sends) =
        (raw(database.url()).await, timers::floor_of(database.url()).await, raw_sends().await);
    let series = 1.0 / (1.0 / events + 1.0 / timers + 1.0 / sends);
    let what = |what: &str| format!("W4 {name}: {what}");
    figures.floor(&what(&format!("raw insert, {RAW_BATCH} a commit")), Unit::EachSecond, events);
    figures.floor(&what(&format!("raw timers, {RAW_BATCH} a commit")), Unit::EachSecond, timers);
    figures.floor(&what("raw sends, 64 connections"), Unit::EachSecond, sends);
    figures.floor(&what("the three one behind the other"), Unit::EachSecond, series);

    let shop = Shop::open(database).await;
    let (cpu, own_cpu, written) = (shop.node.cpu(), cpu_of(std::process::id()), durable::written(database.url()).await);
    let started = Instant::now();
    shop.begin(0..CLOSED).await;
    shop.until_handed_over(CLOSED).await;
    let rate = CLOSED as f64 / started.elapsed().as_secs_f64();
    let each = |used: Duration| used.as_nanos() as f64 / CLOSED as f64;
    figures.add(&what("event to handed over"), Unit::EachSecond, rate, series);
    figures.absolute(&what("CPU of the node"), Unit::NanosecondsEach, each(shop.node.cpu() - cpu));
    figures.absolute(
        &what("CPU of requesters and provider"),
        Unit::NanosecondsEach,
        each(cpu_of(std::process::id()) - own_cpu),
    );
    if let (Some(before), Some(after)) = (written, durable::written(database.url()).await) {
        let each = |count: i64| count as f64 / CLOSED as f64;
        figures.absolute(&what("rows written"), Unit::TimesEach, each(after.rows - before.rows));
        figures.absolute(&what("commits"), Unit::TimesEach, each(after.commits - before.commits));
        figures.absolute(&what("WAL syncs"), Unit::TimesEach, each(after.syncs - before.syncs));
    }

    let waits = shop.at_a_steady_rate(rate / 2.0).await;
    for (name, place) in [("p50", 50), ("p99", 99)] {
        let wait = waits[waits.len() * place / 100].as_nanos() as f64;
        figures.absolute(&what(&format!("half that rate, beyond the debounce, {name}")), Unit::NanosecondsEach, wait);
    }
}

/// Requests that are only answered: how many each second.
async fn raw_sends() -> f64 {
    let provider = Provider::start(Answer::reply(202, Value::Null)).await;
    let client = Client::new(provider.url(), "none");
    let body = vec![b'x'; 500];
    let started = Instant::now();
    let tasks: Vec<_> = (0..REQUESTERS)
        .map(|_| {
            let (client, body) = (client.clone(), body.clone());
            tokio::spawn(async move {
                for _ in 0..SENDS / REQUESTERS {
                    assert_eq!(client.post_text("/messages", body.clone()).await, 202);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    SENDS as f64 / started.elapsed().as_secs_f64()
}

/// When each phone's message arrived.
type Arrivals = Arc<Mutex<HashMap<String, Instant>>>;

struct Shop {
    client: Client,
    node: Node,
    arrivals: Arrivals,
    _provider: Provider,
    _place: Place,
}

impl Shop {
    async fn open(database: &Database) -> Self {
        let arrivals = Arrivals::default();
        let provider = Provider::deciding({
            let arrivals = arrivals.clone();
            move |request| {
                let to = request.json()["to"].as_str().unwrap_or_default().trim_start_matches('+').to_owned();
                let answer = Answer::wamid(&format!("wamid.{to}"));
                arrivals.lock().unwrap().insert(to, Instant::now());
                answer
            }
        })
        .await;
        let place = Place::beside(provider.host());
        let node = place.start(0, database.url());
        let operator = Client::new(&node.base, place.ask(&["key", "add", "--database-url", node.database()]));
        let made = operator.post("/v1/shops", &json!({ "name": "W4", "currency": "EUR", "country": "DE" })).await.ok();
        let client = operator.of_shop(made["id"].as_str().unwrap());
        let mut asks = Value::Null;
        for plugin in ["liquid_renderer", "high_value", "whatsapp_cloud"] {
            let plugin = client.upload("/v1/plugins", present::component(plugin)).await.ok();
            asks = plugin["asks"].clone();
            client.post(&format!("/v1/plugins/{}/grants", plugin["digest"].as_str().unwrap()), &asks).await.ok();
        }
        asks["hosts"].as_array_mut().unwrap().push(json!({ "host": provider.host(), "methods": ["GET", "POST"] }));
        let channel = json!({
            "plugin": "whatsapp-cloud", "config": { "phone_number_id": "105500000000000", "endpoint": provider.url() },
            "grants": asks, "secrets": { "access_token": "token", "app_secret": "hush", "verify_token": "any" },
        });
        client.put("/v1/channels/whatsapp", &channel).await.ok();
        client.post("/v1/strategies", &strategy()).await.ok();
        Self { client, node, arrivals, _provider: provider, _place: place }
    }

    /// So many customers leave a cart, as fast as that is answered.
    async fn begin(&self, customers: std::ops::Range<usize>) {
        let places = Arc::new(Semaphore::new(REQUESTERS));
        for customer in customers {
            let place = places.clone().acquire_owned().await.unwrap();
            let client = self.client.clone();
            tokio::spawn(async move {
                assert_eq!(client.post_text("/v1/events", leaves_a_cart(customer)).await, 202);
                drop(place);
            });
        }
        drop(places.acquire_many(REQUESTERS as u32).await.unwrap());
    }

    /// Until the database knows of each message that it was taken.
    async fn until_handed_over(&self, messages: usize) {
        while durable::handed_over(self.node.database()).await < messages {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.arrivals.lock().unwrap().len(), messages, "each customer is told once");
    }

    /// How long each message took beyond the debounce, from the moment at which its event was to be told, sorted.
    async fn at_a_steady_rate(&self, each_second: f64) -> Vec<Duration> {
        let (count, began) = ((each_second * OPEN.as_secs_f64()) as usize, Instant::now());
        let told_at = |number: usize| began + Duration::from_secs_f64(number as f64 / each_second);
        for number in 0..count {
            tokio::time::sleep_until(told_at(number).into()).await;
            let client = self.client.clone();
            tokio::spawn(async move {
                assert_eq!(client.post_text("/v1/events", leaves_a_cart(CLOSED + number)).await, 202);
            });
        }
        self.until_handed_over(CLOSED + count).await;
        let arrivals = self.arrivals.lock().unwrap();
        let wait = |number| arrivals[&phone(CLOSED + number)].duration_since(told_at(number)).saturating_sub(DEBOUNCE);
        let mut waits: Vec<Duration> = (0..count).map(wait).collect();
        waits.sort_unstable();
        waits
    }
}

fn phone(customer: usize) -> String {
    format!("491511{customer:07}")
}

/// A cart of somebody who is known by it.
fn leaves_a_cart(customer: usize) -> Vec<u8> {
    let mut event: Event = values::cart_updated(
        &format!("left-{customer}"),
        &format!("cart-{customer}"),
        vec![values::line("Copper teapot", 1)],
        now(),
    );
    event.subject.customer = Some(customer.to_string());
    if let What::CartUpdated(cart) = &mut event.what {
        let who =
            json!({ "phone": format!("+{}", phone(customer)), "country": "DE", "consent": { "state": "subscribed" } });
        cart.customer = serde_json::from_value::<Option<CustomerBody>>(who).unwrap();
    }
    serde_json::to_vec(&event).unwrap()
}

fn strategy() -> Value {
    let asks = |field: &str, operator: &str, value: Value, next: &str| {
        let rule = json!({ "combinator": "and", "rules": [{ "field": field, "operator": operator, "value": value }] });
        json!({ "kind": "condition", "rule": rule, "branches": { "yes": next, "no": "done", "unknown": next } })
    };
    json!({
        "name": "W4",
        "trigger": { "on": "cart", "settle": "1s", "next": "loyal" },
        "steps": {
            "loyal": {
                "kind": "condition", "plugin": "high-value@0", "on_error": "no",
                "config": { "min_orders": 5, "min_spent": { "amount": "500.00", "currency": "EUR" } },
                "branches": { "yes": "near", "no": "near" },
            },
            "near": asks("customer.country", "=", json!("DE"), "small"),
            "small": asks("cart.pieces", "<", json!(10), "remind"),
            "remind": { "kind": "message", "channel": "whatsapp", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" },
        },
        "contents": [{ "name": "reminder", "variants": [{
            "channel": "whatsapp",
            "body": { "template": "cart_reminder", "language": "en_US", "body": ["{{ product.title }}"] },
        }] }],
    })
}

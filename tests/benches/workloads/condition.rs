//! W1: the condition `high-value` through the sandbox, for each subject, in batches of 1, 32, 64 and 256; against the
//! same component called bare, and against the same logic as a closure.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use cartwright_domain::facts::Subject;
use cartwright_domain::order::{Order, OrderState};
use cartwright_domain::shop::Grants;
use cartwright_engine::Upload;
use cartwright_engine::ports::PluginCall;
use cartwright_testkit::clock::{SeededEntropy, at};
use cartwright_testkit::database::Database;
use cartwright_testkit::{present, values};
use cartwright_tests::wiring;
use cartwright_tests::world::MONDAY_MORNING;
use serde_json::json;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Engine as WasmEngine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::figures::{Figures, Unit};

wasmtime::component::bindgen!({ path: "../wit/v0.2", world: "condition-plugin" });

use cartwright::plugin::{cart, contact, customer, decision, local_time, messages, orders, run, types, words};

const ROUNDS: usize = 15;
const CONFIG: &str = r#"{"min_orders":5,"min_spent":{"amount":"500.00","currency":"EUR"}}"#;

/// The best round: what disturbs a round only ever makes it longer.
fn best(mut round: impl FnMut() -> f64) -> f64 {
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

pub(crate) async fn measure(figures: &mut Figures) {
    let subject = subject();
    let closure = native(&subject);
    figures.floor("W1 the same logic as a closure", Unit::NanosecondsEach, closure);
    let bare = bare();
    figures.add("W1 the bare component, one instance", Unit::NanosecondsEach, bare, closure);
    let database = Database::memory().await;
    let clock = Arc::new(cartwright_testkit::clock::ManualClock::new(at(MONDAY_MORNING)));
    let engine = wiring::engine(database.store(), clock, Arc::new(SeededEntropy::new(1)));
    let shop = engine.make_shop("W1", "EUR".parse().unwrap(), None, None).await.unwrap();
    let component = Bytes::from(present::component("high_value"));
    let grants = Grants { facts: vec!["orders.*".into()], ..Grants::default() };
    let plugin = engine
        .install_plugin(shop.id, component, Upload { grants: Some(grants.clone()), ..Upload::by("bench") })
        .await
        .unwrap();
    let config = serde_json::from_str(CONFIG).unwrap();
    let call = PluginCall {
        shop: shop.id,
        digest: plugin.digest,
        config,
        grants: Arc::new(grants),
        limits: Default::default(),
    };
    for size in [1, 32, 64, 256] {
        let batch = vec![subject.clone(); size];
        let mut least = f64::INFINITY;
        for _ in 0..ROUNDS {
            let calls = (1024 / size).max(1);
            let started = Instant::now();
            for _ in 0..calls {
                let answers = engine.plugins.evaluate(&call, &batch).await;
                assert!(
                    answers.iter().all(|answer| answer.result.as_ref().is_ok_and(|verdict| verdict.branch == "yes"))
                );
            }
            least = least.min(nanoseconds(started) / (calls * size) as f64);
        }
        let what = format!("W1 through the sandbox, batches of {size}");
        figures.add(&what, Unit::NanosecondsEach, least, bare);
    }
}

/// A customer with ten orders of 64.50.
pub(crate) fn subject() -> Subject {
    let now = at(MONDAY_MORNING);
    let mut mint = values::mint(now);
    let customer = values::customer(&mut mint, now);
    let order = |number: u32| Order {
        order_id: number.to_string(),
        customer: customer.id,
        placed_at: now,
        updated_at: now,
        total: Some(serde_json::from_value(json!({ "amount": "64.50", "currency": "EUR" })).unwrap()),
        origin: cartwright_domain::event::OrderOrigin::Customer,
        state: OrderState::Paid,
        goods: Vec::new(),
        names: Vec::new(),
        categories: Default::default(),
    };
    Subject {
        shop: Arc::new(values::shop()),
        orders: (0..10).map(order).collect::<Vec<_>>().into(),
        customer: Arc::new(customer),
        cart: None,
        contacts: Arc::from([]),
        orders_known: true,
        own: Default::default(),
        run: mint.next(),
        strategy: "W1".into(),
        started_at: now,
        step: "loyal".into(),
        messages_sent: 0,
        now,
    }
}

fn native(subject: &Subject) -> f64 {
    let decide = |subject: &Subject| {
        let spent = subject.orders().spent(subject.shop.currency);
        subject.orders().count() >= 5 && spent.is_some_and(|spent| spent.minor >= 50_000)
    };
    const CALLS: usize = 100_000;
    best(|| {
        let started = Instant::now();
        for _ in 0..CALLS {
            assert!(decide(black_box(subject)));
        }
        nanoseconds(started) / CALLS as f64
    })
}

/// The same component in wasmtime as it comes: one instance, no limits, every getter answers from a struct.
fn bare() -> f64 {
    let engine = WasmEngine::default();
    let component = Component::new(&engine, present::component("high_value")).unwrap();
    let mut linker: Linker<Known> = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
    ConditionPlugin::add_to_linker::<_, HasSelf<_>>(&mut linker, |known| known).unwrap();
    let known = Known { wasi: WasiCtx::builder().build(), table: ResourceTable::new() };
    let mut store = Store::new(&engine, known);
    let plugin = ConditionPlugin::instantiate(&mut store, &component, &linker).unwrap();
    const CALLS: usize = 2_000;
    best(|| {
        let started = Instant::now();
        for _ in 0..CALLS {
            let verdict = plugin.cartwright_plugin_condition().call_evaluate(&mut store).unwrap().unwrap();
            assert_eq!(black_box(verdict).branch, "yes");
        }
        nanoseconds(started) / CALLS as f64
    })
}

fn nanoseconds(started: Instant) -> f64 {
    started.elapsed().as_nanos() as f64
}

struct Known {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Known {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl types::Host for Known {}

impl decision::Host for Known {
    fn now(&mut self) -> i64 {
        0
    }
    fn config(&mut self) -> String {
        CONFIG.to_owned()
    }
    fn random(&mut self) -> u64 {
        0
    }
    fn log(&mut self, _: String) {}
}

impl orders::Host for Known {
    fn count(&mut self) -> u32 {
        10
    }
    fn count_since(&mut self, _: i64) -> u32 {
        10
    }
    fn count_between(&mut self, _: i64, _: i64) -> u32 {
        10
    }
    fn spent_between(&mut self, _: i64, _: i64) -> Option<types::Money> {
        None
    }
    fn has_bought(&mut self, _: String) -> bool {
        false
    }
    fn spent(&mut self) -> Option<types::Money> {
        Some(types::Money { minor: 64_500, currency: "EUR".to_owned() })
    }
    fn first_at(&mut self) -> Option<i64> {
        Some(0)
    }
    fn last_at(&mut self) -> Option<i64> {
        Some(0)
    }
}

impl customer::Host for Known {
    fn country(&mut self) -> Option<String> {
        None
    }
    fn province(&mut self) -> Option<String> {
        None
    }
    fn city(&mut self) -> Option<String> {
        None
    }
    fn language(&mut self) -> Option<String> {
        None
    }
    fn registered_at(&mut self) -> Option<i64> {
        None
    }
    fn has_tag(&mut self, _: String) -> bool {
        false
    }
    fn tags(&mut self) -> Vec<String> {
        Vec::new()
    }
    fn attribute(&mut self, _: String) -> Option<String> {
        None
    }
}

impl contact::Host for Known {
    fn first_name(&mut self) -> Option<String> {
        None
    }
    fn last_name(&mut self) -> Option<String> {
        None
    }
    fn phone(&mut self) -> Option<String> {
        None
    }
    fn email(&mut self) -> Option<String> {
        None
    }
    fn marketing(&mut self) -> contact::Consent {
        contact::Consent::Unknown
    }
}

impl cart::Host for Known {
    fn exists(&mut self) -> bool {
        false
    }
    fn total(&mut self) -> Option<types::Money> {
        None
    }
    fn lines_count(&mut self) -> u32 {
        0
    }
    fn pieces(&mut self) -> u32 {
        0
    }
    fn line(&mut self, _: u32) -> Option<cart::CartLine> {
        None
    }
    fn has_sku(&mut self, _: String) -> bool {
        false
    }
    fn has_product(&mut self, _: String) -> bool {
        false
    }
    fn has_category(&mut self, _: String) -> bool {
        false
    }
    fn quantity_of(&mut self, _: String) -> u32 {
        0
    }
    fn updated_at(&mut self) -> Option<i64> {
        None
    }
    fn recovery_url(&mut self) -> Option<String> {
        None
    }
}

impl run::Host for Known {
    fn started_at(&mut self) -> i64 {
        0
    }
    fn step(&mut self) -> String {
        String::new()
    }
    fn strategy(&mut self) -> String {
        String::new()
    }
    fn messages_sent(&mut self) -> u32 {
        0
    }
    fn answer(&mut self, _: String) -> Option<String> {
        None
    }
}

impl words::Host for Known {
    fn translate(&mut self, _: String, _: String) -> Option<String> {
        None
    }
}

impl messages::Host for Known {
    fn count_between(&mut self, _: i64, _: i64) -> u32 {
        0
    }
    fn last_at(&mut self) -> Option<i64> {
        None
    }
    fn reacted_between(&mut self, _: messages::Reaction, _: i64, _: i64) -> u32 {
        0
    }
}

impl local_time::Host for Known {
    fn zone(&mut self) -> String {
        String::new()
    }
    fn weekday(&mut self) -> local_time::Day {
        local_time::Day::Monday
    }
    fn hour(&mut self) -> u8 {
        0
    }
    fn minute(&mut self) -> u8 {
        0
    }
    fn date(&mut self) -> String {
        String::new()
    }
}

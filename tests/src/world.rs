//! A whole service in this process: real store, real plugins, real HTTP; only the clock is the test's.

use cartwright_domain::ids::Mint;
use cartwright_domain::plugin::PluginLimits;
use cartwright_domain::shop::{Grants, HostGrant};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::Engine;
use cartwright_engine::ports::{Clock, ConnectionCall, PluginCall, Secret};
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use cartwright_testkit::database::Database;
use cartwright_testkit::present;
use cartwright_testkit::provider::Provider;
use cartwright_testkit::shopify::{self, Delivery};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::client::{Client, Reply};
use crate::wiring;

/// When every world begins: a Monday, 10:00 in London.
pub const MONDAY_MORNING: &str = "2026-11-02T10:00:00Z";

/// The service, with one shop in it.
pub struct World {
    /// The clock that everything goes by.
    pub clock: Arc<ManualClock>,
    /// The engine behind the HTTP service.
    pub engine: Engine,
    /// Speaks to the service about the shop.
    pub api: Client,
    /// The same as an operator, who names no shop.
    pub operator: Client,
    webhooks: String,
    told: AtomicU32,
    database: Database,
}

impl World {
    /// A service on a database, with an empty shop in it: a Shopify source, the local inbox, Liquid, and no strategy.
    pub async fn open(database: Database) -> Self {
        let clock = Arc::new(ManualClock::new(at(MONDAY_MORNING)));
        let entropy = Arc::new(SeededEntropy::new(1));
        let engine = wiring::engine(database.store(), clock.clone(), entropy);
        let (engine, base) = wiring::serve(engine).await;
        let (_, key) = engine.make_key(None, "tests").await.unwrap();
        let operator = Client::new(base, key);
        let shop = json!({ "name": "Acorn and Oak", "currency": "EUR", "time_zone": "Europe/Berlin", "country": "DE" });
        let shop = operator.post("/v1/shops", &shop).await.ok();
        let api = operator.of_shop(shop["id"].as_str().unwrap());
        let mut world =
            Self { clock, engine, api, operator, webhooks: String::new(), told: AtomicU32::new(0), database };
        for plugin in ["shopify", "inbox", "liquid_renderer"] {
            world.install(plugin).await;
        }
        let secrets = json!({ "client_secret": shopify::CLIENT_SECRET });
        let source = world.connect("sources", "shopify", "shopify", json!({}), secrets).await;
        world.webhooks = source["webhook"].as_str().unwrap().to_owned();
        world.connect("channels", "inbox", "inbox", json!({}), json!({})).await;
        world
    }

    /// Another node on the same database.
    pub fn another_node(&self) -> Engine {
        wiring::engine(self.database.store(), self.clock.clone(), Arc::new(SeededEntropy::new(2)))
    }

    /// This moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The shop's id.
    pub fn shop(&self) -> &str {
        self.api.shop().unwrap()
    }

    /// Uploads a plugin we ship, and grants it what it asks for.
    pub async fn install(&self, component: &str) {
        let plugin = self.api.upload("/v1/plugins", present::component(component)).await.ok();
        let grants = format!("/v1/plugins/{}/grants", plugin["digest"].as_str().unwrap());
        self.api.post(&grants, &plugin["asks"]).await.ok();
    }

    /// Lets a plugin use less than usual, or more, as an operator may.
    pub async fn limit(&self, plugin: &str, limits: &Value) {
        let installed = self.api.list("/v1/plugins").await;
        let digest = installed.iter().find(|record| record["name"] == plugin).unwrap()["digest"].clone();
        self.api.put(&format!("/v1/plugins/{}/limits", digest.as_str().unwrap()), limits).await.ok();
    }

    /// Makes a channel or source that may do what its plugin asks for, and reach the server of its configuration.
    pub async fn connect(&self, kind: &str, name: &str, plugin: &str, config: Value, secrets: Value) -> Value {
        let installed = self.api.list("/v1/plugins").await;
        let mut grants = installed.into_iter().find(|record| record["name"] == plugin).unwrap()["asks"].clone();
        for (field, methods) in [("endpoint", json!(["GET", "POST"])), ("server", json!(["SMTP"]))] {
            if let Some((_, address)) = config[field].as_str().and_then(|address| address.split_once("://")) {
                let host = address.split('/').next();
                grants["hosts"].as_array_mut().unwrap().push(json!({ "host": host, "methods": methods }));
            }
        }
        let settings = json!({ "plugin": plugin, "config": config, "grants": grants, "secrets": secrets });
        self.api.put(&format!("/v1/{kind}/{name}"), &settings).await.ok()
    }

    /// The call of a connection of this uploaded plugin with a server in the provider's place: for tasks that no
    /// connection is saved for.
    pub fn call_of(
        &self,
        uploaded: &Value,
        server: &Provider,
        config: Value,
        secrets: &[(&str, &str)],
    ) -> ConnectionCall {
        let mut grants: Grants = serde_json::from_value(uploaded["asks"].clone()).unwrap();
        // Which host it is stands in the configuration; here it is the server's.
        let hosts = uploaded["descriptor"]["hosts"].as_array().unwrap().iter().map(|need| HostGrant {
            host: server.host(),
            methods: serde_json::from_value(need["methods"].clone()).unwrap(),
            path_prefix: need["path_prefix"].as_str().unwrap().to_owned(),
            per_minute: None,
        });
        grants.hosts = hosts.collect();
        let secrets = secrets.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value)));
        ConnectionCall {
            plugin: PluginCall {
                shop: self.shop().parse().unwrap(),
                digest: uploaded["digest"].as_str().unwrap().to_owned(),
                config,
                grants: Arc::new(grants),
                limits: PluginLimits::default(),
            },
            connection: Mint::new(self.now(), [2; 32]).next(),
            secrets: Arc::new(secrets.collect()),
            expiries: Arc::default(),
            address: "https://carts.example/hooks/1".to_owned(),
            now: self.now(),
        }
    }

    /// Publishes a strategy, live.
    pub async fn publish(&self, strategy: &Value) -> Value {
        self.api.post("/v1/strategies", strategy).await.ok()
    }

    /// Publishes one of the strategies in `examples/`, live.
    pub async fn publish_example(&self, name: &str) -> Value {
        self.publish(&example(name)).await
    }

    /// The same, paused.
    pub async fn publish_paused_example(&self, name: &str) -> Value {
        self.api.post("/v1/strategies?state=paused", &example(name)).await.ok()
    }

    /// The shop's platform tells something, signed; what it is answered. Every telling has an id of its own.
    pub async fn tell(&self, topic: &str, body: &Value) -> u16 {
        let number = self.told.fetch_add(1, Ordering::Relaxed);
        self.deliver(&shopify::delivery(topic, &format!("webhook-{number}"), body, shopify::CLIENT_SECRET)).await
    }

    /// The same with everything in the hands of the test.
    pub async fn deliver(&self, delivery: &Delivery) -> u16 {
        self.api.deliver(&self.webhooks, delivery).await
    }

    /// The same to another process on the same database; none if it dies.
    pub async fn deliver_to(&self, base: &str, delivery: &Delivery) -> Option<u16> {
        let place = self.webhooks.find("/hooks/").unwrap();
        self.api.try_deliver(&format!("{base}{}", &self.webhooks[place..]), delivery).await
    }

    /// An event of our own API.
    pub async fn report(&self, event: Value) -> Reply {
        self.api.post("/v1/events", &event).await
    }

    /// Waits: everything that falls due on the way happens at its instant.
    pub async fn skip(&self, span: Span) {
        self.engine.skip(&*self.clock, span).await.unwrap();
    }

    /// Does what is due now.
    pub async fn settle(&self) {
        self.skip(Span::ZERO).await;
    }

    /// What the local inbox says, newest first.
    pub async fn inbox(&self) -> Vec<String> {
        let entries = self.api.list("/v1/inbox").await;
        entries.iter().map(|entry| entry["document"]["text"].as_str().unwrap().to_owned()).collect()
    }

    /// How many entries the local inbox has, page by page.
    pub async fn inbox_size(&self) -> usize {
        let mut size = 0;
        let mut after = String::new();
        loop {
            let page = self.api.get(&format!("/v1/inbox?limit=200{after}")).await.ok();
            size += page["items"].as_array().unwrap().len();
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return size,
            }
        }
    }

    /// All messages, newest first.
    pub async fn messages(&self) -> Vec<Value> {
        self.api.list("/v1/messages").await
    }

    /// The only message.
    ///
    /// # Panics
    /// If there is none, or more than one.
    pub async fn message(&self) -> Value {
        only(self.messages().await)
    }

    /// The only run.
    ///
    /// # Panics
    /// If there is none, or more than one.
    pub async fn run(&self) -> Value {
        only(self.api.list("/v1/runs").await)
    }

    /// What the only run says about itself, oldest first.
    pub async fn trace(&self) -> Vec<Value> {
        let run = self.run().await;
        self.api.list(&format!("/v1/runs/{}/trace", run["id"].as_str().unwrap())).await
    }

    /// Asserts what must hold of a shop at any time.
    ///
    /// # Panics
    /// If something does not.
    pub async fn assert_sound(&self) {
        let shop = self.shop().parse().unwrap();
        let checked = self.engine.check_shop(shop, &|_| {}).await.unwrap();
        assert!(checked.violations.is_empty() && !checked.figures_moved, "{:#?}", checked.violations);
    }

    /// How often something was counted.
    pub async fn count(&self, counter: &str) -> u64 {
        let counts = self.api.get("/v1/counts").await.ok();
        counts["counts"][counter].as_u64().unwrap_or(0)
    }
}

fn example(name: &str) -> Value {
    let file = present::workspace().join(format!("examples/{name}.strategy.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Makes a test of each scenario on each database: `on_both_databases!(a_reminder_comes, …)`. After each story the
/// invariants of the shop are looked at.
#[macro_export]
macro_rules! on_both_databases {
    ($($scenario:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $scenario() {
                let database = $crate::Database::sqlite().await;
                let world = $crate::World::open(database).await;
                super::$scenario(&world).await;
                world.assert_sound().await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test] async fn $scenario() {
                let database = $crate::Database::postgres().await;
                let world = $crate::World::open(database).await;
                super::$scenario(&world).await;
                world.assert_sound().await;
            })+
        }
    };
}

fn only(mut items: Vec<Value>) -> Value {
    assert_eq!(items.len(), 1, "{items:#?}");
    items.remove(0)
}

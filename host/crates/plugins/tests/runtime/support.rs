//! What the tests of the runtime share: a place for components, a shop, and subjects.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::OrderBody;
use cartwright_domain::facts::{Own, Subject};
use cartwright_domain::ids::{ConnectionId, Mint, ShopId};
use cartwright_domain::order::{Order, OrderState};
use cartwright_domain::plugin::{PluginLimits, PluginRecord, Problem};
use cartwright_domain::shop::{Grants, HostGrant, Shop};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::{
    Answered, Components, ConnectionCall, PluginCall, PluginRejection, Plugins, Secret, StoreError, Verdict,
};
use cartwright_plugins::{EgressPolicy, Limits, Runtime, RuntimeOptions, Slices};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Components by digest, as a store would have them.
#[derive(Default)]
pub(crate) struct Installed(Mutex<HashMap<String, Bytes>>);

#[async_trait]
impl Components for Installed {
    async fn component(&self, _: ShopId, digest: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0.lock().unwrap().get(digest).cloned())
    }
}

impl Installed {
    pub(crate) fn put(&self, component: Vec<u8>) -> String {
        let digest = hex::encode(Sha256::digest(&component));
        self.0.lock().unwrap().insert(digest.clone(), component.into());
        digest
    }
}

/// A runtime with what it runs.
pub(crate) struct Host {
    pub(crate) runtime: Runtime,
    pub(crate) installed: Arc<Installed>,
    pub(crate) shop: ShopId,
}

pub(crate) fn now() -> Timestamp {
    "2026-11-02T10:00:00Z".parse().unwrap()
}

pub(crate) fn host() -> Host {
    host_with(Limits::default(), Slices::Timed)
}

pub(crate) fn host_with(limits: Limits, slices: Slices) -> Host {
    host_allowing(limits, slices, &[])
}

/// A host whose operator allows servers at private addresses.
pub(crate) fn host_allowing(limits: Limits, slices: Slices, private: &[&str]) -> Host {
    let installed = Arc::new(Installed::default());
    // Compiled once for all tests: compiling is most of the time that they take.
    let cache_dir = Some(concat!(env!("CARGO_TARGET_TMPDIR"), "/plugins-cache").into());
    let egress = EgressPolicy {
        allow_private: private.iter().map(|&server| server.to_owned()).collect(),
        ..EgressPolicy::default()
    };
    let options = RuntimeOptions { cache_dir, limits, slices, egress, components: installed.clone() };
    let runtime = Runtime::new(options).unwrap();
    Host { runtime, installed, shop: Mint::new(now(), [1; 32]).next() }
}

impl Host {
    pub(crate) async fn check(&self, component: Vec<u8>) -> Result<PluginRecord, PluginRejection> {
        self.runtime.check(component.into(), now()).await
    }

    /// Why a component is refused.
    pub(crate) async fn refusal(&self, component: Vec<u8>) -> String {
        self.check(component).await.map(|record| record.label()).unwrap_err().to_string()
    }

    /// Installs a component with all facts granted.
    pub(crate) fn call(&self, component: Vec<u8>, config: Value) -> PluginCall {
        let facts =
            ["customer.*", "contact.*", "orders.*", "cart.*", "messages.*", "run.*", "local-time.*"].map(str::to_owned);
        let grants = Grants { facts: facts.to_vec(), ..Grants::default() };
        PluginCall {
            shop: self.shop,
            digest: self.installed.put(component),
            config,
            grants: Arc::new(grants),
            limits: PluginLimits::default(),
        }
    }

    /// A verdict on each customer, told by the number of their orders.
    pub(crate) async fn verdicts(&self, component: Vec<u8>, orders: &[usize]) -> Vec<Answered<Verdict>> {
        let call = self.call(component, json!({}));
        let subjects: Vec<Subject> = orders.iter().map(|&count| subject(count)).collect();
        self.runtime.evaluate(&call, &subjects).await
    }

    /// The verdict on one customer: the branch, or the problem and its words.
    pub(crate) async fn verdict(&self, component: Vec<u8>) -> Result<String, (Problem, String)> {
        let mut answers = self.verdicts(component, &[5]).await;
        let answer = answers.pop().unwrap();
        answer.result.map(|verdict| verdict.branch).map_err(|failure| (failure.problem, failure.message))
    }

    /// Shows that the runtime goes on.
    pub(crate) async fn still_serves(&self) {
        assert_eq!(self.verdict(hostile_guests::guests::tame().component()).await, Ok("yes".to_owned()));
    }

    /// A call of a connection.
    pub(crate) fn connection(&self, component: Vec<u8>, config: Value, secrets: &[(&str, &str)]) -> ConnectionCall {
        let named: BTreeMap<String, Secret> =
            secrets.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect();
        let mut plugin = self.call(component, config);
        let secrets = named.keys().cloned().collect();
        plugin.grants = Arc::new(Grants { secrets, ..Grants::default() });
        let (secrets, expiries) = (Arc::new(named), Arc::default());
        let address = "https://carts.example/hooks/1".to_owned();
        ConnectionCall { plugin, connection: connection_id(), secrets, expiries, address, now: now() }
    }
}

pub(crate) fn connection_id() -> ConnectionId {
    Mint::new(now(), [2; 32]).next()
}

pub(crate) fn host_grant(host: &str, methods: &[&str], path_prefix: &str) -> HostGrant {
    HostGrant {
        host: host.to_owned(),
        methods: methods.iter().map(|&method| method.to_owned()).collect(),
        path_prefix: path_prefix.to_owned(),
        per_minute: None,
    }
}

/// A customer with a number of orders of 100.00 EUR each.
pub(crate) fn subject(orders: usize) -> Subject {
    let seed = u8::try_from(orders % 250).unwrap();
    let mut mint = Mint::new(now(), [seed; 32]);
    let shop = Shop {
        id: mint.next(),
        name: "A shop".to_owned(),
        currency: "EUR".parse().unwrap(),
        time_zone: "UTC".to_owned(),
        country: None,
        unknown_consent_passes: Vec::new(),
        topics: Vec::new(),
        window: None,
        quiet_hours: cartwright_domain::window::preset::QuietHours::Off,
        cap: None,
        decide_together: cartwright_domain::shop::DECIDE_TOGETHER,
        alerts: Vec::new(),
        replies: Vec::new(),
        sites: Vec::new(),
        utm: Default::default(),
        push_filter: Default::default(),
        storefront: None,
        chat_links: Default::default(),
    };
    let customer = Customer::anonymous(mint.next(), now());
    let body = OrderBody {
        total: Some(serde_json::from_value(json!({"amount": "100.00", "currency": "EUR"})).unwrap()),
        ..OrderBody::default()
    };
    let orders: Vec<Order> = (0..orders)
        .map(|number| Order::new(format!("o-{number}"), customer.id, OrderState::Paid, &body, now()))
        .collect();
    Subject {
        shop: Arc::new(shop),
        customer: Arc::new(customer),
        cart: None,
        orders: orders.into(),
        contacts: Arc::from([]),
        run: mint.next(),
        strategy: "A strategy".into(),
        started_at: now(),
        step: "valuable".into(),
        messages_sent: 0,
        orders_known: true,
        own: Own::default(),
        now: now(),
    }
}

/// Every plugin we ship, by the folders under `plugins/`: the folder of its kind, and its file.
pub(crate) fn shipped() -> Vec<(String, String)> {
    let plugins = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../plugins"));
    let folders = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for kind in folders(plugins) {
        for manifest in folders(&kind).into_iter().map(|plugin| plugin.join("Cargo.toml")) {
            let Ok(manifest) = std::fs::read_to_string(&manifest) else { continue };
            let name = manifest.split("name = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let kind = kind.file_name().unwrap().to_str().unwrap();
            found.push((kind.to_owned(), name.replace('-', "_")));
        }
    }
    found.sort();
    found
}

/// A real plugin, as `cargo xtask plugins` built it.
pub(crate) fn built(name: &str) -> Vec<u8> {
    let folder = option_env!("CARTWRIGHT_PLUGINS_DIR").map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/wasm32-wasip2/plugin").into(),
        std::path::PathBuf::from,
    );
    let path = folder.join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|_| panic!("{} is not there: run cargo xtask plugins first", path.display()))
}

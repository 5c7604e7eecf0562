//! The engine: its ports, and what the use cases share.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use cartwright_domain::ids::ConnectionId;
use cartwright_domain::pace::Paces;
use cartwright_domain::shard::Fence;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trust::TrustPolicy;
use tokio::sync::Notify;

use crate::beside::Beside;
use crate::breakers::Breakers;
use crate::deliveries::Deliveries;
use crate::failpoints::{self, Failpoints};
use crate::ingest::GroupCommit;
use crate::node::Node;
use crate::oidc::Oidc;
use crate::passwords::Passwords;
use crate::ports::{Clock, Egress, Entropy, NoPictures, Pictures, Plugins, Store};
use crate::settings::Cache;
use crate::tasks::Turns;
use crate::uses::Unwritten;
use crate::watch::Watch;

/// Everything a use case needs. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The plugin runtime.
    pub plugins: Arc<dyn Plugins>,
    /// How requests leave.
    pub egress: Arc<dyn Egress>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    pub(crate) pictures: Arc<dyn Pictures>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) breakers: Arc<Breakers>,
    pub(crate) watch: Arc<Watch>,
    /// What came in lately.
    pub(crate) deliveries: Arc<Deliveries>,
    /// How fast senders went lately.
    pub(crate) paces: Arc<Mutex<Paces>>,
    pub(crate) group_commit: Arc<GroupCommit>,
    /// Woken when there may be work.
    pub(crate) wake: Arc<Notify>,
    /// Held while work is done: a skip of the demo clock and the worker take turns.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    /// Who renews the secrets of which connection.
    pub(crate) turns: Arc<Turns>,
    pub(crate) failpoints: Arc<dyn Failpoints>,
    /// What an operator demands of the signatures in every shop.
    pub(crate) trust_floor: Arc<TrustPolicy>,
    pub(crate) unwritten: Arc<Unwritten>,
    /// Where work goes that waits for a platform; none where whoever begins it waits as well.
    pub(crate) beside: Option<Arc<Beside>>,
    /// In a rehearsal, where sources count as having answered (S08): those that the log says are down.
    pub(crate) rehearsed_silence: Option<Arc<Mutex<BTreeSet<String>>>>,
    /// By what right work beside the rounds commits.
    pub(crate) fence: Option<Fence>,
    pub(crate) passwords: Arc<Passwords>,
    /// Where people may sign in besides here.
    pub(crate) oidc: Option<Arc<Oidc>>,
    /// Which of several nodes this is; none where there is only this one, which may do everything.
    pub(crate) node: Option<Arc<Node>>,
    /// How platforms and customers reach the service, without a slash at the end.
    pub(crate) public_url: Arc<str>,
}

impl Engine {
    /// An engine over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        plugins: Arc<dyn Plugins>,
        egress: Arc<dyn Egress>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let watch = Arc::<Watch>::default();
        plugins.observe(watch.clone());
        Self {
            store,
            plugins,
            egress,
            clock,
            entropy,
            pictures: Arc::new(NoPictures),
            cache: Arc::default(),
            breakers: Arc::default(),
            watch,
            deliveries: Arc::default(),
            paces: Arc::default(),
            group_commit: Arc::default(),
            wake: Arc::default(),
            turn: Arc::default(),
            turns: Arc::default(),
            failpoints: failpoints::none(),
            trust_floor: Arc::default(),
            unwritten: Arc::default(),
            beside: None,
            rehearsed_silence: None,
            fence: None,
            passwords: Arc::default(),
            oidc: None,
            node: None,
            public_url: "http://localhost:8080".into(),
        }
    }

    /// The same engine with points at which a test may stop it.
    pub fn with_failpoints(self, failpoints: Arc<dyn Failpoints>) -> Self {
        Self { failpoints, ..self }
    }

    /// The same engine in which no shop demands less of signatures than this.
    pub fn with_trust_floor(self, floor: TrustPolicy) -> Self {
        Self { trust_floor: Arc::new(floor), ..self }
    }

    /// The same engine in which every source counts as having answered, and none is asked: for rehearsals and the demo.
    pub fn with_rehearsed_sources(self) -> Self {
        Self { rehearsed_silence: Some(Arc::default()), ..self }
    }

    /// The same engine that shows carts as pictures.
    pub fn with_pictures(self, pictures: Arc<dyn Pictures>) -> Self {
        Self { pictures, ..self }
    }

    /// The same engine as one of several nodes: it works only on what it has a lease of.
    pub fn with_node(self, node: Node) -> Self {
        Self { node: Some(Arc::new(node)), ..self }
    }

    /// The same engine, reached by platforms and customers at this address.
    pub fn with_public_url(self, url: &str) -> Self {
        Self { public_url: url.trim_end_matches('/').into(), ..self }
    }

    /// Whether platforms find the way here: none sends what its customers do over a plain connection.
    pub(crate) fn is_reachable(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Where the other side of a connection sends its webhooks.
    pub fn webhook_address(&self, connection: ConnectionId) -> String {
        format!("{}/hooks/{connection}", self.public_url)
    }

    /// This moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

//! A case: what happens in a shop, and which of two nodes does how much of the work in between.

use cartwright_domain::contact::ConsentState;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{CartBody, ConsentBody, CustomerBody, Event, Line, OrderBody, Origin, Subject, What};
use cartwright_domain::ids::{NodeId, ShopId};
use cartwright_domain::message::Message;
use cartwright_domain::run::Run;
use cartwright_domain::shard::Shard;
use cartwright_domain::shop::{Connection, Shop};
use cartwright_domain::strategy::{StrategyRecord, StrategyState, Version};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{
    Clock, Instance, Lease, Mark, MessageFilter, PageRequest, PluginChanges, Publication, Role, RunFilter, Store,
    StoreError,
};
use cartwright_engine::{Engine, EventAnswer, MovableClock, Node};
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use uuid::Uuid;

use crate::gate::{Gate, Gated};
use crate::log::{Deed, Did, Log};
use crate::provider::{Mood, Provider, records};

/// What happens, one after the other.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Somebody did something so many minutes ago, and it is told to a node.
    Tell { node: usize, person: usize, deed: Deed, anonymous: bool, quantity: u32, late: i64 },
    /// Something that was told is told again.
    Again { node: usize, which: usize },
    /// A node goes on through so many gates.
    Work { node: usize, gates: u32 },
    /// A node ends what it is at, and does everything else that is due.
    Settle { node: usize },
    /// Time passes, whoever stands still meanwhile.
    Wait { seconds: i64 },
    /// A node falls where it stands; another begins in its place.
    Crash { node: usize },
    /// The provider changes.
    Mood(Mood),
    /// The shard goes to the other node; the one that had it may not know.
    Move { told: bool },
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    /// The provider takes a message once, however often it is sent.
    pub(crate) idempotent: bool,
    /// Contacts that a customer may have in a day.
    pub(crate) contacts: u32,
    /// Whether those of the same run count.
    pub(crate) own_run_counts: bool,
    /// Whether the nodes work by leases, or on everything at once.
    pub(crate) leases: bool,
    pub(crate) ops: Vec<Op>,
}

pub(crate) const PEOPLE: usize = 2;

fn op() -> impl Strategy<Value = Op> {
    let node = 0usize..2;
    let deed = prop_oneof![
        6 => Just(Deed::Cart),
        2 => Just(Deed::Checkout),
        1 => Just(Deed::Empty),
        3 => Just(Deed::Order),
        1 => Just(Deed::Identify),
    ];
    let late = prop_oneof![3 => Just(0i64), 1 => 0i64..240];
    let seconds = prop_oneof![
        2 => 1i64..120,
        3 => 30 * 60i64..4 * 3600,
        2 => (2i64..20).prop_map(|hours| hours * 3600),
        // Just what a cart waits for, and what a checkout does.
        2 => Just(3600i64),
        1 => Just(1800i64),
    ];
    let gates = prop_oneof![2 => 1u32..8, 1 => 8u32..25];
    let mood = prop_oneof![
        3 => Just(Mood::Accepts),
        1 => Just(Mood::Refuses),
        1 => Just(Mood::Rejects),
        1 => Just(Mood::SendsInSilence),
        1 => Just(Mood::Loses),
        1 => Just(Mood::IsAway),
    ];
    prop_oneof![
        6 => (node.clone(), 0..PEOPLE, deed, prop::bool::weighted(0.2), 1u32..4, late).prop_map(
            |(node, person, deed, anonymous, quantity, late)| Op::Tell { node, person, deed, anonymous, quantity, late }
        ),
        1 => (node.clone(), 0usize..40).prop_map(|(node, which)| Op::Again { node, which }),
        9 => (node.clone(), gates).prop_map(|(node, gates)| Op::Work { node, gates }),
        2 => node.clone().prop_map(|node| Op::Settle { node }),
        5 => seconds.prop_map(|seconds| Op::Wait { seconds }),
        1 => node.prop_map(|node| Op::Crash { node }),
        1 => mood.prop_map(Op::Mood),
        1 => any::<bool>().prop_map(|told| Op::Move { told }),
    ]
}

pub(crate) fn case(leases: f64) -> impl Strategy<Value = Case> {
    let ops = prop::collection::vec(op(), 4..20);
    (any::<u64>(), any::<bool>(), 1u32..3, any::<bool>(), prop::bool::weighted(leases), ops).prop_map(
        |(seed, idempotent, contacts, own_run_counts, leases, ops)| Case {
            seed,
            idempotent,
            contacts,
            own_run_counts,
            leases,
            ops,
        },
    )
}

/// What is left when everything has come to rest.
pub(crate) struct Played {
    pub(crate) log: Arc<Log>,
    pub(crate) customers: Vec<Customer>,
    pub(crate) runs: Vec<Run>,
    pub(crate) messages: Vec<Message>,
    pub(crate) violations: Vec<String>,
    pub(crate) ended_at: Timestamp,
}

impl Played {
    /// Whether somebody was asked about in a cart that is known to be theirs.
    pub(crate) fn is_known(&self, person: usize) -> bool {
        let customer = self
            .customers
            .iter()
            .find(|customer| customer.email.as_ref().is_some_and(|email| email.to_string() == address(person)));
        customer.is_some_and(|customer| self.runs.iter().any(|run| run.customer == customer.id))
    }
}

type Work = Pin<Box<dyn Future<Output = Result<bool, StoreError>>>>;

struct Worker {
    engine: Engine,
    gate: Arc<Gate>,
    work: Option<Work>,
    id: NodeId,
}

struct NoMark;

impl Mark for NoMark {
    fn read(&self) -> Result<Option<Instance>, String> {
        Ok(None)
    }
    fn write(&self, _: Instance) -> Result<(), String> {
        Ok(())
    }
}

/// The shop with its two nodes.
struct Stage<'a> {
    case: &'a Case,
    store: Arc<dyn Store>,
    shop: ShopId,
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    log: Arc<Log>,
    workers: Vec<Worker>,
    /// Which node has the shard, with its lease.
    holder: usize,
    told: Vec<(usize, Deed, Event)>,
    numbers: u128,
}

/// Plays a case to its end.
pub(crate) async fn play(store: Arc<dyn Store>, case: &Case) -> Played {
    let mut stage = Stage::new(store, case).await;
    for person in 0..PEOPLE {
        stage.tell(0, person, Deed::Identify, false, 1, 0).await;
    }
    for op in &case.ops {
        stage.take(op).await;
    }
    stage.come_to_rest().await;
    stage.played().await
}

impl<'a> Stage<'a> {
    async fn new(store: Arc<dyn Store>, case: &'a Case) -> Self {
        // A Monday in the winter, an hour before the windows open.
        let clock = Arc::new(ManualClock::new(at("2026-01-05T07:00:00Z")));
        let shop = set_up(&*store, case, clock.now()).await;
        let entropy = Arc::new(SeededEntropy::new(case.seed));
        let mut stage = Self {
            case,
            store,
            shop,
            clock,
            entropy,
            log: Arc::default(),
            workers: Vec::new(),
            holder: 1,
            told: Vec::new(),
            numbers: 0,
        };
        for _ in 0..2 {
            let worker = stage.worker();
            stage.workers.push(worker);
        }
        stage.move_shard(true).await;
        stage
    }

    fn worker(&mut self) -> Worker {
        let gate = Arc::<Gate>::default();
        let store = Arc::new(Gated { store: self.store.clone(), gate: gate.clone(), log: self.log.clone() });
        let provider = Arc::new(Provider { gate: gate.clone(), log: self.log.clone() });
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        let mut engine = Engine::new(store, provider.clone(), provider, clock, entropy);
        self.numbers += 1;
        let id = NodeId(Uuid::from_u128(self.shop.0.as_u128() ^ self.numbers));
        if self.case.leases {
            engine = engine.with_node(Node::new(id, Role::All, "test", Span::hours(1), Arc::new(NoMark)));
        }
        Worker { engine, gate, work: None, id }
    }

    async fn take(&mut self, op: &Op) {
        match *op {
            Op::Tell { node, person, deed, anonymous, quantity, late } => {
                self.tell(node, person, deed, anonymous, quantity, late).await;
            }
            Op::Again { node, which } => {
                if let Some((person, deed, event)) = self.told.get(which % self.told.len().max(1)).cloned() {
                    self.receive(node, person, deed, event).await;
                }
            }
            Op::Work { node, gates } => {
                self.work(node, gates).await;
            }
            Op::Settle { node } => self.settle(node).await,
            Op::Wait { seconds } => self.clock.advance(Span::seconds(seconds)),
            Op::Crash { node } => self.crash(node).await,
            Op::Mood(mood) => self.log.events().mood = mood,
            Op::Move { told } => self.move_shard(told).await,
        }
    }

    async fn tell(&mut self, node: usize, person: usize, deed: Deed, anonymous: bool, quantity: u32, late: i64) {
        let moment = self.clock.now() - Span::minutes(late);
        let token = format!("{}{person}", if anonymous { "other" } else { "cart" });
        let known =
            || Subject { customer: Some(format!("c{person}")), email: Some(address(person)), ..Subject::default() };
        let cart = Subject { cart: Some(token.clone()), ..Subject::default() };
        let lines = match deed {
            Deed::Empty => Vec::new(),
            _ => vec![Line { title: "Teapot".into(), sku: Some("t".into()), quantity, ..Line::default() }],
        };
        let body = CartBody { lines, updated_at: Some(moment), ..CartBody::default() };
        let (subject, what) = match deed {
            Deed::Cart | Deed::Empty => (cart, What::CartUpdated(body)),
            Deed::Checkout => (Subject { checkout: Some(format!("k{token}")), ..cart }, What::CheckoutUpdated(body)),
            Deed::Order => {
                let order = Some(format!("o{}", self.told.len()));
                (Subject { order, ..known() }, What::OrderPlaced(OrderBody::default()))
            }
            Deed::Identify => {
                let consent = ConsentBody { state: ConsentState::Subscribed, at: None, topic: None };
                let body = CustomerBody { consent: Some(consent), ..CustomerBody::default() };
                (Subject { cart: Some(token.clone()), ..known() }, What::CustomerIdentified(body))
            }
        };
        let event = Event { id: format!("e{}", self.told.len()), occurred_at: moment, subject, what };
        self.told.push((person, deed, event.clone()));
        self.receive(node, person, deed, event).await;
    }

    async fn receive(&mut self, node: usize, person: usize, what: Deed, event: Event) {
        let at = event.occurred_at;
        let answers = self.workers[node].engine.ingest(self.shop, Origin::Api, vec![event]).await.unwrap();
        match &answers[..] {
            [EventAnswer::Accepted] => self.log.events().did.push(Did { person, what, at }),
            [EventAnswer::AlreadyKnown] => {}
            other => panic!("{other:?}"),
        }
    }

    /// Lets a node go on; whether it has ended what it was at, and had anything to do.
    async fn work(&mut self, node: usize, gates: u32) -> Option<bool> {
        let shop = self.shop;
        let worker = &mut self.workers[node];
        let work = worker.work.get_or_insert_with(|| {
            let engine = worker.engine.clone();
            Box::pin(async move { engine.work_on(shop).await })
        });
        worker.gate.open(gates);
        let gate = worker.gate.clone();
        let done = poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done.unwrap())),
            Poll::Pending if gate.holds_somebody() => Poll::Ready(None),
            // It waits for the database.
            Poll::Pending => Poll::Pending,
        })
        .await;
        if done.is_some() {
            worker.work = None;
        }
        done
    }

    async fn settle(&mut self, node: usize) {
        let was_at_something = self.workers[node].work.is_some();
        if was_at_something {
            self.work(node, u32::MAX).await;
        }
        for _ in 0..200 {
            if self.work(node, u32::MAX).await != Some(true) {
                return;
            }
        }
        panic!("a node finds work for ever at one instant");
    }

    async fn crash(&mut self, node: usize) {
        if self.workers[node].work.take().is_some() {
            self.log.events().crashes += 1;
        }
        let gone = self.workers[node].id;
        self.workers[node] = self.worker();
        if self.case.leases && self.holder == node {
            // Its lease ends, and the one that begins in its place takes the shard.
            self.store.give_back_shards(gone, &Shard::ALL).await.unwrap();
            self.hold(node).await;
        }
    }

    async fn move_shard(&mut self, told: bool) {
        if !self.case.leases {
            return;
        }
        let (from, to) = (self.holder, 1 - self.holder);
        if told {
            self.workers[from].engine.hold_shards(&[]);
        }
        self.store.give_back_shards(self.workers[from].id, &Shard::ALL).await.unwrap();
        self.hold(to).await;
        self.holder = to;
    }

    async fn hold(&self, node: usize) {
        let own = Shard::of(self.shop);
        let worker = &self.workers[node];
        // All are taken, as one cannot be chosen; the others are free again at once.
        let taken = self.store.take_shards(worker.id, Shard::ALL.len(), Span::hours(1)).await.unwrap();
        let (kept, others): (Vec<Lease>, Vec<Lease>) = taken.into_iter().partition(|lease| lease.shard == own);
        assert_eq!(kept.len(), 1, "the shard was free");
        let others: Vec<Shard> = others.iter().map(|lease| lease.shard).collect();
        self.store.give_back_shards(worker.id, &others).await.unwrap();
        worker.engine.hold_shards(&kept);
    }

    /// Everything that is under way ends, and the time goes on until nothing is due any more.
    async fn come_to_rest(&mut self) {
        self.log.events().mood = Mood::Accepts;
        let shard = [Shard::of(self.shop)];
        for _ in 0..500 {
            for node in [0, 1] {
                self.settle(node).await;
            }
            match self.store.next_due(&shard).await.unwrap() {
                Some(due) => self.clock.move_to(due.max(self.clock.now() + Span::seconds(1))),
                None => return,
            }
        }
        let (all, page) = (MessageFilter::default(), PageRequest { after: None, limit: 9 });
        let waits = self
            .store
            .messages(self.shop, &all, &page)
            .await
            .unwrap()
            .items
            .into_iter()
            .filter(|message| message.due_at.is_some());
        let page = PageRequest { after: None, limit: 9 };
        let runs = self.store.runs(self.shop, &RunFilter::default(), &page).await.unwrap().items;
        let due: Vec<_> = runs.into_iter().filter(|run| run.due_at.is_some()).collect();
        let waits: Vec<_> = waits.collect();
        panic!("the shop never comes to rest at {}: {waits:?} {due:?}", self.clock.now());
    }

    async fn played(self) -> Played {
        let page = PageRequest { after: None, limit: 200 };
        // Through a gate that is open.
        let worker = &self.workers[0];
        worker.gate.open(u32::MAX);
        let checked = worker.engine.check_shop(self.shop, &|_| {}).await.unwrap();
        let (store, shop) = (&self.store, self.shop);
        if self.case.leases {
            store.give_back_shards(self.workers[self.holder].id, &Shard::ALL).await.unwrap();
        }
        Played {
            log: self.log.clone(),
            customers: store.customers(shop, &page).await.unwrap().items,
            runs: store.runs(shop, &RunFilter::default(), &page).await.unwrap().items,
            messages: store.messages(shop, &MessageFilter::default(), &page).await.unwrap().items,
            violations: checked.violations.iter().map(|found| format!("{}: {}", found.rule, found.found)).collect(),
            ended_at: self.clock.now(),
        }
    }
}

pub(crate) fn address(person: usize) -> String {
    format!("p{person}@example.com")
}

/// A shop whose day is from 9 to 18: its own window and its channel's together.
async fn set_up(store: &dyn Store, case: &Case, now: Timestamp) -> ShopId {
    static SHOPS: AtomicU64 = AtomicU64::new(1);
    let number = u128::from(SHOPS.fetch_add(1, Ordering::Relaxed));
    let id = |kind: u128| Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 | number << 16 | kind);
    let own_run = if case.own_run_counts { "counts" } else { "exempt" };
    let hours = |from: &str, until: &str| json!({ "open": [{ "from": from, "until": until }], "zone": "shop" });
    let shop = Shop {
        id: ShopId(id(0)),
        window: Some(value(hours("09:00", "20:00"))),
        cap: Some(value(json!({ "contacts": case.contacts, "within": "24h", "own_run": own_run }))),
        ..cartwright_testkit::values::shop()
    };
    store.add_shop(&shop).await.unwrap();
    let ability = json!({ "channel": "post", "addresses": ["email"], "idempotent": case.idempotent, "lookup": false });
    for record in records(&ability) {
        let revision = store.settings_revision(shop.id).await.unwrap();
        let component = Some(bytes::Bytes::from_static(b"-"));
        let changes = PluginChanges { revision, records: vec![record], component, ..PluginChanges::default() };
        store.change_plugins(shop.id, &changes).await.unwrap();
    }
    let channel: Connection = value(json!({
        "id": id(1), "name": "post", "kind": "channel", "plugin": "post", "config": {}, "ability": ability,
        "window": hours("08:00", "18:00"),
    }));
    store.save_connection(shop.id, &channel).await.unwrap();
    for (place, definition) in [cart_strategy(), checkout_strategy()].into_iter().enumerate() {
        let place = place as u128;
        let version = Version {
            id: value(json!(id(16 + place))),
            strategy: value(json!(id(32 + place))),
            number: 1,
            published_at: now,
            definition: value(definition),
        };
        let record = StrategyRecord {
            id: version.strategy,
            name: version.definition.name.clone(),
            state: StrategyState::Live,
            current: version.id,
            current_number: 1,
        };
        let revision = store.settings_revision(shop.id).await.unwrap();
        let publication = Publication { revision, record: &record, version: &version, contents: &[] };
        store.publish(shop.id, &publication).await.unwrap();
    }
    shop.id
}

fn value<T: serde::de::DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn contents() -> Value {
    json!([{ "name": "reminder", "variants": [{ "channel": "post", "body": { "text": "Still yours" } }] }])
}

/// How late a message may be: never, here, so that none is lost for that.
const LATENESS: &str = "2000h";

fn cart_strategy() -> Value {
    let say = |next: &str| json!({ "kind": "message", "channel": "post", "content": "reminder", "next": next });
    json!({
        "name": "Carts",
        "trigger": { "on": "cart", "settle": "1h", "next": "remind" },
        "policies": { "max_lateness": LATENESS },
        "steps": {
            "remind": say("wait"),
            "wait": { "kind": "delay", "for": "3h", "next": "again" },
            "again": say("done"),
            "done": { "kind": "exit" }
        },
        "contents": contents()
    })
}

fn checkout_strategy() -> Value {
    json!({
        "name": "Checkouts",
        "trigger": { "on": "checkout", "settle": "30m", "next": "remind" },
        "policies": { "max_lateness": LATENESS, "priority": 1, "capped": "wait" },
        "steps": {
            "remind": { "kind": "message", "channel": "post", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": contents()
    })
}

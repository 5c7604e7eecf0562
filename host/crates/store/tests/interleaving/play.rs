//! Plays a case: two nodes over one store, each of which goes from one gate to the next as it is told.

use cartwright_domain::contact::ConsentState;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{CartBody, ConsentBody, CustomerBody, Event, Line, OrderBody, Origin, Subject, What};
use cartwright_domain::ids::{NodeId, ShopId};
use cartwright_domain::message::{Message, MessageState, SkipReason};
use cartwright_domain::run::Run;
use cartwright_domain::shard::Shard;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{
    Clock, Instance, Lease, Mark, MessageFilter, PageRequest, Role, RunFilter, Store, StoreError,
};
use cartwright_engine::{Engine, EventAnswer, MovableClock, Node};
use cartwright_testkit::clock::{ManualClock, SeededEntropy, at};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use uuid::Uuid;

use crate::case::{Case, Op, PEOPLE};
use crate::gate::{Gate, Gated};
use crate::log::{Deed, Did, Log};
use crate::provider::{Mood, Provider};
use crate::shop::set_up;

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
    /// Whether somebody has a run, and was known by its turn: a message to nobody is skipped for good, also where it
    /// is told a moment later who that was (S17).
    pub(crate) fn was_known(&self, person: usize) -> bool {
        let named =
            |customer: &&Customer| customer.email.as_ref().is_some_and(|email| email.to_string() == address(person));
        let Some(customer) = self.customers.iter().find(named) else { return false };
        let to_nobody = MessageState::Skipped { reason: SkipReason::NotIdentified };
        let mut messages = self.messages.iter().filter(|message| message.customer == customer.id);
        self.runs.iter().any(|run| run.customer == customer.id) && messages.all(|message| message.state != to_nobody)
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
                let consent = ConsentBody { state: ConsentState::Subscribed, at: None, topic: None, source: None };
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

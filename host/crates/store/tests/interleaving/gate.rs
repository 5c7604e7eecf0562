//! Where a node stands still: before and after everything it asks of the ledger and of the provider. Whoever lets it
//! go on says how far, so a case decides what two nodes do in which order, and drops one that crashes where it stands.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::contact::Address;
use cartwright_domain::content::Content;
use cartwright_domain::customer::Customer;
use cartwright_domain::funnel::Cell;
use cartwright_domain::ids::{
    ConnectionId, CustomerId, IncidentId, KeyId, MessageId, NodeId, NoteId, ReplyId, RunId, ShopId, StrategyId, UserId,
    VersionId,
};
use cartwright_domain::incident::Incident;
use cartwright_domain::message::Message;
use cartwright_domain::oidc::{Account, Entrance, Keeper};
use cartwright_domain::plugin::{Breaker, Kill, PluginRecord};
use cartwright_domain::replacing::Replacement;
use cartwright_domain::reply::ReplySend;
use cartwright_domain::run::Run;
use cartwright_domain::shard::Shard;
use cartwright_domain::shop::{Connection, ConnectionKind, Shop};
use cartwright_domain::source::SourceState;
use cartwright_domain::strategy::{StateChange, StrategyRecord, StrategyState, Version};
use cartwright_domain::template::TemplateBook;
use cartwright_domain::test_send::{TestAddress, TestKind, TestSend};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::trust::TrustPolicy;
use cartwright_domain::user::{Link, Role, Session, User};
use cartwright_domain::world::{Entry, Identity};
use cartwright_engine::ports::*;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crate::log::Log;

/// One node's gate.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    passes: u32,
    waits: bool,
    wakers: Vec<Waker>,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it may go on.
    pub(crate) async fn pass(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.passes > 0 {
                state.passes -= 1;
                return Poll::Ready(());
            }
            state.waits = true;
            state.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Lets the node go through so many gates.
    pub(crate) fn open(&self, passes: u32) {
        let wakers = {
            let mut state = self.state();
            state.passes = passes;
            state.waits = false;
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether somebody waits at it, rather than for the database.
    pub(crate) fn holds_somebody(&self) -> bool {
        self.state().waits
    }
}

/// A store behind a gate, with somebody who writes down what it commits.
pub(crate) struct Gated {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) log: Arc<Log>,
}

#[async_trait]
impl Ledger for Gated {
    async fn shops_with_work(&self, shards: &[Shard], now: Timestamp) -> Result<Vec<ShopId>, StoreError> {
        self.store.shops_with_work(shards, now).await
    }

    async fn next_due(&self, shards: &[Shard]) -> Result<Option<Timestamp>, StoreError> {
        self.store.next_due(shards).await
    }

    async fn due_runs(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<RunId>, StoreError> {
        self.gate.pass().await;
        self.store.due_runs(shop, now, limit).await
    }

    async fn due_messages(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        self.gate.pass().await;
        self.store.due_messages(shop, now, limit).await
    }

    async fn due_prices(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        self.store.due_prices(shop, now, limit).await
    }

    async fn sent_before(&self, shop: ShopId, names: &[(Identity, Timestamp)]) -> Result<Vec<MessageId>, StoreError> {
        self.store.sent_before(shop, names).await
    }

    async fn source_states(&self, shop: ShopId) -> Result<Vec<Entry<SourceState>>, StoreError> {
        self.store.source_states(shop).await
    }

    async fn load(&self, shop: ShopId, wanted: &Wanted) -> Result<Slice, StoreError> {
        self.gate.pass().await;
        self.store.load(shop, wanted).await
    }

    async fn commit(&self, shop: ShopId, changes: &Changes) -> Result<Committed, StoreError> {
        self.gate.pass().await;
        let committed = self.store.commit(shop, changes).await;
        self.log.committed(changes, committed.as_ref().err());
        self.gate.pass().await;
        committed
    }
}

/// Hands calls of a port on to the store behind the gate.
macro_rules! forward {
    ($port:ident { $($name:ident($($given:ident: $type:ty),*) -> $gives:ty;)* }) => {
        #[async_trait]
        impl $port for Gated {
            $(async fn $name(&self, $($given: $type),*) -> Result<$gives, StoreError> {
                self.store.$name($($given),*).await
            })*
        }
    };
}

forward! {
    Settings {
        add_shop(shop: &Shop) -> ();
        save_shop(shop: &Shop) -> ();
        shop(shop: ShopId) -> Option<Arc<Shop>>;
        shops() -> Vec<Shop>;
        add_key(key: &ApiKey) -> ();
        key(hash: &[u8; 32]) -> Option<ApiKey>;
        keys(shop: ShopId) -> Vec<ApiKey>;
        remove_key(shop: ShopId, key: KeyId) -> bool;
        save_connection(shop: ShopId, connection: &Connection) -> ();
        connections(shop: ShopId) -> Vec<Entry<Connection>>;
        template_books(shop: ShopId) -> Vec<Entry<TemplateBook>>;
        connection(connection: ConnectionId) -> Option<(ShopId, Connection)>;
        remove_connection(shop: ShopId, kind: ConnectionKind, name: &str) -> bool;
        save_secret(shop: ShopId, connection: ConnectionId, name: &str, secret: &Secret) -> ();
        keep_secrets(shop: ShopId, connection: ConnectionId, captured: &[Captured]) -> ();
        secret_expiries(shop: ShopId, connection: ConnectionId) -> Vec<(String, Timestamp)>;
        secrets(shop: ShopId, connection: ConnectionId) -> Vec<(String, Secret)>;
        secret_names(shop: ShopId, connection: ConnectionId) -> Vec<String>;
        save_content(shop: ShopId, content: &Content, at: Timestamp) -> u32;
        contents(shop: ShopId) -> Vec<(Content, u32)>;
        contents_page(shop: ShopId, page: &PageRequest) -> Page<(Content, u32)>;
        replace_content(shop: ShopId, content: (&str, u32), versions: &[VersionId], at: Timestamp, revision: u64) -> ();
        replacements(shop: ShopId, versions: &[VersionId]) -> Vec<Replacement>;
        publish(shop: ShopId, publication: &Publication<'_>) -> ();
        set_strategy_state(shop: ShopId, strategy: StrategyId, state: StrategyState, change: &StateChange) -> bool;
        remove_strategy(shop: ShopId, strategy: StrategyId, revision: u64) -> bool;
        strategies(shop: ShopId) -> Vec<StrategyRecord>;
        strategies_page(shop: ShopId, page: &PageRequest) -> Page<StrategyRecord>;
        versions(shop: ShopId, ids: &[VersionId]) -> Vec<Version>;
        versions_of(shop: ShopId, strategy: StrategyId) -> Vec<Version>;
        settings_revision(shop: ShopId) -> u64;
    }
}

forward! {
    PluginLife {
        change_plugins(shop: ShopId, changes: &PluginChanges) -> ();
        plugins(shop: ShopId) -> Vec<PluginRecord>;
        plugin_component(shop: ShopId, digest: &str) -> Option<Bytes>;
        plugin_kills(shop: ShopId) -> Vec<Kill>;
        runs_by_version(shop: ShopId) -> Vec<(VersionId, u64)>;
        breakers(shop: ShopId) -> Vec<(String, Entry<Breaker>)>;
        save_breaker(shop: ShopId, digest: &str, breaker: &Entry<Breaker>, turns: bool) -> ();
        write_notes(shop: ShopId, notes: &[Note]) -> ();
        forget_notes(shop: ShopId, kind: NoteKind, before: Timestamp) -> ();
        notes(shop: ShopId, kind: NoteKind, subject: &str, page: &PageRequest) -> Page<Note>;
        note(shop: ShopId, kind: NoteKind, subject: &str, id: NoteId) -> Option<Note>;
        add_figures(shop: ShopId, figures: &[Figure]) -> ();
        figures(shop: ShopId, digest: &str, since: &str) -> Vec<Figure>;
        decided_by(shop: ShopId, digest: &str, limit: u32) -> Vec<(RunId, TraceEntry)>;
    }
}

forward! {
    Journal {
        accept(arrivals: &[Arrival]) -> Vec<Arrived>;
        put_aside(aside: &Aside) -> ();
        asides(shop: ShopId, connection: Option<ConnectionId>, page: &PageRequest) -> Page<KeptAside>;
        aside(shop: ShopId, number: i64) -> Option<KeptAside>;
        settle_aside(shop: ShopId, number: i64, outcome: Result<Timestamp, &str>) -> ();
        count(shop: ShopId, counter: &str, times: u64) -> ();
        counts(shop: ShopId) -> Vec<(String, u64)>;
        pending_events(shop: ShopId, limit: u32) -> Vec<PendingEvent>;
        recorded_events(shop: ShopId, after: Option<(Timestamp, i64)>, limit: u32) -> Vec<PendingEvent>;
        forget_events(shop: ShopId, before: Timestamp) -> u64;
    }
}

forward! {
    Reading {
        customers(shop: ShopId, page: &PageRequest) -> Page<Customer>;
        find_customers(shop: ShopId, search: &CustomerSearch, page: &PageRequest) -> Page<Customer>;
        customer(shop: ShopId, customer: CustomerId) -> Option<Customer>;
        runs(shop: ShopId, filter: &RunFilter, page: &PageRequest) -> Page<Run>;
        run(shop: ShopId, run: RunId) -> Option<Run>;
        running(shop: ShopId, strategies: &[StrategyId], most: u32) -> Vec<(StrategyId, u64)>;
        trace(shop: ShopId, run: RunId) -> Vec<TraceEntry>;
        messages(shop: ShopId, filter: &MessageFilter, page: &PageRequest) -> Page<Message>;
        message(shop: ShopId, message: MessageId) -> Option<Message>;
        message_figures(shop: ShopId, filter: &FigureFilter) -> Vec<(Cell, i64)>;
        inbox(shop: ShopId, page: &PageRequest) -> Page<InboxEntry>;
        sizes() -> Vec<(String, u64)>;
    }
}

forward! {
    Nodes {
        now() -> Timestamp;
        instance() -> Instance;
        join(node: &NodeRecord) -> ();
        beat(node: &NodeRecord) -> Vec<SeenNode>;
        nodes() -> Vec<SeenNode>;
        leave(node: NodeId) -> ();
        keep_shards(node: NodeId, lease: Span) -> Vec<Lease>;
        take_shards(node: NodeId, most: usize, lease: Span) -> Vec<Lease>;
        give_back_shards(node: NodeId, shards: &[Shard]) -> ();
        wake(wakes: &[Wake]) -> ();
        wakes() -> Option<Box<dyn Wakes>>;
    }
}

forward! {
    Trust {
        trust(shop: ShopId) -> TrustPolicy;
        save_trust(shop: ShopId, policy: &TrustPolicy) -> ();
        sealings() -> Vec<(String, u64)>;
        reseal(after: Option<&SecretPlace>, limit: u32) -> Resealed;
    }
}

forward! {
    People {
        add_user(user: &User) -> ();
        users() -> Vec<User>;
        user(user: UserId) -> Option<User>;
        user_named(name: &str) -> Option<User>;
        remove_user(user: UserId) -> bool;
        members(shop: ShopId) -> Vec<(User, Role)>;
        roles(user: UserId) -> Vec<(ShopId, Role)>;
        set_role(shop: ShopId, user: UserId, role: Option<Role>) -> ();
        add_session(session: &Session) -> ();
        session(hash: &[u8; 32], now: Timestamp) -> Option<(Session, User, Vec<(ShopId, Role)>)>;
        end_session(hash: &[u8; 32]) -> bool;
        add_link(link: &Link) -> ();
        link(hash: &[u8; 32], now: Timestamp) -> Option<Link>;
        redeem(hash: &[u8; 32], redemption: &Redemption) -> bool;
    }
}

forward! {
    Accounts {
        account(account: &Account) -> Option<(User, Keeper)>;
        enter(account: &Account, nonce: &[u8; 32], now: Timestamp, until: Timestamp, entrance: &Entrance) -> bool;
    }
}

forward! {
    Erasure {
        erasure_key(shop: ShopId) -> Option<[u8; 32]>;
        make_erasure_key(shop: ShopId, key: [u8; 32]) -> [u8; 32];
        erased_among(shop: ShopId, hashes: &[[u8; 32]]) -> Vec<[u8; 32]>;
    }
}

forward! {
    Links {
        link_key(shop: ShopId) -> Option<[u8; 32]>;
        make_link_key(shop: ShopId, key: [u8; 32]) -> [u8; 32];
        short_link(token: &str) -> Option<(ShopId, MessageId)>;
    }
}

forward! {
    Incidents {
        due_incidents(shop: ShopId, now: Timestamp, limit: u32) -> Vec<Entry<Incident>>;
        incident(shop: ShopId, incident: IncidentId) -> Option<Entry<Incident>>;
        incidents(shop: ShopId, page: &PageRequest) -> Page<Incident>;
        open_incidents() -> Vec<(ShopId, Incident)>;
    }
}

forward! {
    TestSends {
        test_addresses(shop: ShopId) -> Vec<Entry<TestAddress>>;
        save_test_address(shop: ShopId, address: &Entry<TestAddress>) -> ();
        remove_test_address(shop: ShopId, address: &Address) -> bool;
        test_send(shop: ShopId, test: MessageId) -> Option<Entry<TestSend>>;
        test_sends(shop: ShopId, page: &PageRequest) -> Page<TestSend>;
        count_test_sends(shop: ShopId, kind: TestKind, since: Timestamp) -> u64;
    }
}

forward! {
    Replies {
        reply(shop: ShopId, reply: ReplyId) -> Option<KeptReply>;
        replies(shop: ShopId, filter: &ReplyFilter, page: &PageRequest) -> Page<KeptReply>;
        reply_sends(shop: ShopId, filter: &ReplySendFilter) -> Vec<Entry<ReplySend>>;
        due_reply_sends(shop: ShopId, now: Timestamp, limit: u32) -> Vec<Entry<ReplySend>>;
        count_notices(shop: ShopId, since: Timestamp) -> u64;
    }
}

forward! {
    Components {
        component(shop: ShopId, digest: &str) -> Option<Bytes>;
    }
}

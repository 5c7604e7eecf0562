//! The port to storage. Whatever stands here is stated once in the contract suite and holds on both databases.
//!
//! Every call is of one shop, except the claim of due work and the batch of arriving events.

use async_trait::async_trait;
use cartwright_domain::alert::Alarm;
use cartwright_domain::cart::Cart;
use cartwright_domain::content::Content;
use cartwright_domain::customer::Customer;
use cartwright_domain::erasure::Erased;
use cartwright_domain::event::{Event, Origin};
use cartwright_domain::facts::Contact;
use cartwright_domain::funnel::Cell;
use cartwright_domain::ids::{ConnectionId, CustomerId, KeyId, MessageId, RunId, ShopId, StrategyId, VersionId};
use cartwright_domain::incident::Incident;
use cartwright_domain::local::Day;
use cartwright_domain::message::Message;
use cartwright_domain::order::Order;
use cartwright_domain::product::Product;
use cartwright_domain::replacing::Replacement;
use cartwright_domain::reply::{Reply, ReplySend};
use cartwright_domain::run::Run;
use cartwright_domain::shard::{Fence, Shard};
use cartwright_domain::shop::{Connection, ConnectionKind, Shop};
use cartwright_domain::source::SourceState;
use cartwright_domain::strategy::{StateChange, StrategyRecord, StrategyState, Version};
use cartwright_domain::template::TemplateBook;
use cartwright_domain::test_send::TestSend;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::world::{Entry, Identity};
use serde_json::Value;
use std::sync::Arc;

use super::{
    Captured, Components, CustomerSearch, Erasure, Incidents, MessageFilter, Nodes, PluginLife, RunFilter, Secret,
};

/// Why storage did not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Something it builds on has moved on: load again and decide again.
    #[error("the data changed meanwhile")]
    Conflict,
    /// The shard of the shop is another node's by now: whatever is due there is that node's.
    #[error("the shard is another node's by now")]
    Fenced,
    /// A name that is already taken.
    #[error("{0} is already taken")]
    Taken(String),
    /// No key to open or seal secrets with.
    #[error("{0}")]
    NoKey(String),
    /// The database failed; the text is for the log.
    #[error("the database failed: {0}")]
    Failed(String),
}

/// A page of a listing: at most `limit` items after the cursor, newest first unless said otherwise.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// The cursor of the page before.
    pub after: Option<String>,
    /// At most this many (1 to 200).
    pub limit: u32,
}

/// Items with the cursor of the next page, if there is one.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// Items.
    pub items: Vec<T>,
    /// Cursor.
    pub next: Option<String>,
}

/// An event that arrives, to be made durable.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Whose.
    pub shop: ShopId,
    /// From where.
    pub origin: Origin,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The event.
    pub event: Event,
    /// SHA-256 of the event without transport fields: the same id with other content is a conflict (S02).
    pub digest: [u8; 32],
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    /// It is durable.
    New,
    /// It was there already.
    Same,
    /// The same id with other content was there; nothing was stored.
    Conflict,
}

/// A durable event of a shop's journal.
#[derive(Debug, Clone)]
pub struct PendingEvent {
    /// Its place in the shop's journal.
    pub sequence: i64,
    /// From where.
    pub origin: Origin,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The event.
    pub event: Event,
}

/// An authentic delivery that could not be taken: kept, counted, shown (S02).
#[derive(Debug, Clone)]
pub struct Aside {
    /// Whose.
    pub shop: ShopId,
    /// Where it came in.
    pub connection: Option<ConnectionId>,
    /// When.
    pub received_at: Timestamp,
    /// Why it was put aside, and what to do.
    pub reason: String,
    /// The delivery as it arrived.
    pub raw: Value,
}

/// A delivery that was put aside, as it is kept.
#[derive(Debug, Clone)]
pub struct KeptAside {
    /// Its number in the shop; later ones have greater ones.
    pub number: i64,
    /// The delivery, with why it was put aside the last time that it was tried.
    pub aside: Aside,
    /// When it was taken in after all.
    pub taken_at: Option<Timestamp>,
}

/// What to load for a batch.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Customers with these names.
    pub identities: Vec<Identity>,
    /// These customers.
    pub customers: Vec<CustomerId>,
    /// The customers of these runs, and the runs whatever their state.
    pub runs: Vec<RunId>,
    /// These messages with their runs and customers.
    pub messages: Vec<MessageId>,
    /// Messages that providers know under these ids, with their runs and customers.
    pub provider_ids: Vec<String>,
    /// These orders with their customers.
    pub orders: Vec<String>,
    /// These products.
    pub products: Vec<String>,
    /// What was handed over to the customers since then, in any run.
    pub contacts_since: Option<Timestamp>,
}

/// What was loaded: for every customer found all names, open carts, orders, active runs, and the messages of the
/// loaded runs. A customer that was merged is found as the one it became.
#[derive(Debug, Clone, Default)]
pub struct Slice {
    /// Customers.
    pub customers: Vec<Entry<Customer>>,
    /// Their names.
    pub identities: Vec<(Identity, CustomerId)>,
    /// Their open carts.
    pub carts: Vec<Entry<Cart>>,
    /// Their orders.
    pub orders: Vec<Entry<Order>>,
    /// The products in these carts, and those asked for.
    pub products: Vec<Entry<Product>>,
    /// Their active runs, and those asked for.
    pub runs: Vec<Entry<Run>>,
    /// The messages of these runs, and those asked for.
    pub messages: Vec<Entry<Message>>,
    /// What was handed over to the customers, oldest first, if that was asked for.
    pub contacts: Vec<(CustomerId, Contact)>,
}

/// What a batch changes, committed as a whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Changed or new (revision 0) customers.
    pub customers: Vec<Entry<Customer>>,
    /// Names given or moved. One that belongs to a customer whom the batch lists nowhere (changed, unchanged or merged)
    /// is a conflict: it appeared meanwhile.
    pub identities: Vec<(Identity, CustomerId)>,
    /// Customers that became another: rows of the first are the second's from now on, and the first is gone.
    pub merged: Vec<(CustomerId, CustomerId)>,
    /// Carts.
    pub carts: Vec<Entry<Cart>>,
    /// Orders.
    pub orders: Vec<Entry<Order>>,
    /// Products.
    pub products: Vec<Entry<Product>>,
    /// Runs. A second active run of a strategy for one key is a conflict.
    pub runs: Vec<Entry<Run>>,
    /// Messages.
    pub messages: Vec<Entry<Message>>,
    /// Channels and sources.
    pub connections: Vec<Entry<Connection>>,
    /// What sources were asked, and what they are asked next. Those of a connection that is gone are left out.
    pub sources: Vec<Entry<SourceState>>,
    /// What providers said of their templates. Those of a connection that is gone are a conflict. The revision of the
    /// settings moves with them.
    pub templates: Vec<Entry<TemplateBook>>,
    /// Events that a source told when it was asked: durable with this, to be applied like those that arrive.
    pub arrivals: Vec<Arrival>,
    /// What people are to be told, or need not worry about any more; saying either twice changes nothing.
    pub alarms: Vec<Alarm>,
    /// What was told of incidents that are there.
    pub incidents: Vec<Entry<Incident>>,
    /// Test sends that are handed over, or answered; no customer's message (S26).
    pub test_sends: Vec<Entry<TestSend>>,
    /// What customers wrote; the same reply again changes nothing.
    pub replies: Vec<Reply>,
    /// Answers and notices of replies: one that is made again (revision 0) changes nothing.
    pub reply_sends: Vec<Entry<ReplySend>>,
    /// Somebody who is erased: what is deleted beside the rows that change (S45).
    pub erased: Option<Erased>,
    /// Lines of traces, in order.
    pub traces: Vec<(RunId, TraceEntry)>,
    /// What the sums of reports move by, in the order of their cells (S30).
    pub figures: Vec<(Cell, i64)>,
    /// Events that are applied with this: gone from the pending ones, and kept as recorded ones.
    pub applied: Vec<i64>,
    /// Entries of the local inbox; the same message again changes nothing.
    pub inbox: Vec<InboxEntry>,
    /// Short links, by their tokens; the same again changes nothing.
    pub short_links: Vec<(String, MessageId)>,
    /// Customers that were only read but must not have changed.
    pub unchanged: Vec<(CustomerId, u64)>,
    /// For hand-overs: the names of all who are written to. Refused as a conflict while an urgent event that may concern
    /// one of them is durable but not applied (S08).
    pub addressed: Option<Vec<Identity>>,
    /// How many hand-over numbers to take.
    pub hand_overs: u32,
    /// By what right a worker changes what is due: `Fenced`, with nothing changed, if the shard has changed hands.
    /// Whoever is asked by people needs none.
    pub fence: Option<Fence>,
}

/// What a commit gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// The first of the hand-over numbers taken.
    pub first_hand_over: u64,
    /// What became of the arrivals, in their order.
    pub arrived: Vec<Arrived>,
}

/// One entry of a shop's local inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxEntry {
    /// Of which message.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub to: String,
    /// What.
    pub document: Value,
}

/// An API key as stored: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Ours.
    pub id: KeyId,
    /// The one shop it opens; none opens all (the operator's).
    pub shop: Option<ShopId>,
    /// What it is for.
    pub label: String,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// Made.
    pub created_at: Timestamp,
}

/// Which figures of messages.
#[derive(Debug, Clone, Copy)]
pub struct FigureFilter {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Of this strategy only.
    pub strategy: Option<StrategyId>,
}

/// What is published, as it was found sound.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    /// The revision of the settings that it was checked against.
    pub revision: u64,
    /// The strategy as it stands afterwards.
    pub record: &'a StrategyRecord,
    /// The version that becomes the current one.
    pub version: &'a Version,
    /// Contents that come along, as new revisions.
    pub contents: &'a [Content],
}

/// Settings: what people configure.
#[async_trait]
pub trait Settings: Send + Sync {
    /// Makes a shop.
    async fn add_shop(&self, shop: &Shop) -> Result<(), StoreError>;
    /// Changes a shop.
    async fn save_shop(&self, shop: &Shop) -> Result<(), StoreError>;
    /// A shop.
    async fn shop(&self, shop: ShopId) -> Result<Option<Arc<Shop>>, StoreError>;
    /// All shops, by name: for the operator.
    async fn shops(&self) -> Result<Vec<Shop>, StoreError>;

    /// Makes a key.
    async fn add_key(&self, key: &ApiKey) -> Result<(), StoreError>;
    /// The key with a hash.
    async fn key(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    /// The keys of a shop.
    async fn keys(&self, shop: ShopId) -> Result<Vec<ApiKey>, StoreError>;
    /// Forgets a key. Returns whether there was one.
    async fn remove_key(&self, shop: ShopId, key: KeyId) -> Result<bool, StoreError>;

    /// Makes or changes a connection (by id); its name is unique among the shop's connections of its kind.
    async fn save_connection(&self, shop: ShopId, connection: &Connection) -> Result<(), StoreError>;
    /// All connections of a shop, with revisions.
    async fn connections(&self, shop: ShopId) -> Result<Vec<Entry<Connection>>, StoreError>;
    /// What is known of the templates of the shop's channels, by connection.
    async fn template_books(&self, shop: ShopId) -> Result<Vec<Entry<TemplateBook>>, StoreError>;
    /// A connection with its shop, by the id in its webhook address.
    async fn connection(&self, connection: ConnectionId) -> Result<Option<(ShopId, Connection)>, StoreError>;
    /// Forgets a connection with its secrets. Returns whether there was one.
    async fn remove_connection(&self, shop: ShopId, kind: ConnectionKind, name: &str) -> Result<bool, StoreError>;

    /// Stores a secret of a connection, sealed; it does not expire.
    async fn save_secret(
        &self,
        shop: ShopId,
        connection: ConnectionId,
        name: &str,
        secret: &Secret,
    ) -> Result<(), StoreError>;
    /// Stores secrets that the other side of a connection gave, sealed, all of them or none.
    async fn keep_secrets(
        &self,
        shop: ShopId,
        connection: ConnectionId,
        captured: &[Captured],
    ) -> Result<(), StoreError>;
    /// When secrets of a connection expire, where that is known.
    async fn secret_expiries(
        &self,
        shop: ShopId,
        connection: ConnectionId,
    ) -> Result<Vec<(String, Timestamp)>, StoreError>;
    /// The secrets of a connection, opened.
    async fn secrets(&self, shop: ShopId, connection: ConnectionId) -> Result<Vec<(String, Secret)>, StoreError>;
    /// The names of the secrets that are set.
    async fn secret_names(&self, shop: ShopId, connection: ConnectionId) -> Result<Vec<String>, StoreError>;

    /// Saves a content as its next revision; the revision.
    async fn save_content(&self, shop: ShopId, content: &Content, at: Timestamp) -> Result<u32, StoreError>;
    /// Puts a content, by name and revision, in the place of the one that versions have (S28). A conflict if the settings have
    /// moved since their revision.
    async fn replace_content(
        &self,
        shop: ShopId,
        content: (&str, u32),
        versions: &[VersionId],
        at: Timestamp,
        revision: u64,
    ) -> Result<(), StoreError>;
    /// The contents that stand in the place of those that these versions were published with.
    async fn replacements(&self, shop: ShopId, versions: &[VersionId]) -> Result<Vec<Replacement>, StoreError>;
    /// The newest revision of each content, by name.
    async fn contents(&self, shop: ShopId) -> Result<Vec<(Content, u32)>, StoreError>;
    /// A page of them; the cursor is a name.
    async fn contents_page(&self, shop: ShopId, page: &PageRequest) -> Result<Page<(Content, u32)>, StoreError>;

    /// Saves a new version and makes it the current one; makes the strategy if it is new. The name is unique. A conflict
    /// if the settings have moved since their revision: what was checked against them may no longer be sound.
    async fn publish(&self, shop: ShopId, publication: &Publication<'_>) -> Result<(), StoreError>;
    /// Changes a strategy's state.
    async fn set_strategy_state(
        &self,
        shop: ShopId,
        strategy: StrategyId,
        state: StrategyState,
        change: &StateChange,
    ) -> Result<bool, StoreError>;
    /// Forgets a strategy. Its versions stay, so that its runs and messages can still be read; its name is free. A
    /// conflict if the settings have moved since the revision, or if a run of it is under way.
    async fn remove_strategy(&self, shop: ShopId, strategy: StrategyId, revision: u64) -> Result<bool, StoreError>;
    /// A page of a shop's strategies, by name; the cursor is a name.
    async fn strategies_page(&self, shop: ShopId, page: &PageRequest) -> Result<Page<StrategyRecord>, StoreError>;
    /// All strategies of a shop, by name.
    async fn strategies(&self, shop: ShopId) -> Result<Vec<StrategyRecord>, StoreError>;
    /// Versions by id, as they were published.
    async fn versions(&self, shop: ShopId, ids: &[VersionId]) -> Result<Vec<Version>, StoreError>;
    /// All versions of a strategy, newest first.
    async fn versions_of(&self, shop: ShopId, strategy: StrategyId) -> Result<Vec<Version>, StoreError>;
    /// A number that changes whenever strategies, connections, plugins or the shop itself change: cached settings
    /// are good as long as it stands.
    async fn settings_revision(&self, shop: ShopId) -> Result<u64, StoreError>;
}

/// The journal: what arrived.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Makes arrivals durable, of any shops, in one transaction; what became of each, in order.
    async fn accept(&self, arrivals: &[Arrival]) -> Result<Vec<Arrived>, StoreError>;
    /// Keeps a delivery that could not be taken.
    async fn put_aside(&self, aside: &Aside) -> Result<(), StoreError>;
    /// Deliveries put aside, of one connection or of all, newest first.
    async fn asides(
        &self,
        shop: ShopId,
        connection: Option<ConnectionId>,
        page: &PageRequest,
    ) -> Result<Page<KeptAside>, StoreError>;
    /// A delivery put aside, by its number.
    async fn aside(&self, shop: ShopId, number: i64) -> Result<Option<KeptAside>, StoreError>;
    /// Says that a delivery put aside was taken in at a moment, or why it could not be once more. One that was taken in
    /// stays so.
    async fn settle_aside(&self, shop: ShopId, number: i64, outcome: Result<Timestamp, &str>)
    -> Result<(), StoreError>;
    /// Counts something that happened so many times under a name.
    async fn count(&self, shop: ShopId, counter: &str, times: u64) -> Result<(), StoreError>;
    /// What was counted, by name.
    async fn counts(&self, shop: ShopId) -> Result<Vec<(String, u64)>, StoreError>;
    /// Events to apply, oldest first: by `received_at`, then their place in the journal.
    async fn pending_events(&self, shop: ShopId, limit: u32) -> Result<Vec<PendingEvent>, StoreError>;
    /// Events that were applied, in the order of the pending ones: those behind a place, or from the first.
    async fn recorded_events(
        &self,
        shop: ShopId,
        after: Option<(Timestamp, i64)>,
        limit: u32,
    ) -> Result<Vec<PendingEvent>, StoreError>;
    /// Drops applied events that were received before a moment; how many.
    async fn forget_events(&self, shop: ShopId, before: Timestamp) -> Result<u64, StoreError>;
}

/// The ledger: customers, runs and messages.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Shops of these shards with pending events, or runs, messages, prices, tasks of sources, templates or incidents that
    /// are due by now.
    async fn shops_with_work(&self, shards: &[Shard], now: Timestamp) -> Result<Vec<ShopId>, StoreError>;
    /// The earliest instant at which a run, message, price, task of a source, template or incident of these shards becomes
    /// due, if any is to.
    async fn next_due(&self, shards: &[Shard]) -> Result<Option<Timestamp>, StoreError>;
    /// Runs that are due, earliest first, then by id.
    async fn due_runs(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<RunId>, StoreError>;
    /// Messages that are due, earliest first, then by id.
    async fn due_messages(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<MessageId>, StoreError>;
    /// Messages whose price is due to be asked for, earliest first, then by id.
    async fn due_prices(&self, shop: ShopId, now: Timestamp, limit: u32) -> Result<Vec<MessageId>, StoreError>;
    /// Messages that their providers took, made for whoever has these names in the 30 days before an instant of theirs.
    async fn sent_before(&self, shop: ShopId, names: &[(Identity, Timestamp)]) -> Result<Vec<MessageId>, StoreError>;
    /// What is known of the shop's sources, by connection.
    async fn source_states(&self, shop: ShopId) -> Result<Vec<Entry<SourceState>>, StoreError>;
    /// Loads what a batch works on, in a handful of statements.
    async fn load(&self, shop: ShopId, wanted: &Wanted) -> Result<Slice, StoreError>;
    /// Commits a batch. `Conflict` if any revision has moved on; then nothing is changed.
    async fn commit(&self, shop: ShopId, changes: &Changes) -> Result<Committed, StoreError>;
}

/// What the API shows.
#[async_trait]
pub trait Reading: Send + Sync {
    /// Customers, newest first.
    async fn customers(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Customer>, StoreError>;
    /// Customers who are looked for, in the order of what they are found by.
    async fn find_customers(
        &self,
        shop: ShopId,
        search: &CustomerSearch,
        page: &PageRequest,
    ) -> Result<Page<Customer>, StoreError>;
    /// A customer by id, as whoever it became.
    async fn customer(&self, shop: ShopId, customer: CustomerId) -> Result<Option<Customer>, StoreError>;
    /// Runs, newest first.
    async fn runs(&self, shop: ShopId, filter: &RunFilter, page: &PageRequest) -> Result<Page<Run>, StoreError>;
    /// How many runs of each strategy are under way, counted no further than `most`.
    async fn running(
        &self,
        shop: ShopId,
        strategies: &[StrategyId],
        most: u32,
    ) -> Result<Vec<(StrategyId, u64)>, StoreError>;
    /// A run.
    async fn run(&self, shop: ShopId, run: RunId) -> Result<Option<Run>, StoreError>;
    /// A run's trace, oldest first.
    async fn trace(&self, shop: ShopId, run: RunId) -> Result<Vec<TraceEntry>, StoreError>;
    /// Messages, newest first.
    async fn messages(
        &self,
        shop: ShopId,
        filter: &MessageFilter,
        page: &PageRequest,
    ) -> Result<Page<Message>, StoreError>;
    /// A message.
    async fn message(&self, shop: ShopId, message: MessageId) -> Result<Option<Message>, StoreError>;
    /// What messages count as, by day and cell, without zeros (S30).
    async fn message_figures(&self, shop: ShopId, filter: &FigureFilter) -> Result<Vec<(Cell, i64)>, StoreError>;
    /// The local inbox, newest first.
    async fn inbox(&self, shop: ShopId, page: &PageRequest) -> Result<Page<InboxEntry>, StoreError>;
    /// How many rows there are, by table: for `doctor` and the invariants.
    async fn sizes(&self) -> Result<Vec<(String, u64)>, StoreError>;
}

/// All of it.
pub trait Store:
    Settings
    + PluginLife
    + Journal
    + Ledger
    + Incidents
    + Erasure
    + super::Replies
    + super::TestSends
    + super::Links
    + Reading
    + Nodes
    + super::People
    + super::Accounts
    + super::Trust
    + Components
{
}
impl<
    T: Settings
        + PluginLife
        + Journal
        + Ledger
        + Incidents
        + Erasure
        + super::Replies
        + super::TestSends
        + super::Links
        + Reading
        + Nodes
        + super::People
        + super::Accounts
        + super::Trust
        + Components,
> Store for T
{
}

//! The part of a shop that one batch works on: loaded in bulk, changed in memory, committed as a whole.
//!
//! Every value knows the revision it was loaded at. A commit succeeds only if none of them has moved on meanwhile,
//! so two nodes can never build on the same past.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::alert::{Alarm, AlertCause, AlertCode, AlertCodes};
use crate::by_customer::ByCustomer;
use crate::cap::Caps;
use crate::cart::Cart;
use crate::customer::Customer;
use crate::event::{Line, OrderBody, Receipt};
use crate::facts::{Contact, Own, Subject};
use crate::ids::{CartId, ConnectionId, CustomerId, MessageId, RunId, StrategyId, VersionId};
use crate::message::{HoldReason, Message, Purpose};
use crate::order::Order;
use crate::product::Product;
use crate::reply::{Reply, ReplySend};
use crate::run::Run;
use crate::shop::{Connection, Hold, Shop};
use crate::strategy::{Policies, StrategyRecord, StrategyState, TriggerKind, Version};
use crate::template::{Template, TemplateBook, TemplateBooks};
use crate::time::{Span, Timestamp};
use crate::trace::TraceEntry;

/// A name of a customer in some system (S10).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// What kind of name.
    pub kind: IdentityKind,
    /// The name, folded where case does not matter.
    pub value: String,
}

impl fmt::Display for Identity {
    /// `email:ana@example.com`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.value)
    }
}

/// Kinds of names, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// The platform's customer id.
    Customer,
    /// E-mail, lower case.
    Email,
    /// Phone, E.164.
    Phone,
    /// Checkout token.
    Checkout,
    /// Cart token.
    Cart,
    /// A browser.
    Anonymous,
}

impl IdentityKind {
    /// All kinds, strongest first.
    pub const ALL: [Self; 6] = [Self::Customer, Self::Email, Self::Phone, Self::Checkout, Self::Cart, Self::Anonymous];

    /// The word in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Checkout => "checkout",
            Self::Cart => "cart",
            Self::Anonymous => "anonymous",
        }
    }

    /// From the word in the database.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A value with the revision it was loaded at.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// The value, as this batch has it.
    pub value: T,
    /// 0 for one that is new.
    pub revision: u64,
    /// Whether this batch changed it.
    pub changed: bool,
}

impl<T> Entry<T> {
    /// As loaded.
    pub fn loaded(value: T, revision: u64) -> Self {
        Self { value, revision, changed: false }
    }
    /// Made by this batch.
    pub fn new(value: T) -> Self {
        Self { value, revision: 0, changed: true }
    }
    /// To change it.
    pub fn edit(&mut self) -> &mut T {
        self.changed = true;
        &mut self.value
    }
    /// As if loaded after the commit that takes the change.
    fn commit(&mut self) {
        self.revision += u64::from(self.changed);
        self.changed = false;
    }
}

/// A strategy as it enters and sends now.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveStrategy {
    /// Name and state.
    pub record: StrategyRecord,
    /// The version that new runs take.
    pub version: Arc<Version>,
}

impl LiveStrategy {
    /// What a run of it names.
    pub(crate) fn ids(&self) -> (StrategyId, VersionId) {
        (self.record.id, self.version.id)
    }
}

/// The part of a shop that one batch works on.
#[derive(Debug, Clone)]
pub struct World {
    /// The shop.
    pub shop: Arc<Shop>,
    /// All its strategies, whatever their state.
    pub strategies: Arc<[LiveStrategy]>,
    /// Versions that the loaded runs are pinned to, and the current ones.
    pub versions: BTreeMap<VersionId, Arc<Version>>,
    /// Channels.
    pub connections: BTreeMap<String, Entry<Connection>>,
    /// What the providers of its channels say of their templates.
    pub templates: Arc<TemplateBooks>,
    /// Sources.
    pub sources: BTreeMap<String, Entry<Connection>>,
    /// In a rehearsal, where every source counts as having answered: those that do not (S08).
    pub rehearsed_silence: Option<BTreeSet<String>>,
    /// Customers.
    pub customers: BTreeMap<CustomerId, Entry<Customer>>,
    /// Names, of the loaded customers at least.
    pub identities: ByCustomer<Identity, CustomerId>,
    /// Names that this batch gave or moved.
    pub named: BTreeSet<Identity>,
    /// Customers that turned out to be another: all that is theirs belongs to the second.
    pub merged: Vec<(CustomerId, CustomerId)>,
    /// The loaded ones among these, at the revisions they were read at: what they said meanwhile must not be lost.
    pub gone: Vec<(CustomerId, u64)>,
    /// Open carts of the loaded customers.
    pub carts: ByCustomer<CartId, Entry<Cart>>,
    /// All orders of the loaded customers, by the platform's id.
    pub orders: ByCustomer<String, Entry<Order>>,
    /// Whether orders are told of at all (S11).
    pub orders_known: bool,
    /// Products of the loaded carts, and those asked for, by the platform's id.
    pub products: BTreeMap<String, Entry<Product>>,
    /// Active runs of the loaded customers, and those asked for.
    pub runs: ByCustomer<RunId, Entry<Run>>,
    /// Messages of the loaded runs, and those asked for.
    pub messages: ByCustomer<MessageId, Entry<Message>>,
    /// What was handed over to the loaded customers, in any run; loaded where a plugin asks for it.
    pub contacts: BTreeMap<CustomerId, Arc<[Contact]>>,
    /// What is added to traces.
    pub traces: Vec<(RunId, TraceEntry)>,
    /// What people are to be told, or need not worry about any more.
    pub alarms: Vec<Alarm>,
    /// What customers wrote.
    pub replies: Vec<Reply>,
    /// Answers and notices: those that are made, and those asked for.
    pub reply_sends: BTreeMap<MessageId, Entry<ReplySend>>,
}

impl World {
    /// An empty part.
    pub fn new(shop: Arc<Shop>, strategies: Arc<[LiveStrategy]>) -> Self {
        let versions = strategies.iter().map(|live| (live.version.id, live.version.clone())).collect();
        Self {
            shop,
            strategies,
            versions,
            connections: BTreeMap::new(),
            templates: Arc::default(),
            sources: BTreeMap::new(),
            rehearsed_silence: None,
            customers: BTreeMap::new(),
            identities: ByCustomer::default(),
            named: BTreeSet::new(),
            merged: Vec::new(),
            gone: Vec::new(),
            carts: ByCustomer::default(),
            orders: ByCustomer::default(),
            orders_known: true,
            products: BTreeMap::new(),
            runs: ByCustomer::default(),
            messages: ByCustomer::default(),
            contacts: BTreeMap::new(),
            traces: Vec::new(),
            alarms: Vec::new(),
            replies: Vec::new(),
            reply_sends: BTreeMap::new(),
        }
    }

    /// As it stands once all that it changed is committed: as if it were loaded then.
    pub fn committed(mut self) -> Self {
        self.connections.values_mut().chain(self.sources.values_mut()).for_each(Entry::commit);
        self.customers.values_mut().for_each(Entry::commit);
        self.carts.values_mut().for_each(Entry::commit);
        self.orders.values_mut().for_each(Entry::commit);
        self.products.values_mut().for_each(Entry::commit);
        self.runs.values_mut().for_each(Entry::commit);
        self.messages.values_mut().for_each(Entry::commit);
        self.named.clear();
        self.merged.clear();
        self.gone.clear();
        self.traces.clear();
        self.alarms.clear();
        self.replies.clear();
        self.reply_sends.values_mut().for_each(Entry::commit);
        self
    }

    /// The customer's newest open cart.
    pub fn newest_cart(&self, customer: CustomerId) -> Option<&Cart> {
        self.carts
            .of(customer)
            .map(|entry| &entry.value)
            .filter(|cart| cart.is_open())
            .max_by_key(|cart| (cart.updated_at(), cart.id))
    }

    /// The state of a run's strategy.
    pub fn strategy_state(&self, run: &Run) -> StrategyState {
        self.strategies
            .iter()
            .find(|live| live.record.id == run.strategy)
            .map_or(StrategyState::Stopped, |live| live.record.state)
    }

    /// The policies of a run's strategy as they are now; those of its own version once the strategy is gone (S28).
    pub fn policies(&self, run: &Run) -> Option<&Policies> {
        let live = self.strategies.iter().find(|live| live.record.id == run.strategy).map(|live| &live.version);
        live.or_else(|| self.versions.get(&run.version)).map(|version| &version.definition.policies)
    }

    /// A source that was silent for longer than its bound, where that matters to a run: an order that would end it may
    /// be known there and not here (S08).
    pub fn stale_source(&self, run: &Run, now: Timestamp) -> Option<&str> {
        let trigger = self.versions.get(&run.version)?.definition.trigger.on;
        if run.exit_taken.is_some() || !matches!(trigger, TriggerKind::Cart | TriggerKind::Checkout) {
            return None;
        }
        self.sources
            .values()
            .map(|entry| &entry.value)
            .filter(|source| self.rehearsed_silence.as_ref().is_none_or(|silent| silent.contains(&source.name)))
            .find(|source| source.held.is_some() || source.is_stale(now))
            .map(|source| source.name.as_str())
    }

    /// What a channel's provider says of its templates.
    pub fn templates_of(&self, channel: &str) -> Option<&TemplateBook> {
        self.templates.get(&self.connections.get(channel)?.value.id)
    }

    /// The template that keeps a message from going out (S17).
    pub(crate) fn obstacle(&self, message: &Message) -> Option<&Template> {
        let run = &self.runs.get(&message.run)?.value;
        let content = self.versions.get(&message.version_of(run))?.definition.content_of(message)?;
        let language = self.customers.get(&run.customer)?.value.language.as_deref();
        let channel = &self.connections.get(&message.channel)?.value;
        self.templates_of(&message.channel)?.obstacle(channel, content, language)
    }

    /// Something came from a source. Noted now and then only: the note is a change of settings.
    pub fn hear(&mut self, source: ConnectionId, at: Timestamp) {
        let found = self.sources.values_mut().find(|entry| entry.value.id == source);
        if let Some(entry) = found
            && let Some(bound) = entry.value.silence_bound()
        {
            let often = Span::from_millis(bound.millis() / 8);
            if entry.value.heard_at.is_none_or(|heard| at > heard + often) {
                if entry.value.is_stale(at) {
                    self.alarms.push(Alarm::clear(AlertCause::SourceStale, &entry.value.name, at));
                }
                entry.edit().heard_at = Some(at);
            }
        }
    }

    /// The platform says that the app was removed from the shop: nothing is asked there any more, and what an order may
    /// forbid waits, because nobody would hear of one (S08).
    pub fn uninstall(&mut self, source: ConnectionId, at: Timestamp) {
        let found = self.sources.values_mut().find(|entry| entry.value.id == source);
        let Some(entry) = found.filter(|entry| entry.value.held.is_none()) else { return };
        let (words, step) = (AlertCode::AppRemoved.into(), AlertCode::InstallAppAgain.into());
        let codes = AlertCodes::of(&words, &step);
        let hold = Hold { reason: HoldReason::Auth, since: at, words: words.text, next_step: step.text, codes };
        self.alarms.push(Alarm::held(AlertCause::SourceHeld, &entry.value.name, &hold, at));
        entry.edit().held = Some(hold);
    }

    /// How long places under caps have to be kept, whatever cap looks at them (S20).
    pub(crate) fn longest_cap(&self) -> Span {
        let channels = self.connections.values().map(|entry| entry.value.cap.as_ref());
        let strategies = self.strategies.iter().map(|live| live.version.definition.policies.cap.as_ref());
        channels.chain(strategies).fold(Caps::of(self.shop.cap.as_ref(), None, None).longest(), |longest, cap| {
            longest.max(Caps::of(None, cap, None).longest())
        })
    }

    fn strategy_name(&self, run: &Run) -> Arc<str> {
        let live = self.strategies.iter().find(|live| live.record.id == run.strategy);
        live.map(|live| live.record.name.as_str()).unwrap_or_default().into()
    }

    /// Messages of a loaded run: they are its customer's.
    pub fn messages_of(&self, run: RunId) -> impl Iterator<Item = &Message> {
        let messages = self.runs.get(&run).into_iter().flat_map(|entry| self.messages.of(entry.value.customer));
        messages.map(|entry| &entry.value).filter(move |message| message.run == run)
    }

    /// The message that a receipt is about.
    pub(crate) fn message_of(&self, receipt: &Receipt) -> Option<&Message> {
        let by_id = receipt.message_id.and_then(|id| self.messages.get(&id));
        let by_provider_id = || {
            let id = receipt.provider_id.as_ref()?;
            self.messages.values().find(|entry| entry.value.provider_id.as_ref() == Some(id))
        };
        by_id.or_else(by_provider_id).map(|entry| &entry.value)
    }

    /// The answer or notice that a receipt is about.
    pub(crate) fn reply_send_of(&self, receipt: &Receipt) -> Option<&ReplySend> {
        let by_id = receipt.message_id.and_then(|id| self.reply_sends.get(&id));
        let by_provider_id = || {
            let id = receipt.provider_id.as_ref()?;
            self.reply_sends.values().find(|entry| entry.value.provider_id.as_ref() == Some(id))
        };
        by_id.or_else(by_provider_id).map(|entry| &entry.value)
    }

    /// What is known about a run's customer at a moment.
    pub fn subject(&self, run: &Run, now: Timestamp) -> Option<Subject> {
        let customer = &self.customers.get(&run.customer)?.value;
        let orders: Vec<Order> = self.orders.of(run.customer).map(|entry| entry.value.clone()).collect();
        let sent =
            self.messages_of(run.id).filter(|message| message.counts_as_sent() && message.purpose != Purpose::Staff);
        Some(Subject {
            shop: self.shop.clone(),
            customer: Arc::new(customer.clone()),
            cart: self.newest_cart(run.customer).cloned().map(|cart| Arc::new(self.completed(cart))),
            orders: orders.into(),
            orders_known: self.orders_known,
            contacts: self.contacts.get(&run.customer).cloned().unwrap_or_else(|| Arc::from([])),
            run: run.id,
            strategy: self.strategy_name(run),
            started_at: run.started_at,
            step: run.step().unwrap_or_default().into(),
            messages_sent: sent.count() as u32,
            own: Own::of(self.messages_of(run.id)),
            now,
        })
    }

    /// A cart with what the catalogue knows of its lines.
    fn completed(&self, mut cart: Cart) -> Cart {
        let sides = [&mut cart.cart, &mut cart.checkout];
        sides.into_iter().flatten().flat_map(|side| &mut side.lines).for_each(|line| self.complete(line));
        cart
    }

    /// What a source says of an order, with what the catalogue knows of its lines.
    pub(crate) fn completed_order(&self, body: &OrderBody) -> OrderBody {
        let mut body = body.clone();
        body.lines.iter_mut().for_each(|line| self.complete(line));
        body
    }

    fn complete(&self, line: &mut Line) {
        if let Some(product) = line.product_id.as_ref().and_then(|id| self.products.get(id)) {
            product.value.complete(line);
        }
    }

    /// Adds a line to a run's trace.
    pub fn tell(&mut self, run: RunId, entry: TraceEntry) {
        self.traces.push((run, entry));
    }

    /// Whether a customer has said who they are: an anonymous one is only a cart that stands for its own.
    pub fn is_identified(&self, customer: CustomerId) -> bool {
        self.identities.entries_of(customer).any(|(identity, _)| {
            matches!(identity.kind, IdentityKind::Customer | IdentityKind::Email | IdentityKind::Phone)
        })
    }
}

//! The tables of one shop, each with the ways it is found by.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cartwright_domain::cart::Cart;
use cartwright_domain::contact::Address;
use cartwright_domain::customer::Customer;
use cartwright_domain::erasure::Erased;
use cartwright_domain::funnel::Cell;
use cartwright_domain::ids::{CartId, ConnectionId, CustomerId, IncidentId, MessageId, ReplyId, RunId, StrategyId};
use cartwright_domain::incident::Incident;
use cartwright_domain::message::Message;
use cartwright_domain::order::Order;
use cartwright_domain::product::Product;
use cartwright_domain::reply::{Reply, ReplySend};
use cartwright_domain::run::Run;
use cartwright_domain::source::SourceState;
use cartwright_domain::template::TemplateBook;
use cartwright_domain::test_send::{TestAddress, TestSend};
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::world::{Entry, Identity};
use cartwright_engine::ports::{InboxEntry, KeptAside, PendingEvent};
use uuid::Uuid;

/// A row with its revision, from 1.
#[derive(Debug, Clone)]
pub(super) struct Row<T> {
    pub(super) value: T,
    pub(super) revision: u64,
}

impl<T: Clone> Row<T> {
    pub(super) fn entry(&self) -> Entry<T> {
        Entry::loaded(self.value.clone(), self.revision)
    }
}

/// An event that waits to be applied.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) event: PendingEvent,
    pub(super) urgent: bool,
}

/// Something found by its customer.
pub(super) type ByCustomer<K> = BTreeMap<CustomerId, BTreeSet<K>>;

#[derive(Default)]
pub(super) struct Tables {
    pub(super) customers: BTreeMap<CustomerId, Row<Customer>>,
    pub(super) merged: BTreeMap<CustomerId, CustomerId>,
    pub(super) identities: BTreeMap<Identity, CustomerId>,
    pub(super) names_of: ByCustomer<Identity>,
    pub(super) carts: BTreeMap<CartId, Row<Cart>>,
    pub(super) carts_of: ByCustomer<CartId>,
    pub(super) orders: BTreeMap<String, Row<Order>>,
    pub(super) orders_of: ByCustomer<String>,
    pub(super) products: BTreeMap<String, Row<Product>>,
    pub(super) runs: BTreeMap<RunId, Row<Run>>,
    pub(super) runs_of: ByCustomer<RunId>,
    /// Never two active runs of a strategy for one key (S07).
    pub(super) active: HashMap<(StrategyId, String), RunId>,
    pub(super) due_runs: BTreeSet<(Timestamp, RunId)>,
    pub(super) messages: BTreeMap<MessageId, Row<Message>>,
    pub(super) messages_of: ByCustomer<MessageId>,
    pub(super) messages_of_run: BTreeMap<RunId, BTreeSet<MessageId>>,
    pub(super) by_provider: BTreeMap<String, BTreeSet<MessageId>>,
    pub(super) due_messages: BTreeSet<(Timestamp, MessageId)>,
    pub(super) due_prices: BTreeSet<(Timestamp, MessageId)>,
    pub(super) newest_messages: BTreeSet<(Timestamp, MessageId)>,
    pub(super) sources: BTreeMap<ConnectionId, Row<SourceState>>,
    pub(super) template_books_due: BTreeMap<ConnectionId, Timestamp>,
    pub(super) incidents: BTreeMap<IncidentId, Row<Incident>>,
    pub(super) test_addresses: BTreeMap<Address, Row<TestAddress>>,
    pub(super) test_sends: BTreeMap<MessageId, Row<TestSend>>,
    pub(super) replies: BTreeMap<ReplyId, Reply>,
    pub(super) reply_sends: BTreeMap<MessageId, Row<ReplySend>>,
    pub(super) traces: BTreeMap<RunId, Vec<TraceEntry>>,
    pub(super) inbox: BTreeMap<MessageId, InboxEntry>,
    pub(super) short_links: HashMap<String, MessageId>,
    pub(super) event_ids: HashMap<(Uuid, String), [u8; 32]>,
    pub(super) pending: BTreeMap<(Timestamp, i64), Pending>,
    /// When a pending event was received, by its place in the journal.
    pub(super) received: BTreeMap<i64, Timestamp>,
    /// Those that were applied.
    pub(super) events: BTreeMap<(Timestamp, i64), PendingEvent>,
    pub(super) asides: BTreeMap<i64, KeptAside>,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) figures: BTreeMap<Cell, i64>,
    /// Of plugins, by digest, day and name.
    pub(super) plugin_figures: BTreeMap<(String, String, String), u64>,
}

fn put<K: Ord, V: Ord>(index: &mut BTreeMap<K, BTreeSet<V>>, key: K, value: V) {
    index.entry(key).or_default().insert(value);
}

fn take<K: Ord, V: Ord>(index: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(values) = index.get_mut(key) {
        values.remove(value);
        if values.is_empty() {
            index.remove(key);
        }
    }
}

impl Tables {
    /// The customer that a customer is now.
    pub(super) fn heir(&self, customer: CustomerId) -> CustomerId {
        self.merged.get(&customer).copied().unwrap_or(customer)
    }

    pub(super) fn put_customer(&mut self, entry: &Entry<Customer>) {
        self.customers.insert(entry.value.id, next(entry));
    }

    pub(super) fn name(&mut self, name: &Identity, owner: CustomerId) {
        if let Some(before) = self.identities.insert(name.clone(), owner) {
            take(&mut self.names_of, &before, name);
        }
        put(&mut self.names_of, owner, name.clone());
    }

    pub(super) fn put_cart(&mut self, entry: &Entry<Cart>) {
        let id = entry.value.id;
        if let Some(before) = self.carts.insert(id, next(entry)) {
            take(&mut self.carts_of, &before.value.customer, &id);
        }
        put(&mut self.carts_of, entry.value.customer, id);
    }

    pub(super) fn put_order(&mut self, entry: &Entry<Order>) {
        let id = entry.value.order_id.clone();
        if let Some(before) = self.orders.insert(id.clone(), next(entry)) {
            take(&mut self.orders_of, &before.value.customer, &id);
        }
        put(&mut self.orders_of, entry.value.customer, id);
    }

    pub(super) fn put_product(&mut self, entry: &Entry<Product>) {
        self.products.insert(entry.value.product_id.clone(), next(entry));
    }

    pub(super) fn put_run(&mut self, entry: &Entry<Run>) {
        let run = &entry.value;
        if let Some(Row { value: before, .. }) = self.runs.insert(run.id, next(entry)) {
            take(&mut self.runs_of, &before.customer, &run.id);
            if let Some(due) = before.due_at {
                self.due_runs.remove(&(due, run.id));
            }
            let key = (before.strategy, before.key);
            if self.active.get(&key) == Some(&run.id) {
                self.active.remove(&key);
            }
        }
        put(&mut self.runs_of, run.customer, run.id);
        if let Some(due) = run.due_at {
            self.due_runs.insert((due, run.id));
        }
        if run.is_active() {
            self.active.insert((run.strategy, run.key.clone()), run.id);
        }
    }

    pub(super) fn put_message(&mut self, entry: &Entry<Message>) {
        let message = &entry.value;
        let id = message.id;
        if let Some(Row { value: before, .. }) = self.messages.insert(id, next(entry)) {
            take(&mut self.messages_of, &before.customer, &id);
            take(&mut self.messages_of_run, &before.run, &id);
            self.newest_messages.remove(&(before.created_at, id));
            if let Some(due) = before.due_at {
                self.due_messages.remove(&(due, id));
            }
            if let Some(due) = before.pricing.due_at {
                self.due_prices.remove(&(due, id));
            }
            if let Some(provider_id) = &before.provider_id {
                take(&mut self.by_provider, provider_id, &id);
            }
        }
        put(&mut self.messages_of, message.customer, id);
        put(&mut self.messages_of_run, message.run, id);
        self.newest_messages.insert((message.created_at, id));
        if let Some(due) = message.due_at {
            self.due_messages.insert((due, id));
        }
        if let Some(due) = message.pricing.due_at {
            self.due_prices.insert((due, id));
        }
        if let Some(provider_id) = &message.provider_id {
            put(&mut self.by_provider, provider_id.clone(), id);
        }
    }

    pub(super) fn put_source(&mut self, entry: &Entry<SourceState>) {
        self.sources.insert(entry.value.connection, next(entry));
    }

    /// The books stand with the settings; here is when their providers are asked.
    pub(super) fn put_template_book(&mut self, book: &TemplateBook) {
        match book.due_at {
            Some(due) => self.template_books_due.insert(book.connection, due),
            None => self.template_books_due.remove(&book.connection),
        };
    }

    pub(super) fn put_incident(&mut self, entry: &Entry<Incident>) {
        self.incidents.insert(entry.value.id, next(entry));
    }

    /// The same reply again is already there.
    pub(super) fn add_reply(&mut self, reply: &Reply) {
        self.replies.entry(reply.id).or_insert_with(|| reply.clone());
    }

    /// One that is made again is already there.
    pub(super) fn put_reply_send(&mut self, entry: &Entry<ReplySend>) {
        if entry.revision > 0 || !self.reply_sends.contains_key(&entry.value.id) {
            self.reply_sends.insert(entry.value.id, next(entry));
        }
    }

    pub(super) fn put_test_send(&mut self, entry: &Entry<TestSend>) {
        self.test_sends.insert(entry.value.id, next(entry));
    }

    /// Deletes what is not a row that the batch has changed.
    pub(super) fn erase(&mut self, erased: &Erased) {
        for run in &erased.runs {
            self.traces.remove(run);
        }
        for message in &erased.messages {
            self.inbox.remove(message);
        }
        self.short_links.retain(|_, message| !erased.messages.contains(message));
        if let Some(customer) = erased.customer {
            for name in self.names_of.remove(&customer).unwrap_or_default() {
                self.identities.remove(&name);
            }
            for cart in self.carts_of.remove(&customer).unwrap_or_default() {
                self.carts.remove(&cart);
            }
            let tried = |row: &Row<TestSend>| row.value.customer == Some(customer);
            for id in self.test_sends.values().filter(|row| tried(row)).map(|row| row.value.id) {
                self.inbox.remove(&id);
            }
            self.test_sends.retain(|_, row| !tried(row));
            for id in self.reply_sends.values().filter(|row| row.value.customer == customer).map(|row| row.value.id) {
                self.inbox.remove(&id);
            }
            self.reply_sends.retain(|_, row| row.value.customer != customer);
            self.replies.retain(|_, reply| reply.customer != customer);
        }
        self.events.retain(|(_, sequence), _| !erased.events.contains(sequence));
        for sequence in &erased.events {
            if let Some(received_at) = self.received.remove(sequence) {
                self.pending.remove(&(received_at, *sequence));
            }
        }
        self.asides.retain(|_, kept| {
            let raw = kept.aside.raw.to_string().to_lowercase();
            !erased.traits.iter().any(|text| raw.contains(text))
        });
    }

    /// The earliest instant at which anything is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let run = self.due_runs.first().map(|(due, _)| *due);
        let message = self.due_messages.first().map(|(due, _)| *due);
        let price = self.due_prices.first().map(|(due, _)| *due);
        let sources = self.sources.values().filter_map(|row| row.value.due_at());
        let incidents = self.incidents.values().filter_map(|row| row.value.due_at);
        let books = self.template_books_due.values().copied();
        let sends = self.reply_sends.values().filter_map(|row| row.value.due_at());
        let first = run.into_iter().chain(message).chain(price);
        first.chain(sources).chain(books).chain(incidents).chain(sends).min()
    }

    /// Whatever belonged to the one belongs to the other, with a new revision: who loaded it before must look again.
    pub(super) fn merge(&mut self, gone: CustomerId, heir: CustomerId) {
        for name in self.names_of.get(&gone).cloned().unwrap_or_default() {
            self.name(&name, heir);
        }
        for id in self.carts_of.get(&gone).cloned().unwrap_or_default() {
            if let Some(mut moved) = self.carts.get(&id).map(Row::entry) {
                moved.value.customer = heir;
                self.put_cart(&moved);
            }
        }
        for id in self.orders_of.get(&gone).cloned().unwrap_or_default() {
            if let Some(mut moved) = self.orders.get(&id).map(Row::entry) {
                moved.value.customer = heir;
                self.put_order(&moved);
            }
        }
        for id in self.runs_of.get(&gone).cloned().unwrap_or_default() {
            if let Some(mut moved) = self.runs.get(&id).map(Row::entry) {
                moved.value.customer = heir;
                self.put_run(&moved);
            }
        }
        for id in self.messages_of.get(&gone).cloned().unwrap_or_default() {
            if let Some(mut moved) = self.messages.get(&id).map(Row::entry) {
                moved.value.customer = heir;
                self.put_message(&moved);
            }
        }
        for row in self.test_sends.values_mut().filter(|row| row.value.customer == Some(gone)) {
            row.value.customer = Some(heir);
            row.revision += 1;
        }
        for reply in self.replies.values_mut().filter(|reply| reply.customer == gone) {
            reply.customer = heir;
        }
        for row in self.reply_sends.values_mut().filter(|row| row.value.customer == gone) {
            row.value.customer = heir;
            row.revision += 1;
        }
        for became in self.merged.values_mut().filter(|became| **became == gone) {
            *became = heir;
        }
        self.customers.remove(&gone);
        self.merged.insert(gone, heir);
    }
}

/// A row behind the revision that its entry was loaded at.
fn next<T: Clone>(entry: &Entry<T>) -> Row<T> {
    Row { value: entry.value.clone(), revision: entry.revision + 1 }
}

//! Values as rows: the document, and beside it the few columns that something is found by.

use cartwright_domain::cart::Cart;
use cartwright_domain::contact::AddressKind;
use cartwright_domain::customer::Customer;
use cartwright_domain::facts::Contact;
use cartwright_domain::funnel::{Cell, Figure};
use cartwright_domain::ids::{ConnectionId, CustomerId, KeyId, NoteId, RunId, ShopId, StrategyId, VersionId};
use cartwright_domain::incident::Incident;
use cartwright_domain::message::Message;
use cartwright_domain::order::Order;
use cartwright_domain::plugin::{AuditEntry, PluginRecord};
use cartwright_domain::reply::{Reply, ReplySend};
use cartwright_domain::run::Run;
use cartwright_domain::shop::ConnectionKind;
use cartwright_domain::source::SourceState;
use cartwright_domain::template::TemplateBook;
use cartwright_domain::test_send::TestSend;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{ApiKey, Aside, Changes, KeptAside, KeptReply, Note, NoteKind, StoreError, Wanted};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

use crate::text::{self, from_column};

/// What was made earlier than this before somebody has read it all is not looked at any more.
pub(crate) const SENT_BEFORE: Span = Span::days(30);

/// Owner, revision and document: what every ledger row gives back.
pub(crate) type OwnedRow = (Uuid, i64, String);

/// A value as JSON.
pub(crate) fn write<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Failed(format!("{} cannot be written: {error}", name_of::<T>())))
}

/// A value from its JSON. The error names the place and never the text, which may be personal.
pub(crate) fn read<T: DeserializeOwned>(document: &str) -> Result<T, StoreError> {
    serde_json::from_str(document).map_err(|error| {
        let (name, column) = (name_of::<T>(), error.column());
        StoreError::Failed(format!("a stored {name} cannot be read at column {column}: {:?}", error.classify()))
    })
}

fn name_of<T>() -> &'static str {
    std::any::type_name::<T>().rsplit("::").next().unwrap_or_default().trim_end_matches('>')
}

/// A value that belongs to a customer. The column says to whom, whatever the document says: merging moves rows by it.
pub(crate) trait Owned: DeserializeOwned {
    /// Says whose it is.
    fn set_owner(&mut self, owner: CustomerId);

    /// From a row.
    fn from_row((owner, revision, document): OwnedRow) -> Result<Entry<Self>, StoreError> {
        let mut value: Self = read(&document)?;
        value.set_owner(CustomerId(owner));
        Ok(Entry::loaded(value, revision.cast_unsigned()))
    }

    /// All of them.
    fn from_rows(rows: Vec<OwnedRow>) -> Result<Vec<Entry<Self>>, StoreError> {
        rows.into_iter().map(Self::from_row).collect()
    }
}

/// Messages that were handed over since then, oldest first.
pub(crate) fn contacts(rows: Vec<OwnedRow>, since: Timestamp) -> Result<Vec<(CustomerId, Contact)>, StoreError> {
    let messages = Message::from_rows(rows)?;
    let contact = |entry: &Entry<Message>| Some((entry.value.customer, Contact::of(&entry.value)?));
    let mut contacts: Vec<_> = messages.iter().filter_map(contact).filter(|(_, contact)| contact.at >= since).collect();
    contacts.sort_by_key(|(_, contact)| contact.at);
    Ok(contacts)
}

impl Owned for Customer {
    fn set_owner(&mut self, owner: CustomerId) {
        self.id = owner;
    }
}

impl Owned for Cart {
    fn set_owner(&mut self, owner: CustomerId) {
        self.customer = owner;
    }
}

impl Owned for Order {
    fn set_owner(&mut self, owner: CustomerId) {
        self.customer = owner;
    }
}

impl Owned for Run {
    fn set_owner(&mut self, owner: CustomerId) {
        self.customer = owner;
    }
}

impl Owned for Message {
    fn set_owner(&mut self, owner: CustomerId) {
        self.customer = owner;
    }
}

/// A figure with its cell: day, strategy, version, step, channel, content, figure, sum.
pub(crate) type FigureRow = (String, Uuid, Uuid, String, String, String, String, i64);

/// The cells of figures; those of a later version of Cartwright are left out.
pub(crate) fn cells(found: Vec<FigureRow>) -> Result<Vec<(Cell, i64)>, StoreError> {
    let cell = |(day, strategy, version, step, channel, content, figure, sum): FigureRow| {
        let day = day.parse().map_err(|error| StoreError::Failed(format!("a stored figure has no day: {error}")));
        let figure = Figure::named(&figure)?;
        let (strategy, version) = (StrategyId(strategy), VersionId(version));
        let (step, channel, content) = (from_column(step), from_column(channel), from_column(content));
        Some(day.map(|day| (Cell { day, strategy, version, step, channel, content, figure }, sum)))
    };
    found.into_iter().filter_map(cell).collect()
}

/// Those that are new, and those that change.
pub(crate) fn new_and_changed<T>(entries: &[Entry<T>]) -> (Vec<&Entry<T>>, Vec<&Entry<T>>) {
    entries.iter().partition(|entry| entry.revision == 0)
}

/// The products that a batch needs: those asked for, and those in the carts it has.
pub(crate) fn products_of(wanted: &Wanted, carts: &[Entry<Cart>]) -> Vec<String> {
    let lines =
        carts.iter().flat_map(|cart| [&cart.value.cart, &cart.value.checkout]).flatten().flat_map(|side| &side.lines);
    let mut products: Vec<String> =
        lines.filter_map(|line| line.product_id.clone()).chain(wanted.products.clone()).collect();
    products.sort_unstable();
    products.dedup();
    products
}

/// The customers that a batch has read, as far as it says so.
pub(crate) fn known_customers(changes: &Changes) -> impl Iterator<Item = Uuid> {
    let changed = changes.customers.iter().map(|entry| entry.value.id.0);
    let unchanged = changes.unchanged.iter().map(|(customer, _)| customer.0);
    changed.chain(unchanged).chain(changes.merged.iter().map(|(gone, _)| gone.0))
}

/// A version from its row. Before the fifth migration its document did not say at which stage it stands.
pub(crate) fn plugin(stage: &str, document: &str) -> Result<PluginRecord, StoreError> {
    let mut document: Value = read(document)?;
    if let Some(fields) = document.as_object_mut() {
        fields.entry("stage").or_insert_with(|| stage.into());
    }
    serde_json::from_value(document)
        .map_err(|error| StoreError::Failed(format!("a stored PluginRecord cannot be read: {error}")))
}

/// What is known of a source, from its row.
pub(crate) fn source_state((revision, document): (i64, String)) -> Result<Entry<SourceState>, StoreError> {
    Ok(Entry::loaded(read(&document)?, revision.cast_unsigned()))
}

/// What is known of a channel's templates, from its row.
pub(crate) fn template_book((revision, document): (i64, String)) -> Result<Entry<TemplateBook>, StoreError> {
    Ok(Entry::loaded(read(&document)?, revision.cast_unsigned()))
}

/// When it closed, revision and document of an incident.
pub(crate) type IncidentRow = (Option<i64>, i64, String);

/// An incident, from its row. The column says whether it is over, whatever the document says: batches close it by that.
pub(crate) fn incident((closed_at, revision, document): IncidentRow) -> Result<Entry<Incident>, StoreError> {
    let mut incident: Incident = read(&document)?;
    incident.closed_at = closed_at.map(Timestamp::from_millis);
    Ok(Entry::loaded(incident, revision.cast_unsigned()))
}

/// A test send, from whose data it is made of, its revision and its document. The column says whose, whatever the
/// document says: merging moves rows by it.
pub(crate) fn test_send(
    (customer, revision, document): (Option<Uuid>, i64, String),
) -> Result<Entry<TestSend>, StoreError> {
    let mut test: TestSend = read(&document)?;
    test.customer = customer.map(CustomerId);
    Ok(Entry::loaded(test, revision.cast_unsigned()))
}

/// Whose it is, whether it waits for an answer, and the document of a reply.
pub(crate) type ReplyRow = (Uuid, bool, String);

/// A reply, from its row. The column says whose, whatever the document says: merging moves rows by it.
pub(crate) fn reply((customer, waits, document): ReplyRow) -> Result<KeptReply, StoreError> {
    let mut reply: Reply = read(&document)?;
    reply.customer = CustomerId(customer);
    Ok(KeptReply { reply, waits })
}

/// Whose it is, revision and document of an answer or notice.
pub(crate) type SendRow = (Uuid, i64, String);

/// An answer or notice, from its row; the column says whose.
pub(crate) fn reply_send((customer, revision, document): SendRow) -> Result<Entry<ReplySend>, StoreError> {
    let mut send: ReplySend = read(&document)?;
    send.customer = CustomerId(customer);
    Ok(Entry::loaded(send, revision.cast_unsigned()))
}

/// The word of a kind of address in a column.
pub(crate) fn address_kind(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Phone => "phone",
        AddressKind::Email => "email",
        AddressKind::Handle => "handle",
    }
}

/// A key or hash, from its column.
pub(crate) fn key_of(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Failed("a stored key has not 32 bytes".to_owned()))
}

/// Lines of the audit as notes.
pub(crate) fn audit(entries: &[AuditEntry]) -> Result<Vec<Note>, StoreError> {
    let note = |entry: &AuditEntry| {
        let document = serde_json::to_value(entry)
            .map_err(|error| StoreError::Failed(format!("AuditEntry cannot be written: {error}")))?;
        Ok(Note {
            kind: NoteKind::Audit,
            subject: entry.plugin.clone(),
            id: entry.id,
            at: entry.at,
            run: None,
            document,
        })
    };
    entries.iter().map(note).collect()
}

/// Id, moment, run and document of a note.
pub(crate) type NoteRow = (Uuid, i64, Option<Uuid>, String);

/// A note from its row.
pub(crate) fn note(kind: NoteKind, subject: &str, (id, at, run, document): NoteRow) -> Result<Note, StoreError> {
    Ok(Note {
        kind,
        subject: subject.to_owned(),
        id: NoteId(id),
        at: Timestamp::from_millis(at),
        run: run.map(RunId),
        document: read(&document)?,
    })
}

/// Notes without those that go with whoever was erased meanwhile.
pub(crate) fn not_erased(notes: &[Note], erased_at: Option<i64>) -> Vec<&Note> {
    let is_gone =
        |note: &Note| note.kind.goes_with_anybody() && erased_at.is_some_and(|erased_at| note.at.millis() <= erased_at);
    notes.iter().filter(|note| !is_gone(note)).collect()
}

/// What notes are about, each once, with the newest moment.
pub(crate) fn subjects<'n>(notes: &[&'n Note]) -> Vec<(NoteKind, &'n str, Timestamp)> {
    let mut subjects: BTreeMap<(NoteKind, &str), Timestamp> = BTreeMap::new();
    for note in notes {
        let newest = subjects.entry((note.kind, &note.subject)).or_insert(note.at);
        *newest = note.at.max(*newest);
    }
    subjects.into_iter().map(|((kind, subject), newest)| (kind, subject, newest)).collect()
}

/// Hash, id, shop, label and making of a key.
pub(crate) type KeyRow = (Vec<u8>, Uuid, Option<Uuid>, String, i64);

/// A key from its row.
pub(crate) fn key((hash, id, shop, label, created_at): KeyRow) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: KeyId(id),
        shop: shop.map(ShopId),
        label: text::from_column(label),
        hash: hash.try_into().map_err(|_| StoreError::Failed("the hash of a stored key has not 32 bytes".into()))?,
        created_at: Timestamp::from_millis(created_at),
    })
}

/// The word for a kind of connection.
pub(crate) fn kind_name(kind: ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::Channel => "channel",
        ConnectionKind::Source => "source",
    }
}

/// A number that counts revisions, as the domain has it: PostgreSQL has no unsigned numbers.
pub(crate) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Number, connection, arrival, reason, delivery and taking of a delivery that was put aside.
pub(crate) type AsideRow = (i64, Option<Uuid>, i64, String, String, Option<i64>);

/// A delivery that was put aside, from its row.
pub(crate) fn aside(
    shop: ShopId,
    (number, connection, received_at, reason, raw, taken_at): AsideRow,
) -> Result<KeptAside, StoreError> {
    let aside = Aside {
        shop,
        connection: connection.map(ConnectionId),
        received_at: Timestamp::from_millis(received_at),
        reason: text::from_column(reason),
        raw: read(&raw)?,
    };
    Ok(KeptAside { number, aside, taken_at: taken_at.map(Timestamp::from_millis) })
}

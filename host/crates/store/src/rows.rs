//! Values as rows: the document, and beside it the few columns that something is found by.

use cartwright_domain::cart::Cart;
use cartwright_domain::customer::Customer;
use cartwright_domain::facts::Contact;
use cartwright_domain::ids::{CustomerId, KeyId, ShopId};
use cartwright_domain::message::Message;
use cartwright_domain::order::Order;
use cartwright_domain::plugin::PluginRecord;
use cartwright_domain::run::Run;
use cartwright_domain::shop::ConnectionKind;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{ApiKey, Changes, StoreError, Wanted};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::text;

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

/// The record to store when a plugin is saved: what is installed already keeps all but its grants, its activity and
/// who signed it.
pub(crate) fn installed_as(installed: Option<PluginRecord>, plugin: &PluginRecord) -> PluginRecord {
    match installed {
        Some(installed) => PluginRecord {
            grants: plugin.grants.clone(),
            active: plugin.active,
            signed_by: plugin.signed_by.clone(),
            distrust: plugin.distrust.clone(),
            ..installed
        },
        None => plugin.clone(),
    }
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

//! What a batch works on.

use std::collections::BTreeSet;

use cartwright_domain::facts::Contact;
use cartwright_domain::ids::{CustomerId, MessageId, RunId};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Slice, Wanted};

use super::tables::{Row, Tables};
use crate::rows::products_of;

pub(super) fn load(tables: &Tables, wanted: &Wanted) -> Slice {
    let messages = asked_messages(tables, wanted);
    let customers = meant_customers(tables, wanted, &messages);
    let runs = meant_runs(tables, wanted, &messages, &customers);
    let of = |customer: &CustomerId| customers.contains(customer);
    let carts: Vec<Entry<_>> = customers
        .iter()
        .filter_map(|customer| tables.carts_of.get(customer))
        .flatten()
        .filter_map(|id| tables.carts.get(id))
        .filter(|row| row.value.is_open())
        .map(Row::entry)
        .collect();
    let mut slice = Slice {
        customers: customers.iter().filter_map(|id| tables.customers.get(id)).map(Row::entry).collect(),
        identities: customers
            .iter()
            .flat_map(|customer| tables.names_of.get(customer).into_iter().flatten().map(move |name| (name, customer)))
            .map(|(name, customer)| (name.clone(), *customer))
            .collect(),
        orders: customers
            .iter()
            .filter_map(|customer| tables.orders_of.get(customer))
            .flatten()
            .filter_map(|id| tables.orders.get(id))
            .map(Row::entry)
            .collect(),
        products: products_of(wanted, &carts).iter().filter_map(|id| tables.products.get(id)).map(Row::entry).collect(),
        runs: runs.iter().filter_map(|id| tables.runs.get(id)).map(Row::entry).collect(),
        messages: runs
            .iter()
            .filter_map(|run| tables.messages_of_run.get(run))
            .flatten()
            .filter_map(|id| tables.messages.get(id))
            .map(Row::entry)
            .collect(),
        contacts: Vec::new(),
        carts,
    };
    slice.carts.sort_by_key(|entry| entry.value.id);
    slice.orders.sort_by(|one, other| one.value.order_id.cmp(&other.value.order_id));
    slice.messages.sort_by_key(|entry| entry.value.id);
    slice
        .identities
        .sort_by(|(one, _), (other, _)| (one.kind.name(), &one.value).cmp(&(other.kind.name(), &other.value)));
    if let Some(since) = wanted.contacts_since {
        let handed_over = tables.messages_of.iter().filter(|(customer, _)| of(customer)).flat_map(|(_, ids)| ids);
        let contact = |id: &MessageId| {
            let message = &tables.messages.get(id)?.value;
            Some((message.customer, Contact::of(message).filter(|contact| contact.at >= since)?))
        };
        slice.contacts = handed_over.filter_map(contact).collect();
        slice.contacts.sort_by_key(|(_, contact)| contact.at);
    }
    slice
}

/// The messages that are asked for by their own id or the provider's.
fn asked_messages(tables: &Tables, wanted: &Wanted) -> BTreeSet<MessageId> {
    let by_provider = wanted.provider_ids.iter().filter_map(|id| tables.by_provider.get(id)).flatten();
    wanted.messages.iter().chain(by_provider).copied().filter(|id| tables.messages.contains_key(id)).collect()
}

fn meant_customers(tables: &Tables, wanted: &Wanted, messages: &BTreeSet<MessageId>) -> BTreeSet<CustomerId> {
    let named = wanted.identities.iter().filter_map(|name| tables.identities.get(name).copied());
    let asked = wanted.customers.iter().map(|customer| tables.heir(*customer));
    let of_runs = wanted.runs.iter().filter_map(|run| tables.runs.get(run)).map(|row| row.value.customer);
    let of_messages = messages.iter().filter_map(|id| tables.messages.get(id)).map(|row| row.value.customer);
    let of_orders = wanted.orders.iter().filter_map(|id| tables.orders.get(id)).map(|row| row.value.customer);
    named.chain(asked).chain(of_runs).chain(of_messages).chain(of_orders).collect()
}

/// The active runs of the customers, and those that are asked for by themselves or by one of their messages.
fn meant_runs(
    tables: &Tables,
    wanted: &Wanted,
    messages: &BTreeSet<MessageId>,
    customers: &BTreeSet<CustomerId>,
) -> BTreeSet<RunId> {
    let active = customers
        .iter()
        .filter_map(|customer| tables.runs_of.get(customer))
        .flatten()
        .filter(|run| tables.runs.get(run).is_some_and(|row| row.value.is_active()));
    let of_messages = messages.iter().filter_map(|id| tables.messages.get(id)).map(|row| row.value.run);
    active.chain(&wanted.runs).copied().chain(of_messages).collect()
}

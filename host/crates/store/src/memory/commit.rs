//! A batch, committed as a whole or not at all: everything is checked before anything is changed.

use std::collections::{BTreeMap, BTreeSet};

use cartwright_domain::event::Event;
use cartwright_domain::identity::concerned;
use cartwright_domain::ids::{CustomerId, RunId, ShopId};
use cartwright_domain::reply::ReplySend;
use cartwright_domain::world::{Entry, Identity};
use cartwright_engine::ports::{Changes, Committed, Ledger, Settings, StoreError};

use super::MemoryStore;
use super::journal::accept;
use super::tables::{Row, Tables};
use crate::rows::known_customers;

pub(super) async fn commit(store: &MemoryStore, shop: ShopId, changes: &Changes) -> Result<Committed, StoreError> {
    let _turn = store.commits.lock().await;
    if changes.fence.is_some() {
        store.settings.commit(shop, &Changes { fence: changes.fence, ..Changes::default() }).await?;
    }
    check_connections(store, shop, changes).await?;
    store.read(shop, |tables| check(tables, changes))?;
    if !changes.connections.is_empty() || !changes.templates.is_empty() {
        let (connections, templates) = (changes.connections.clone(), changes.templates.clone());
        let of_settings = Changes { connections, templates, ..Changes::default() };
        store.settings.commit(shop, &of_settings).await?;
        store.forget_known();
    }
    if changes.erased.is_some() {
        // What plugins wrote down, and the hashes, lie beside.
        store.settings.commit(shop, &Changes { erased: changes.erased.clone(), ..Changes::default() }).await?;
    }
    let mut state = store.state();
    if let Some(erased) = &changes.erased {
        state.shops.entry(shop).or_default().erase(erased);
    }
    write(state.shops.entry(shop).or_default(), changes);
    super::incidents::sound(state.shops.entry(shop).or_default(), shop, &changes.alarms);
    let arrived = changes.arrivals.iter().map(|arrival| accept(&mut state, arrival)).collect();
    if changes.hand_overs == 0 {
        return Ok(Committed { first_hand_over: 0, arrived });
    }
    let first_hand_over = state.hand_overs + 1;
    state.hand_overs += u64::from(changes.hand_overs);
    Ok(Committed { first_hand_over, arrived })
}

/// Nothing is written down of a source that is gone.
async fn check_connections(store: &MemoryStore, shop: ShopId, changes: &Changes) -> Result<(), StoreError> {
    for source in &changes.sources {
        let known = store.settings.connection(source.value.connection).await?;
        if known.is_none_or(|(owner, _)| owner != shop) {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

/// Whether everything that the batch builds on still stands.
fn check(tables: &Tables, changes: &Changes) -> Result<(), StoreError> {
    let stands = |customer: &CustomerId, revision: u64| {
        tables.customers.get(customer).is_some_and(|row| row.revision == revision)
    };
    let applied: BTreeSet<i64> = changes.applied.iter().copied().collect();
    let holds = changes.unchanged.iter().all(|(customer, revision)| stands(customer, *revision))
        && applied.len() == changes.applied.len()
        && applied.iter().all(|sequence| tables.received.contains_key(sequence))
        && !changes.addressed.as_ref().is_some_and(|addressed| urgent_event_waits(tables, &applied, addressed))
        && rows_stand(&tables.customers, &changes.customers, |customer| customer.id)
        && rows_stand(&tables.carts, &changes.carts, |cart| cart.id)
        && rows_stand(&tables.orders, &changes.orders, |order| order.order_id.clone())
        && rows_stand(&tables.products, &changes.products, |product| product.product_id.clone())
        && rows_stand(&tables.runs, &changes.runs, |run| run.id)
        && rows_stand(&tables.sources, &changes.sources, |source| source.connection)
        && rows_stand(&tables.messages, &changes.messages, |message| message.id)
        && rows_stand(&tables.incidents, &changes.incidents, |incident| incident.id)
        && sends_stand(tables, &changes.reply_sends)
        && rows_stand(&tables.test_sends, &changes.test_sends, |test| test.id)
        && names_are_free(tables, changes)
        && keys_are_free(tables, changes)
        && owners_are_there(tables, changes)
        && changes.merged.iter().all(|(gone, _)| !tables.merged.contains_key(gone));
    if holds { Ok(()) } else { Err(StoreError::Conflict) }
}

/// S08: an order that was accepted before a hand-over wins, even if it is not applied yet.
fn urgent_event_waits(tables: &Tables, applied: &BTreeSet<i64>, addressed: &[Identity]) -> bool {
    let names_one =
        |event: &Event| concerned(event).is_none_or(|names| names.iter().any(|name| addressed.contains(name)));
    let waits = tables.pending.iter().filter(|((_, sequence), pending)| pending.urgent && !applied.contains(sequence));
    waits.map(|(_, pending)| &pending.event.event).any(names_one)
}

/// Each row is new, or stands at the revision that it was loaded at.
fn rows_stand<K: Ord, T>(table: &BTreeMap<K, Row<T>>, entries: &[Entry<T>], key: impl Fn(&T) -> K) -> bool {
    let keys: BTreeSet<K> = entries.iter().map(|entry| key(&entry.value)).collect();
    keys.len() == entries.len()
        && entries.iter().all(|entry| table.get(&key(&entry.value)).map_or(0, |row| row.revision) == entry.revision)
}

/// One that is made again changes nothing; any other stands at the revision that it was loaded at.
fn sends_stand(tables: &Tables, sends: &[Entry<ReplySend>]) -> bool {
    let mut changed = sends.iter().filter(|entry| entry.revision > 0);
    changed.all(|entry| tables.reply_sends.get(&entry.value.id).is_some_and(|row| row.revision == entry.revision))
}

/// Names are given freely, but taken only from customers that this batch has read (S10).
fn names_are_free(tables: &Tables, changes: &Changes) -> bool {
    let read: BTreeSet<CustomerId> = known_customers(changes).map(CustomerId).collect();
    changes
        .identities
        .iter()
        .all(|(name, owner)| tables.identities.get(name).is_none_or(|known| known == owner || read.contains(known)))
}

/// S07: never two active runs of a strategy for one key. One that ends in the batch gives its key free.
fn keys_are_free(tables: &Tables, changes: &Changes) -> bool {
    let written: BTreeSet<RunId> = changes.runs.iter().map(|entry| entry.value.id).collect();
    let mut taken = BTreeSet::new();
    changes.runs.iter().map(|entry| &entry.value).filter(|run| run.is_active()).all(|run| {
        let holder = tables.active.get(&(run.strategy, run.key.clone()));
        holder.is_none_or(|holder| written.contains(holder)) && taken.insert((run.strategy, run.key.clone()))
    })
}

/// Nothing is written for a customer, or a run, who is not there.
fn owners_are_there(tables: &Tables, changes: &Changes) -> bool {
    let new: BTreeSet<CustomerId> = changes.customers.iter().map(|entry| entry.value.id).collect();
    let is_there = |customer: CustomerId| new.contains(&customer) || tables.customers.contains_key(&customer);
    let runs: BTreeSet<RunId> = changes.runs.iter().map(|entry| entry.value.id).collect();
    let of_run = |run: RunId| runs.contains(&run) || tables.runs.contains_key(&run);
    changes.identities.iter().all(|(_, owner)| is_there(*owner))
        && changes.carts.iter().all(|entry| is_there(entry.value.customer))
        && changes.orders.iter().all(|entry| is_there(entry.value.customer))
        && changes.runs.iter().all(|entry| is_there(entry.value.customer))
        && changes.messages.iter().all(|entry| is_there(entry.value.customer) && of_run(entry.value.run))
}

fn write(tables: &mut Tables, changes: &Changes) {
    for sequence in &changes.applied {
        if let Some(received_at) = tables.received.remove(sequence) {
            let applied = tables.pending.remove(&(received_at, *sequence));
            tables.events.extend(applied.map(|pending| ((received_at, *sequence), pending.event)));
        }
    }
    changes.customers.iter().for_each(|entry| tables.put_customer(entry));
    changes.identities.iter().for_each(|(name, owner)| tables.name(name, *owner));
    changes.carts.iter().for_each(|entry| tables.put_cart(entry));
    changes.orders.iter().for_each(|entry| tables.put_order(entry));
    changes.products.iter().for_each(|entry| tables.put_product(entry));
    // Those that end come first, so that another may take their place.
    let (going, ending): (Vec<_>, Vec<_>) = changes.runs.iter().partition(|entry| entry.value.is_active());
    ending.into_iter().chain(going).for_each(|entry| tables.put_run(entry));
    changes.messages.iter().for_each(|entry| tables.put_message(entry));
    changes.replies.iter().for_each(|reply| tables.add_reply(reply));
    changes.reply_sends.iter().for_each(|entry| tables.put_reply_send(entry));
    changes.sources.iter().for_each(|entry| tables.put_source(entry));
    changes.templates.iter().for_each(|entry| tables.put_template_book(&entry.value));
    changes.incidents.iter().for_each(|entry| tables.put_incident(entry));
    changes.test_sends.iter().for_each(|entry| tables.put_test_send(entry));
    for (gone, heir) in &changes.merged {
        tables.merge(*gone, *heir);
    }
    for (run, entry) in &changes.traces {
        tables.traces.entry(*run).or_default().push(entry.clone());
    }
    for (cell, by) in &changes.figures {
        *tables.figures.entry(cell.clone()).or_default() += by;
    }
    for entry in &changes.inbox {
        tables.inbox.entry(entry.message).or_insert_with(|| entry.clone());
    }
    for (token, message) in &changes.short_links {
        tables.short_links.entry(token.clone()).or_insert(*message);
    }
}

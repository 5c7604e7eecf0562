//! From storage to a [`World`] and back: one load, one commit.

use cartwright_domain::alert::last_words;
use cartwright_domain::facts::Contact;
use cartwright_domain::funnel;
use cartwright_domain::ids::{CustomerId, VersionId};
use cartwright_domain::world::{Entry, World};
use std::collections::BTreeMap;

use crate::Engine;
use crate::ports::{Changes, StoreError, Wanted};
use crate::settings::ShopSettings;

impl Engine {
    /// Loads what a batch works on.
    pub(crate) async fn load_world(&self, settings: &ShopSettings, wanted: &Wanted) -> Result<World, StoreError> {
        let slice = self.store.load(settings.shop.id, wanted).await?;
        let mut world = World::new(settings.shop.clone(), settings.strategies.clone());
        let of_runs = slice.runs.iter().map(|entry| entry.value.version);
        let of_messages = slice.messages.iter().filter_map(|entry| entry.value.version);
        let pinned: Vec<VersionId> = of_runs.chain(of_messages).collect();
        world.versions.extend(self.versions_at(settings.shop.id, settings.revision, &pinned).await?);
        world.connections = settings.channels.clone();
        world.sources = settings.sources.clone();
        world.rehearsed_silence = self.silent_in_rehearsal();
        world.customers = keyed(slice.customers, |customer| customer.id);
        world.identities = slice.identities.into_iter().collect();
        world.carts = keyed(slice.carts, |cart| cart.id);
        world.orders = keyed(slice.orders, |order| order.order_id.clone());
        world.products = keyed(slice.products, |product| product.product_id.clone());
        world.runs = keyed(slice.runs, |run| run.id);
        world.messages = keyed(slice.messages, |message| message.id);
        let mut contacts: BTreeMap<CustomerId, Vec<Contact>> = BTreeMap::new();
        for (customer, contact) in slice.contacts {
            contacts.entry(customer).or_default().push(contact);
        }
        world.contacts = contacts.into_iter().map(|(customer, all)| (customer, all.into())).collect();
        Ok(world)
    }
}

fn keyed<T, K: Ord>(entries: Vec<Entry<T>>, key: impl Fn(&T) -> K) -> BTreeMap<K, Entry<T>> {
    entries.into_iter().map(|entry| (key(&entry.value), entry)).collect()
}

/// What a world has changed.
pub(crate) fn changes_of(mut world: World) -> Changes {
    fn changed<K, T>(entries: BTreeMap<K, Entry<T>>) -> Vec<Entry<T>> {
        entries.into_values().filter(|entry| entry.changed).collect()
    }
    let figures = funnel::count(&mut world);
    let identities = &world.identities;
    Changes {
        // Whoever was only read must still be as they were read; and names are taken only from those the batch lists.
        unchanged: world
            .customers
            .iter()
            .filter(|(_, entry)| !entry.changed && entry.revision > 0)
            .map(|(id, entry)| (*id, entry.revision))
            .chain(world.gone)
            .collect(),
        identities: world.named.iter().filter_map(|name| Some((name.clone(), *identities.get(name)?))).collect(),
        customers: changed(world.customers),
        merged: world.merged,
        carts: changed(world.carts),
        orders: changed(world.orders),
        products: changed(world.products),
        runs: changed(world.runs),
        messages: changed(world.messages),
        connections: changed(world.connections).into_iter().chain(changed(world.sources)).collect(),
        traces: world.traces,
        figures,
        alarms: last_words(world.alarms),
        ..Changes::default()
    }
}

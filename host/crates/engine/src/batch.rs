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
        world.templates = settings.templates.clone();
        world.sources = settings.sources.clone();
        world.rehearsed_silence = self.silent_in_rehearsal();
        world.customers = keyed(slice.customers, |customer| customer.id).collect();
        world.identities = slice.identities.into_iter().collect();
        world.carts = keyed(slice.carts, |cart| cart.id).collect();
        world.orders = keyed(slice.orders, |order| order.order_id.clone()).collect();
        world.products = keyed(slice.products, |product| product.product_id.clone()).collect();
        world.runs = keyed(slice.runs, |run| run.id).collect();
        world.messages = keyed(slice.messages, |message| message.id).collect();
        let mut contacts: BTreeMap<CustomerId, Vec<Contact>> = BTreeMap::new();
        for (customer, contact) in slice.contacts {
            contacts.entry(customer).or_default().push(contact);
        }
        world.contacts = contacts.into_iter().map(|(customer, all)| (customer, all.into())).collect();
        Ok(world)
    }
}

fn keyed<T, K>(entries: Vec<Entry<T>>, key: impl Fn(&T) -> K) -> impl Iterator<Item = (K, Entry<T>)> {
    entries.into_iter().map(move |entry| (key(&entry.value), entry))
}

/// What a world has changed, and the world as it stands once that is committed.
pub(crate) fn changes_and_rest(mut world: World) -> (Changes, World) {
    let figures = funnel::count(&mut world);
    let rest = world.clone().committed();
    (Changes { figures, ..changes_of(world) }, rest)
}

/// What a world has changed.
pub(crate) fn changes_of(mut world: World) -> Changes {
    fn changed<T>(entries: impl Iterator<Item = Entry<T>>) -> Vec<Entry<T>> {
        entries.filter(|entry| entry.changed).collect()
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
        customers: changed(world.customers.into_values()),
        merged: world.merged,
        carts: changed(world.carts.into_values()),
        orders: changed(world.orders.into_values()),
        products: changed(world.products.into_values()),
        runs: changed(world.runs.into_values()),
        messages: changed(world.messages.into_values()),
        connections: changed(world.connections.into_values().chain(world.sources.into_values())),
        replies: world.replies,
        reply_sends: changed(world.reply_sends.into_values()),
        traces: world.traces,
        figures,
        alarms: last_words(world.alarms),
        ..Changes::default()
    }
}

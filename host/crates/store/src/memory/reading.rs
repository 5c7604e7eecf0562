//! What the API shows, page by page.

use async_trait::async_trait;
use cartwright_domain::customer::Customer;
use cartwright_domain::funnel::Cell;
use cartwright_domain::ids::{CustomerId, MessageId, RunId, ShopId, StrategyId};
use cartwright_domain::message::Message;
use cartwright_domain::run::Run;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::world::IdentityKind;
use cartwright_engine::ports::{
    CustomerSearch, FigureFilter, InboxEntry, MessageFilter, Page, PageRequest, Reading, RunFilter, StoreError,
};

use super::MemoryStore;
use super::tables::{Row, Tables};
use crate::page;

#[async_trait]
impl Reading for MemoryStore {
    async fn customers(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Customer>, StoreError> {
        Ok(self.read(shop, |tables| {
            let newest = tables.customers.range(..CustomerId(page::before_id(page))).rev();
            let listed = newest.take(page::rows(page) as usize);
            page::page(listed.map(|(id, row)| (id.to_string(), row.value.clone())).collect(), page)
        }))
    }

    async fn find_customers(
        &self,
        shop: ShopId,
        search: &CustomerSearch,
        page: &PageRequest,
    ) -> Result<Page<Customer>, StoreError> {
        Ok(self.read(shop, |tables| find_customers(tables, search, page)))
    }

    async fn customer(&self, shop: ShopId, customer: CustomerId) -> Result<Option<Customer>, StoreError> {
        Ok(self.read(shop, |tables| tables.customers.get(&tables.heir(customer)).map(|row| row.value.clone())))
    }

    async fn runs(&self, shop: ShopId, filter: &RunFilter, page: &PageRequest) -> Result<Page<Run>, StoreError> {
        Ok(self.read(shop, |tables| {
            let customer = filter.customer.map(|customer| tables.heir(customer));
            let newest = tables.runs.range(..RunId(page::before_id(page))).rev().map(|(_, row)| &row.value);
            let listed = newest
                .filter(|run| filter.strategy.is_none_or(|strategy| run.strategy == strategy))
                .filter(|run| customer.is_none_or(|customer| run.customer == customer))
                .filter(|run| !filter.active_only || run.is_active())
                .filter(|run| filter.version.is_none_or(|version| run.version == version))
                .filter(|run| filter.step.as_deref().is_none_or(|step| run.step() == Some(step)))
                .filter(|run| filter.end.is_none() || run.end_reason() == filter.end)
                .filter(|run| filter.from.is_none_or(|from| run.id.0 >= page::first_id(from)))
                .filter(|run| filter.until.is_none_or(|until| run.id.0 < page::first_id(until)))
                .take(page::rows(page) as usize);
            page::page(listed.map(|run| (run.id.to_string(), run.clone())).collect(), page)
        }))
    }

    async fn run(&self, shop: ShopId, run: RunId) -> Result<Option<Run>, StoreError> {
        Ok(self.read(shop, |tables| tables.runs.get(&run).map(|row| row.value.clone())))
    }

    async fn running(
        &self,
        shop: ShopId,
        strategies: &[StrategyId],
        most: u32,
    ) -> Result<Vec<(StrategyId, u64)>, StoreError> {
        Ok(self.read(shop, |tables| {
            let count = |strategy: &StrategyId| {
                let active = tables.active.keys().filter(|(of, _)| of == strategy);
                (*strategy, active.take(most as usize).count() as u64)
            };
            strategies.iter().map(count).collect()
        }))
    }

    async fn trace(&self, shop: ShopId, run: RunId) -> Result<Vec<TraceEntry>, StoreError> {
        Ok(self.read(shop, |tables| tables.traces.get(&run).cloned().unwrap_or_default()))
    }

    async fn messages(
        &self,
        shop: ShopId,
        filter: &MessageFilter,
        page: &PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        Ok(self.read(shop, |tables| messages(tables, filter, page)))
    }

    async fn message(&self, shop: ShopId, message: MessageId) -> Result<Option<Message>, StoreError> {
        Ok(self.read(shop, |tables| tables.messages.get(&message).map(|row| row.value.clone())))
    }

    async fn message_figures(&self, shop: ShopId, filter: &FigureFilter) -> Result<Vec<(Cell, i64)>, StoreError> {
        let asked = |(cell, sum): &(&Cell, &i64)| {
            (filter.from..=filter.to).contains(&cell.day)
                && filter.strategy.is_none_or(|strategy| cell.strategy == strategy)
                && **sum != 0
        };
        Ok(self.read(shop, |tables| {
            let cells = tables.figures.iter().filter(asked);
            let mut cells: Vec<(Cell, i64)> = cells.map(|(cell, sum)| (cell.clone(), *sum)).collect();
            // In the order of the databases, which sort figures by their names.
            cells.sort_by_cached_key(|(cell, _)| {
                let Cell { day, strategy, version, step, channel, content, figure } = cell.clone();
                (day, strategy, version, step, channel, content, figure.to_string())
            });
            cells
        }))
    }

    async fn inbox(&self, shop: ShopId, page: &PageRequest) -> Result<Page<InboxEntry>, StoreError> {
        let (at, id) = page::before_moment(page);
        Ok(self.read(shop, |tables| {
            let mut entries: Vec<&InboxEntry> = tables.inbox.values().collect();
            entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.message)));
            let listed = entries
                .into_iter()
                .filter(|entry| (entry.at.millis(), entry.message.0) < (at, id))
                .take(page::rows(page) as usize);
            let cursor = |entry: &InboxEntry| page::moment_cursor(entry.at.millis(), entry.message.0);
            page::page(listed.map(|entry| (cursor(entry), entry.clone())).collect(), page)
        }))
    }

    async fn sizes(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut sizes = self.settings.sizes().await?;
        let state = self.state();
        let rows = |count: &dyn Fn(&Tables) -> usize| state.shops.values().map(count).sum::<usize>() as u64;
        for (name, size) in &mut sizes {
            let counted = match name.as_str() {
                "asides" => rows(&|tables| tables.asides.len()),
                "carts" => rows(&|tables| tables.carts.len()),
                "counts" => rows(&|tables| tables.counts.len()),
                "customers" => rows(&|tables| tables.customers.len()),
                "events" => rows(&|tables| tables.events.len()),
                "event_ids" => rows(&|tables| tables.event_ids.len()),
                "identities" => rows(&|tables| tables.identities.len()),
                "incidents" => rows(&|tables| tables.incidents.len()),
                "inbox" => rows(&|tables| tables.inbox.len()),
                "merged_customers" => rows(&|tables| tables.merged.len()),
                "message_figures" => rows(&|tables| tables.figures.len()),
                "messages" => rows(&|tables| tables.messages.len()),
                "orders" => rows(&|tables| tables.orders.len()),
                "pending_events" => rows(&|tables| tables.pending.len()),
                "plugin_figures" => rows(&|tables| tables.plugin_figures.len()),
                "products" => rows(&|tables| tables.products.len()),
                "replies" => rows(&|tables| tables.replies.len()),
                "reply_sends" => rows(&|tables| tables.reply_sends.len()),
                "runs" => rows(&|tables| tables.runs.len()),
                "test_addresses" => rows(&|tables| tables.test_addresses.len()),
                "test_sends" => rows(&|tables| tables.test_sends.len()),
                "traces" => rows(&|tables| tables.traces.values().map(Vec::len).sum()),
                _ => continue,
            };
            *size = counted;
        }
        Ok(sizes)
    }
}

fn is_asked(tables: &Tables, filter: &MessageFilter, message: &Message) -> bool {
    let run = || tables.runs.get(&message.run).map(|row| &row.value);
    filter.strategy.is_none_or(|wanted| run().is_some_and(|run| run.strategy == wanted))
        && filter.version.is_none_or(|wanted| run().is_some_and(|run| message.version_of(run) == wanted))
        && filter.step.as_deref().is_none_or(|step| message.step == step)
        && filter.state.as_deref().is_none_or(|state| message.state.name() == state)
        && (filter.reason.is_none() || message.state.reason() == filter.reason)
        && filter.from.is_none_or(|from| message.created_at >= from)
        && filter.until.is_none_or(|until| message.created_at < until)
}

fn find_customers(tables: &Tables, search: &CustomerSearch, page: &PageRequest) -> Page<Customer> {
    let (word, id) = page::behind_word(page);
    let mut found: Vec<(String, CustomerId)> = match search {
        CustomerSearch::Id(id) => tables.customers.contains_key(id).then(|| (String::new(), *id)).into_iter().collect(),
        CustomerSearch::Email(prefix) => by_address(tables, IdentityKind::Email, prefix),
        CustomerSearch::Phone(prefix) => by_address(tables, IdentityKind::Phone, prefix),
        CustomerSearch::Name(prefix) => {
            let word = |customer: &Customer| {
                let (name, surname) = customer.search_names();
                [name, surname].into_iter().find(|word| word.starts_with(prefix))
            };
            tables.customers.iter().filter_map(|(id, row)| Some((word(&row.value)?, *id))).collect()
        }
    };
    found.sort();
    let behind = found.into_iter().filter(|(at, of)| page.after.is_none() || (at, of.0) > (&word, id));
    let listed = behind.take(page::rows(page) as usize);
    let listed = listed
        .filter_map(|(word, id)| Some((page::word_cursor(&word, id.0), tables.customers.get(&id)?.value.clone())));
    page::page(listed.collect(), page)
}

fn by_address(tables: &Tables, kind: IdentityKind, prefix: &str) -> Vec<(String, CustomerId)> {
    let named = tables.identities.iter().filter(|(name, _)| name.kind == kind && name.value.starts_with(prefix));
    named.map(|(name, customer)| (name.value.clone(), *customer)).collect()
}

fn messages(tables: &Tables, filter: &MessageFilter, page: &PageRequest) -> Page<Message> {
    let (at, id) = page::before_moment(page);
    let customer = filter.customer.map(|customer| tables.heir(customer));
    let asked = |message: &&Row<Message>| {
        filter.run.is_none_or(|run| message.value.run == run)
            && customer.is_none_or(|customer| message.value.customer == customer)
            && is_asked(tables, filter, &message.value)
    };
    let of_run: Vec<(Timestamp, MessageId)>;
    // The messages of one run are few, however many there are.
    let newest: Box<dyn Iterator<Item = &(Timestamp, MessageId)>> = match filter.run {
        Some(run) => {
            let ids = tables.messages_of_run.get(&run).into_iter().flatten();
            let mut listed: Vec<_> =
                ids.filter_map(|id| Some((tables.messages.get(id)?.value.created_at, *id))).collect();
            listed.sort_unstable();
            of_run = listed;
            Box::new(of_run.iter().rev())
        }
        None => Box::new(tables.newest_messages.iter().rev()),
    };
    let listed = newest
        .filter(|(created_at, message)| (created_at.millis(), message.0) < (at, id))
        .filter_map(|(_, id)| tables.messages.get(id))
        .filter(asked)
        .take(page::rows(page) as usize)
        .map(|row| (page::moment_cursor(row.value.created_at.millis(), row.value.id.0), row.value.clone()));
    page::page(listed.collect(), page)
}

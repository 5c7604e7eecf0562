//! A batch, committed as a whole or not at all. Why nothing slips through stands at the head of `postgres`.
//!
//! Each kind of row takes two statements at most, one for the new and one for the changed, whatever their number.

mod replies;

use std::collections::BTreeMap;

use cartwright_domain::cart::Cart;
use cartwright_domain::customer::Customer;
use cartwright_domain::ids::{CustomerId, MessageId, RunId, ShopId};
use cartwright_domain::incident::Incident;
use cartwright_domain::message::Message;
use cartwright_domain::order::Order;
use cartwright_domain::product::Product;
use cartwright_domain::run::Run;
use cartwright_domain::shard::Fence;
use cartwright_domain::shop::Connection;
use cartwright_domain::source::SourceState;
use cartwright_domain::template::TemplateBook;
use cartwright_domain::test_send::TestSend;
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::world::{Entry, Identity};
use cartwright_engine::ports::{Changes, Committed, InboxEntry, StoreError};
use serde::Serialize;
use sqlx::postgres::PgArguments;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::erasure::erase;
use super::figures::move_figures;
use super::incidents::sound;
use super::journal::take_in;
use super::settings::move_settings;
use super::{PostgresStore, each, lock_number};
use crate::arrivals;
use crate::error::failed;
use crate::rows::{self, new_and_changed};
use crate::text::column;

type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

pub(super) async fn commit(store: &PostgresStore, shop: ShopId, changes: &Changes) -> Result<Committed, StoreError> {
    let mut batch = Batch { transaction: store.begin().await?, shop };
    batch.check_fence(changes.fence).await?;
    batch.check_unchanged(&changes.unchanged).await?;
    if let Some(erased) = &changes.erased {
        erase(&mut batch.transaction, shop, erased).await?;
    }
    batch.remove_applied(&changes.applied).await?;
    batch.write_customers(&changes.customers).await?;
    batch.write_identities(changes).await?;
    batch.write_carts(&changes.carts).await?;
    batch.write_orders(&changes.orders).await?;
    batch.write_products(&changes.products).await?;
    batch.write_runs(&changes.runs).await?;
    batch.write_messages(&changes.messages).await?;
    batch.append_replies(&changes.replies).await?;
    batch.write_reply_sends(&changes.reply_sends).await?;
    // Behind the rows that this batch changes: they still stand at the revisions it loaded.
    for (gone, heir) in &changes.merged {
        batch.merge(*gone, *heir).await?;
    }
    batch.write_connections(&changes.connections).await?;
    batch.write_sources(&changes.sources).await?;
    batch.write_templates(&changes.templates).await?;
    batch.write_incidents(&changes.incidents).await?;
    batch.write_test_sends(&changes.test_sends).await?;
    sound(&mut batch.transaction, shop, &changes.alarms).await?;
    batch.append_traces(&changes.traces).await?;
    move_figures(&mut batch.transaction, shop, &changes.figures).await?;
    batch.append_inbox(&changes.inbox).await?;
    batch.append_short_links(&changes.short_links).await?;
    // Last, because others wait for these until the commit.
    if let Some(addressed) = &changes.addressed {
        batch.check_no_urgent_event(addressed).await?;
    }
    let arrived = take_in(&mut batch.transaction, &changes.arrivals).await?;
    let first_hand_over = batch.take_hand_overs(changes.hand_overs).await?;
    store.end(batch.transaction).await?;
    Ok(Committed { first_hand_over, arrived })
}

struct Batch {
    transaction: Transaction<'static, Postgres>,
    shop: ShopId,
}

impl Batch {
    /// As many rows as were meant, or somebody else was faster.
    async fn all(&mut self, meant: usize, query: Query<'_>) -> Result<(), StoreError> {
        match self.rows(query).await? == meant as u64 {
            true => Ok(()),
            false => Err(StoreError::Conflict),
        }
    }

    async fn rows(&mut self, query: Query<'_>) -> Result<u64, StoreError> {
        Ok(query.execute(&mut *self.transaction).await.map_err(failed)?.rows_affected())
    }

    /// The shard is still the node's, and stays so until this is committed: whoever takes over passes by what is locked.
    async fn check_fence(&mut self, fence: Option<Fence>) -> Result<(), StoreError> {
        let Some(fence) = fence else { return Ok(()) };
        let query =
            sqlx::query("select 1 from shard_leases where shard = $1 and node_id = $2 and generation = $3 for share")
                .bind(i64::from(fence.shard.0))
                .bind(fence.node.0)
                .bind(fence.generation.cast_signed());
        if self.rows(query).await? == 1 { Ok(()) } else { Err(StoreError::Fenced) }
    }

    async fn check_unchanged(&mut self, unchanged: &[(CustomerId, u64)]) -> Result<(), StoreError> {
        if unchanged.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(
            "select 1 from customers
             join unnest($2::uuid[], $3::bigint[]) as loaded (customer_id, revision) using (customer_id, revision)
             where shop_id = $1 for share of customers",
        )
        .bind(self.shop.0)
        .bind(each(unchanged, |(customer, _)| customer.0))
        .bind(each(unchanged, |(_, revision)| revision.cast_signed()));
        self.all(unchanged.len(), query).await
    }

    /// S08: an order that was accepted before a hand-over wins, even if it is not applied yet.
    async fn check_no_urgent_event(&mut self, addressed: &[Identity]) -> Result<(), StoreError> {
        self.rows(sqlx::query("select pg_advisory_xact_lock($1)").bind(lock_number(self.shop))).await?;
        let waits: bool = sqlx::query_scalar(
            "select exists (select 1 from pending_events
                            where shop_id = $1 and urgent and (names is null or names && $2))",
        )
        .bind(self.shop.0)
        .bind(arrivals::texts(addressed))
        .fetch_one(&mut *self.transaction)
        .await
        .map_err(failed)?;
        if waits { Err(StoreError::Conflict) } else { Ok(()) }
    }

    /// An event that is gone was applied by somebody else: applying it twice would be a conflict with the past.
    async fn remove_applied(&mut self, applied: &[i64]) -> Result<(), StoreError> {
        if applied.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(
            "with gone as (
                 delete from pending_events where shop_id = $1 and sequence = any($2)
                 returning shop_id, received_at, sequence, origin, document
             )
             insert into events (shop_id, received_at, sequence, origin, document) select * from gone",
        );
        self.all(applied.len(), query.bind(self.shop.0).bind(applied)).await
    }

    async fn write_customers(&mut self, customers: &[Entry<Customer>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(customers);
        let insert = "insert into customers (shop_id, customer_id, name, surname, revision, document)
                      select $1, id, name, surname, expected + 1, document
                      from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[])
                          as next (id, name, surname, expected, document)";
        let update = "update customers set name = next.name, surname = next.surname, revision = expected + 1,
                                           document = next.document
                      from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[])
                          as next (id, name, surname, expected, document)
                      where shop_id = $1 and customer_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.id.0))
                .bind(each(&entries, |entry| column(&entry.value.search_names().0).into_owned()))
                .bind(each(&entries, |entry| column(&entry.value.search_names().1).into_owned()))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        Ok(())
    }

    /// Names are given freely, but taken only from customers that this batch has read: a name that appeared meanwhile
    /// is a conflict, or two nodes would make two customers of one person (S10).
    async fn write_identities(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let names: BTreeMap<&Identity, CustomerId> =
            changes.identities.iter().map(|(name, owner)| (name, *owner)).collect();
        if names.is_empty() {
            return Ok(());
        }
        let names: Vec<(&Identity, CustomerId)> = names.into_iter().collect();
        let query = sqlx::query(
            "insert into identities (shop_id, kind, value, customer_id)
             select $1, * from unnest($2::text[], $3::text[], $4::uuid[])
             on conflict (shop_id, kind, value) do update set customer_id = excluded.customer_id
             where identities.customer_id = excluded.customer_id or identities.customer_id = any($5)",
        )
        .bind(self.shop.0)
        .bind(each(&names, |(name, _)| name.kind.name()))
        .bind(each(&names, |(name, _)| column(&name.value)))
        .bind(each(&names, |(_, owner)| owner.0))
        .bind(rows::known_customers(changes).collect::<Vec<Uuid>>());
        self.all(names.len(), query).await
    }

    async fn write_carts(&mut self, carts: &[Entry<Cart>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(carts);
        let insert = "insert into carts (shop_id, cart_id, customer_id, open, revision, document)
                      select $1, id, customer, open, expected + 1, document
                      from unnest($2::uuid[], $3::uuid[], $4::boolean[], $5::bigint[], $6::text[])
                          as next (id, customer, open, expected, document)";
        let update = "update carts set customer_id = customer, open = next.open, revision = expected + 1,
                                       document = next.document
                      from unnest($2::uuid[], $3::uuid[], $4::boolean[], $5::bigint[], $6::text[])
                          as next (id, customer, open, expected, document)
                      where shop_id = $1 and cart_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.id.0))
                .bind(each(&entries, |entry| entry.value.customer.0))
                .bind(each(&entries, |entry| entry.value.is_open()))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        Ok(())
    }

    async fn write_orders(&mut self, orders: &[Entry<Order>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(orders);
        let insert = "insert into orders (shop_id, order_id, customer_id, revision, document)
                      select $1, id, customer, expected + 1, document
                      from unnest($2::text[], $3::uuid[], $4::bigint[], $5::text[]) as next (id, customer, expected, document)";
        let update = "update orders set customer_id = customer, revision = expected + 1, document = next.document
                      from unnest($2::text[], $3::uuid[], $4::bigint[], $5::text[]) as next (id, customer, expected, document)
                      where shop_id = $1 and order_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| column(&entry.value.order_id)))
                .bind(each(&entries, |entry| entry.value.customer.0))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        Ok(())
    }

    async fn write_products(&mut self, products: &[Entry<Product>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(products);
        let insert = "insert into products (shop_id, product_id, revision, document)
                      select $1, id, expected + 1, document
                      from unnest($2::text[], $3::bigint[], $4::text[]) as next (id, expected, document)";
        let update = "update products set revision = expected + 1, document = next.document
                      from unnest($2::text[], $3::bigint[], $4::text[]) as next (id, expected, document)
                      where shop_id = $1 and product_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| column(&entry.value.product_id)))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        Ok(())
    }

    /// Those that end come first, so that another may take their place in the same batch (S07).
    async fn write_runs(&mut self, runs: &[Entry<Run>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(runs);
        let (going, ending): (Vec<_>, Vec<_>) = changed.into_iter().partition(|entry| entry.value.is_active());
        let insert = "insert into runs (shop_id, run_id, customer_id, strategy_id, run_key, active, due_at, version_id, step,
                                        end_reason, revision, document)
                      select $1, id, customer, strategy, key, active, due_at, version, step, end_reason, expected + 1, document
                      from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::boolean[], $7::bigint[], $8::uuid[],
                                  $9::text[], $10::text[], $11::bigint[], $12::text[])
                          as next (id, customer, strategy, key, active, due_at, version, step, end_reason, expected, document)";
        let update = "update runs set customer_id = customer, strategy_id = strategy, run_key = key, active = next.active,
                                      due_at = next.due_at, version_id = version, step = next.step,
                                      end_reason = next.end_reason, revision = expected + 1, document = next.document
                      from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::boolean[], $7::bigint[], $8::uuid[],
                                  $9::text[], $10::text[], $11::bigint[], $12::text[])
                          as next (id, customer, strategy, key, active, due_at, version, step, end_reason, expected, document)
                      where shop_id = $1 and run_id = id and revision = expected";
        let parts = [(ending, update), (going, update), (new, insert)];
        for (entries, sql) in parts.into_iter().filter(|(entries, _)| !entries.is_empty()) {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.id.0))
                .bind(each(&entries, |entry| entry.value.customer.0))
                .bind(each(&entries, |entry| entry.value.strategy.0))
                .bind(each(&entries, |entry| column(&entry.value.key)))
                .bind(each(&entries, |entry| entry.value.is_active()))
                .bind(each(&entries, |entry| entry.value.due_at.map(|due| due.millis())))
                .bind(each(&entries, |entry| entry.value.version.0))
                .bind(each(&entries, |entry| entry.value.step().map(column)))
                .bind(each(&entries, |entry| entry.value.end_reason()))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        Ok(())
    }

    async fn write_messages(&mut self, messages: &[Entry<Message>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(messages);
        let insert = "insert into messages (shop_id, message_id, run_id, customer_id, created_at, due_at, price_due_at, provider_id, step,
                                            state, reason, strategy_id, version_id, revision, document)
                      select $1, id, run, customer, created_at, due_at, price_due_at, provider_id, step, state, reason,
                             (select strategy_id from runs where shop_id = $1 and run_id = run),
                             coalesce(version, (select version_id from runs where shop_id = $1 and run_id = run)),
                             expected + 1, document
                      from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
                                  $9::text[], $10::text[], $11::text[], $12::uuid[], $13::bigint[], $14::text[])
                          as next (id, run, customer, created_at, due_at, price_due_at, provider_id, step, state, reason, version,
                                   expected, document)";
        let update = "update messages set run_id = run, customer_id = customer, created_at = next.created_at,
                                          due_at = next.due_at, price_due_at = next.price_due_at,
                                          provider_id = next.provider_id, step = next.step,
                                          state = next.state, reason = next.reason,
                                          version_id = coalesce(version, (select version_id from runs where shop_id = $1 and run_id = run)),
                                          revision = expected + 1, document = next.document
                      from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
                                  $9::text[], $10::text[], $11::text[], $12::uuid[], $13::bigint[], $14::text[])
                          as next (id, run, customer, created_at, due_at, price_due_at, provider_id, step, state, reason, version,
                                   expected, document)
                      where shop_id = $1 and message_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.id.0))
                .bind(each(&entries, |entry| entry.value.run.0))
                .bind(each(&entries, |entry| entry.value.customer.0))
                .bind(each(&entries, |entry| entry.value.created_at.millis()))
                .bind(each(&entries, |entry| entry.value.due_at.map(|due| due.millis())))
                .bind(each(&entries, |entry| entry.value.pricing.due_at.map(|due| due.millis())))
                .bind(each(&entries, |entry| entry.value.provider_id.as_deref().map(column)))
                .bind(each(&entries, |entry| column(&entry.value.step)))
                .bind(each(&entries, |entry| entry.value.state.name()))
                .bind(each(&entries, |entry| entry.value.state.reason()))
                .bind(each(&entries, |entry| entry.value.version.map(|version| version.0)))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        Ok(())
    }

    /// Whatever belonged to the one belongs to the other, with a new revision: who loaded it before must look again.
    /// Everybody who asks for the one finds the other.
    async fn merge(&mut self, gone: CustomerId, heir: CustomerId) -> Result<(), StoreError> {
        for sql in [
            "update identities set customer_id = $3 where shop_id = $1 and customer_id = $2",
            "update carts set customer_id = $3, revision = revision + 1 where shop_id = $1 and customer_id = $2",
            "update orders set customer_id = $3, revision = revision + 1 where shop_id = $1 and customer_id = $2",
            "update runs set customer_id = $3, revision = revision + 1 where shop_id = $1 and customer_id = $2",
            "update messages set customer_id = $3, revision = revision + 1 where shop_id = $1 and customer_id = $2",
            "update test_sends set customer_id = $3, revision = revision + 1 where shop_id = $1 and customer_id = $2",
            "update replies set customer_id = $3 where shop_id = $1 and customer_id = $2",
            "update reply_sends set customer_id = $3, revision = revision + 1 where shop_id = $1 and customer_id = $2",
            "update merged_customers set became = $3 where shop_id = $1 and became = $2",
        ] {
            self.rows(sqlx::query(sql).bind(self.shop.0).bind(gone.0).bind(heir.0)).await?;
        }
        let delete = sqlx::query("delete from customers where shop_id = $1 and customer_id = $2");
        self.rows(delete.bind(self.shop.0).bind(gone.0)).await?;
        // Refused if somebody else merged the same customer.
        let alias = sqlx::query("insert into merged_customers (shop_id, customer_id, became) values ($1, $2, $3)");
        self.all(1, alias.bind(self.shop.0).bind(gone.0).bind(heir.0)).await
    }

    async fn write_connections(&mut self, connections: &[Entry<Connection>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(connections);
        let insert = "insert into connections (shop_id, connection_id, kind, name, revision, document)
                      select $1, id, kind, name, expected + 1, document
                      from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[])
                          as next (id, kind, name, expected, document)";
        let update = "update connections set kind = next.kind, name = next.name, revision = expected + 1, document = next.document
                      from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[])
                          as next (id, kind, name, expected, document)
                      where shop_id = $1 and connection_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.id.0))
                .bind(each(&entries, |entry| rows::kind_name(entry.value.kind)))
                .bind(each(&entries, |entry| column(&entry.value.name)))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        if !connections.is_empty() {
            move_settings(&mut self.transaction, self.shop).await?;
        }
        Ok(())
    }

    async fn write_sources(&mut self, sources: &[Entry<SourceState>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(sources);
        let insert = "insert into source_states (shop_id, connection_id, due_at, revision, document)
                      select $1, id, due_at, expected + 1, document
                      from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::text[]) as next (id, due_at, expected, document)";
        let update = "update source_states set due_at = next.due_at, revision = expected + 1, document = next.document
                      from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::text[]) as next (id, due_at, expected, document)
                      where shop_id = $1 and connection_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.connection.0))
                .bind(each(&entries, |entry| entry.value.due_at().map(|due| due.millis())))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        Ok(())
    }

    async fn write_templates(&mut self, books: &[Entry<TemplateBook>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(books);
        let insert = "insert into template_books (shop_id, connection_id, due_at, revision, document)
                      select $1, id, due_at, expected + 1, document
                      from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::text[]) as next (id, due_at, expected, document)";
        let update = "update template_books set due_at = next.due_at, revision = expected + 1, document = next.document
                      from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::text[]) as next (id, due_at, expected, document)
                      where shop_id = $1 and connection_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.connection.0))
                .bind(each(&entries, |entry| entry.value.due_at.map(|due| due.millis())))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        if !books.is_empty() {
            move_settings(&mut self.transaction, self.shop).await?;
        }
        Ok(())
    }

    /// What was opened by an alarm before: nothing is new here.
    async fn write_incidents(&mut self, incidents: &[Entry<Incident>]) -> Result<(), StoreError> {
        if incidents.is_empty() {
            return Ok(());
        }
        let entries: Vec<&Entry<Incident>> = incidents.iter().collect();
        let query = sqlx::query(
            "update incidents set closed_at = next.closed_at, due_at = next.due_at, revision = expected + 1,
                                  document = next.document
             from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
                 as next (id, closed_at, due_at, expected, document)
             where shop_id = $1 and incident_id = id and revision = expected",
        )
        .bind(self.shop.0)
        .bind(each(&entries, |entry| entry.value.id.0))
        .bind(each(&entries, |entry| entry.value.closed_at.map(|at| at.millis())))
        .bind(each(&entries, |entry| entry.value.due_at.map(|at| at.millis())))
        .bind(each(&entries, |entry| entry.revision.cast_signed()))
        .bind(documents(&entries)?);
        self.all(incidents.len(), query).await
    }

    async fn write_test_sends(&mut self, tests: &[Entry<TestSend>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(tests);
        let insert = "insert into test_sends (shop_id, send_id, customer_id, kind, at, revision, document)
                      select $1, id, customer, kind, at, expected + 1, document
                      from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])
                          as next (id, customer, kind, at, expected, document)";
        let update = "update test_sends set customer_id = next.customer, kind = next.kind, at = next.at,
                                            revision = expected + 1, document = next.document
                      from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])
                          as next (id, customer, kind, at, expected, document)
                      where shop_id = $1 and send_id = id and revision = expected";
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let query = sqlx::query(sql)
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.id.0))
                .bind(each(&entries, |entry| entry.value.customer.map(|customer| customer.0)))
                .bind(each(&entries, |entry| entry.value.kind.name()))
                .bind(each(&entries, |entry| entry.value.at.millis()))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            self.all(entries.len(), query).await?;
        }
        Ok(())
    }

    async fn append_traces(&mut self, traces: &[(RunId, TraceEntry)]) -> Result<(), StoreError> {
        if traces.is_empty() {
            return Ok(());
        }
        let documents: Vec<String> = traces.iter().map(|(_, entry)| rows::write(entry)).collect::<Result<_, _>>()?;
        let query = sqlx::query(
            "insert into traces (shop_id, run_id, sequence, document, digest)
             select $1, next.run_id,
                    row_number() over (partition by next.run_id order by place)
                        + coalesce((select max(sequence) from traces where shop_id = $1 and run_id = next.run_id), 0),
                    next.document, next.digest
             from unnest($2::uuid[], $3::text[], $4::text[]) with ordinality as next (run_id, document, digest, place)",
        )
        .bind(self.shop.0)
        .bind(each(traces, |(run, _)| run.0))
        .bind(documents)
        .bind(each(traces, |(_, entry)| entry.what.digest()));
        self.all(traces.len(), query).await
    }

    /// The same message again is already there.
    async fn append_inbox(&mut self, inbox: &[InboxEntry]) -> Result<(), StoreError> {
        if inbox.is_empty() {
            return Ok(());
        }
        let documents: Vec<String> =
            inbox.iter().map(|entry| rows::write(&entry.document)).collect::<Result<_, _>>()?;
        let query = sqlx::query(
            "insert into inbox (shop_id, message_id, at, recipient, document)
             select $1, * from unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[])
             on conflict (shop_id, message_id) do nothing",
        )
        .bind(self.shop.0)
        .bind(each(inbox, |entry| entry.message.0))
        .bind(each(inbox, |entry| entry.at.millis()))
        .bind(each(inbox, |entry| column(&entry.to)))
        .bind(documents);
        self.rows(query).await?;
        Ok(())
    }

    /// A message that is rendered again has the same ones.
    async fn append_short_links(&mut self, links: &[(String, MessageId)]) -> Result<(), StoreError> {
        if links.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(
            "insert into short_links (shop_id, token, message_id)
             select $1, * from unnest($2::text[], $3::uuid[]) on conflict (shop_id, token) do nothing",
        )
        .bind(self.shop.0)
        .bind(each(links, |(token, _)| token.clone()))
        .bind(each(links, |(_, message)| message.0));
        self.rows(query).await?;
        Ok(())
    }

    /// The first of them; 0 where none is taken.
    async fn take_hand_overs(&mut self, count: u32) -> Result<u64, StoreError> {
        if count == 0 {
            return Ok(0);
        }
        let last: i64 =
            sqlx::query_scalar("update numbers set last = last + $1 where name = 'hand_overs' returning last")
                .bind(i64::from(count))
                .fetch_one(&mut *self.transaction)
                .await
                .map_err(failed)?;
        Ok((last - i64::from(count) + 1).cast_unsigned())
    }
}

fn documents<T: Serialize>(entries: &[&Entry<T>]) -> Result<Vec<String>, StoreError> {
    entries.iter().map(|entry| rows::write(&entry.value)).collect()
}

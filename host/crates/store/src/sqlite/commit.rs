//! A batch, committed as a whole or not at all.
//!
//! There is one writer, so a transaction sees everything that was committed before it and nothing happens beside it:
//! looking first and writing then is enough for every promise.

use std::collections::BTreeMap;

use cartwright_domain::cart::Cart;
use cartwright_domain::customer::Customer;
use cartwright_domain::ids::{CustomerId, RunId, ShopId};
use cartwright_domain::message::Message;
use cartwright_domain::order::Order;
use cartwright_domain::product::Product;
use cartwright_domain::run::Run;
use cartwright_domain::shop::Connection;
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::world::{Entry, Identity};
use cartwright_engine::ports::{Changes, Committed, InboxEntry, StoreError};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, Transaction};

use super::journal::take_numbers;
use super::settings::move_settings;
use super::{SqliteStore, ids};
use crate::error::failed;
use crate::rows::{self, new_and_changed};
use crate::text::column;

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

pub(super) async fn commit(store: &SqliteStore, shop: ShopId, changes: &Changes) -> Result<Committed, StoreError> {
    let mut batch = Batch { transaction: store.begin().await?, shop };
    batch.check_unchanged(&changes.unchanged).await?;
    batch.remove_applied(&changes.applied).await?;
    if changes.after_urgent_events {
        batch.check_no_urgent_event().await?;
    }
    batch.write_customers(&changes.customers).await?;
    batch.write_identities(changes).await?;
    batch.write_carts(&changes.carts).await?;
    batch.write_orders(&changes.orders).await?;
    batch.write_products(&changes.products).await?;
    batch.write_runs(&changes.runs).await?;
    batch.write_messages(&changes.messages).await?;
    // Behind the rows that this batch changes: they still stand at the revisions it loaded.
    for (gone, heir) in &changes.merged {
        batch.merge(*gone, *heir).await?;
    }
    batch.write_connections(&changes.connections).await?;
    batch.append_traces(&changes.traces).await?;
    batch.append_inbox(&changes.inbox).await?;
    let committed = batch.take_hand_overs(changes.hand_overs).await?;
    store.end(batch.transaction).await?;
    Ok(committed)
}

struct Batch {
    transaction: Transaction<'static, Sqlite>,
    shop: ShopId,
}

impl Batch {
    /// Exactly one row, or somebody else was faster.
    async fn one(&mut self, query: Query<'_>) -> Result<(), StoreError> {
        match self.rows(query).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    async fn rows(&mut self, query: Query<'_>) -> Result<u64, StoreError> {
        Ok(query.execute(&mut *self.transaction).await.map_err(failed)?.rows_affected())
    }

    async fn check_unchanged(&mut self, unchanged: &[(CustomerId, u64)]) -> Result<(), StoreError> {
        if unchanged.is_empty() {
            return Ok(());
        }
        let loaded = unchanged.iter().map(|(customer, revision)| json!([customer, revision]));
        // `cross join`: SQLite would go through all customers of the shop for each that is asked for.
        let same: i64 = sqlx::query_scalar(
            "select count(*) from json_each($2) loaded cross join customers
                 on shop_id = $1 and customer_id = unhex(loaded.value ->> 0, '-') and revision = loaded.value ->> 1",
        )
        .bind(self.shop.0)
        .bind(Value::from_iter(loaded).to_string())
        .fetch_one(&mut *self.transaction)
        .await
        .map_err(failed)?;
        if same == unchanged.len() as i64 { Ok(()) } else { Err(StoreError::Conflict) }
    }

    /// S08: an order that was accepted before a hand-over wins, even if it is not applied yet.
    async fn check_no_urgent_event(&mut self) -> Result<(), StoreError> {
        let waits: bool =
            sqlx::query_scalar("select exists (select 1 from pending_events where shop_id = $1 and urgent = 1)")
                .bind(self.shop.0)
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
        let gone = self
            .rows(
                sqlx::query(
                    "delete from pending_events where shop_id = $1 and sequence in (select value from json_each($2))",
                )
                .bind(self.shop.0)
                .bind(Value::from_iter(applied.iter().copied()).to_string()),
            )
            .await?;
        if gone == applied.len() as u64 { Ok(()) } else { Err(StoreError::Conflict) }
    }

    async fn write_customers(&mut self, customers: &[Entry<Customer>]) -> Result<(), StoreError> {
        let insert = "insert into customers (shop_id, customer_id, revision, document) values ($1, $2, $3 + 1, $4)";
        let update = "update customers set revision = $3 + 1, document = $4
                      where shop_id = $1 and customer_id = $2 and revision = $3";
        for entry in customers {
            let sql = if entry.revision == 0 { insert } else { update };
            self.one(
                sqlx::query(sql)
                    .bind(self.shop.0)
                    .bind(entry.value.id.0)
                    .bind(entry.revision.cast_signed())
                    .bind(rows::write(&entry.value)?),
            )
            .await?;
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
        let given = names.iter().map(|(name, owner)| json!([name.kind.name(), column(&name.value), owner]));
        let query = sqlx::query(
            "insert into identities (shop_id, kind, value, customer_id)
             select $1, value ->> 0, value ->> 1, unhex(value ->> 2, '-') from json_each($2) where true
             on conflict (shop_id, kind, value) do update set customer_id = excluded.customer_id
             where customer_id = excluded.customer_id
                or customer_id in (select unhex(value, '-') from json_each($3))",
        )
        .bind(self.shop.0)
        .bind(Value::from_iter(given).to_string())
        .bind(ids(rows::known_customers(changes)));
        match self.rows(query).await? == names.len() as u64 {
            true => Ok(()),
            false => Err(StoreError::Conflict),
        }
    }

    async fn write_carts(&mut self, carts: &[Entry<Cart>]) -> Result<(), StoreError> {
        let insert = "insert into carts (shop_id, cart_id, customer_id, open, revision, document)
                      values ($1, $2, $3, $4, $5 + 1, $6)";
        let update = "update carts set customer_id = $3, open = $4, revision = $5 + 1, document = $6
                      where shop_id = $1 and cart_id = $2 and revision = $5";
        for entry in carts {
            let sql = if entry.revision == 0 { insert } else { update };
            self.one(
                sqlx::query(sql)
                    .bind(self.shop.0)
                    .bind(entry.value.id.0)
                    .bind(entry.value.customer.0)
                    .bind(entry.value.is_open())
                    .bind(entry.revision.cast_signed())
                    .bind(rows::write(&entry.value)?),
            )
            .await?;
        }
        Ok(())
    }

    async fn write_orders(&mut self, orders: &[Entry<Order>]) -> Result<(), StoreError> {
        let insert =
            "insert into orders (shop_id, order_id, customer_id, revision, document) values ($1, $2, $3, $4 + 1, $5)";
        let update = "update orders set customer_id = $3, revision = $4 + 1, document = $5
                      where shop_id = $1 and order_id = $2 and revision = $4";
        for entry in orders {
            let sql = if entry.revision == 0 { insert } else { update };
            self.one(
                sqlx::query(sql)
                    .bind(self.shop.0)
                    .bind(column(&entry.value.order_id))
                    .bind(entry.value.customer.0)
                    .bind(entry.revision.cast_signed())
                    .bind(rows::write(&entry.value)?),
            )
            .await?;
        }
        Ok(())
    }

    async fn write_products(&mut self, products: &[Entry<Product>]) -> Result<(), StoreError> {
        let insert = "insert into products (shop_id, product_id, revision, document) values ($1, $2, $3 + 1, $4)";
        let update = "update products set revision = $3 + 1, document = $4
                      where shop_id = $1 and product_id = $2 and revision = $3";
        for entry in products {
            let sql = if entry.revision == 0 { insert } else { update };
            self.one(
                sqlx::query(sql)
                    .bind(self.shop.0)
                    .bind(column(&entry.value.product_id))
                    .bind(entry.revision.cast_signed())
                    .bind(rows::write(&entry.value)?),
            )
            .await?;
        }
        Ok(())
    }

    /// Those that end come first, so that another may take their place in the same batch (S07).
    async fn write_runs(&mut self, runs: &[Entry<Run>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(runs);
        let (going, ending): (Vec<_>, Vec<_>) = changed.into_iter().partition(|entry| entry.value.is_active());
        let insert =
            "insert into runs (shop_id, run_id, customer_id, strategy_id, run_key, active, due_at, revision, document)
                      values ($1, $2, $3, $4, $5, $6, $7, $8 + 1, $9)";
        let update = "update runs set customer_id = $3, strategy_id = $4, run_key = $5, active = $6, due_at = $7,
                                              revision = $8 + 1, document = $9
                      where shop_id = $1 and run_id = $2 and revision = $8";
        for entry in ending.into_iter().chain(going).chain(new) {
            let sql = if entry.revision == 0 { insert } else { update };
            let run = &entry.value;
            self.one(
                sqlx::query(sql)
                    .bind(self.shop.0)
                    .bind(run.id.0)
                    .bind(run.customer.0)
                    .bind(run.strategy.0)
                    .bind(column(&run.key))
                    .bind(run.is_active())
                    .bind(run.due_at.map(|due| due.millis()))
                    .bind(entry.revision.cast_signed())
                    .bind(rows::write(run)?),
            )
            .await?;
        }
        Ok(())
    }

    async fn write_messages(&mut self, messages: &[Entry<Message>]) -> Result<(), StoreError> {
        let insert = "insert into messages (shop_id, message_id, run_id, customer_id, created_at, due_at, provider_id,
                                                    revision, document)
                      values ($1, $2, $3, $4, $5, $6, $7, $8 + 1, $9)";
        let update =
            "update messages set run_id = $3, customer_id = $4, created_at = $5, due_at = $6, provider_id = $7,
                                                  revision = $8 + 1, document = $9
                      where shop_id = $1 and message_id = $2 and revision = $8";
        for entry in messages {
            let sql = if entry.revision == 0 { insert } else { update };
            let message = &entry.value;
            self.one(
                sqlx::query(sql)
                    .bind(self.shop.0)
                    .bind(message.id.0)
                    .bind(message.run.0)
                    .bind(message.customer.0)
                    .bind(message.created_at.millis())
                    .bind(message.due_at.map(|due| due.millis()))
                    .bind(message.provider_id.as_deref().map(column))
                    .bind(entry.revision.cast_signed())
                    .bind(rows::write(message)?),
            )
            .await?;
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
            "update merged_customers set became = $3 where shop_id = $1 and became = $2",
        ] {
            self.rows(sqlx::query(sql).bind(self.shop.0).bind(gone.0).bind(heir.0)).await?;
        }
        let delete = sqlx::query("delete from customers where shop_id = $1 and customer_id = $2");
        self.rows(delete.bind(self.shop.0).bind(gone.0)).await?;
        // Refused if somebody else merged the same customer.
        let alias = sqlx::query("insert into merged_customers (shop_id, customer_id, became) values ($1, $2, $3)");
        self.one(alias.bind(self.shop.0).bind(gone.0).bind(heir.0)).await
    }

    async fn write_connections(&mut self, connections: &[Entry<Connection>]) -> Result<(), StoreError> {
        let insert = "insert into connections (shop_id, connection_id, kind, name, revision, document)
                      values ($1, $2, $3, $4, $5 + 1, $6)";
        let update = "update connections set kind = $3, name = $4, revision = $5 + 1, document = $6
                      where shop_id = $1 and connection_id = $2 and revision = $5";
        for entry in connections {
            let sql = if entry.revision == 0 { insert } else { update };
            let connection = &entry.value;
            self.one(
                sqlx::query(sql)
                    .bind(self.shop.0)
                    .bind(connection.id.0)
                    .bind(rows::kind_name(connection.kind))
                    .bind(column(&connection.name))
                    .bind(entry.revision.cast_signed())
                    .bind(rows::write(connection)?),
            )
            .await?;
        }
        if !connections.is_empty() {
            move_settings(&mut self.transaction, self.shop).await?;
        }
        Ok(())
    }

    async fn append_traces(&mut self, traces: &[(RunId, TraceEntry)]) -> Result<(), StoreError> {
        if traces.is_empty() {
            return Ok(());
        }
        let line = |(run, entry): &(RunId, TraceEntry)| Ok(format!("[\"{run}\",{}]", rows::write(entry)?));
        let lines: Vec<String> = traces.iter().map(line).collect::<Result<_, StoreError>>()?;
        let query = sqlx::query(
            "insert into traces (shop_id, run_id, sequence, document, digest)
             select $1, next.run_id,
                    row_number() over (partition by next.run_id order by place)
                        + coalesce((select max(sequence) from traces where shop_id = $1 and run_id = next.run_id), 0),
                    next.document, next.document ->> 'digest'
             from (select unhex(value ->> 0, '-') as run_id, value -> 1 as document, key as place from json_each($2)) next",
        )
        .bind(self.shop.0)
        .bind(format!("[{}]", lines.join(",")));
        self.rows(query).await?;
        Ok(())
    }

    /// The same message again is already there.
    async fn append_inbox(&mut self, inbox: &[InboxEntry]) -> Result<(), StoreError> {
        for entry in inbox {
            self.rows(
                sqlx::query(
                    "insert into inbox (shop_id, message_id, at, recipient, document) values ($1, $2, $3, $4, $5)
                     on conflict (shop_id, message_id) do nothing",
                )
                .bind(self.shop.0)
                .bind(entry.message.0)
                .bind(entry.at.millis())
                .bind(column(&entry.to))
                .bind(rows::write(&entry.document)?),
            )
            .await?;
        }
        Ok(())
    }

    async fn take_hand_overs(&mut self, count: u32) -> Result<Committed, StoreError> {
        if count == 0 {
            return Ok(Committed::default());
        }
        let first = take_numbers(&mut self.transaction, "hand_overs", count as usize).await?;
        Ok(Committed { first_hand_over: first.cast_unsigned() })
    }
}

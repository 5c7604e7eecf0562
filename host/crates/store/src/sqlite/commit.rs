//! A batch, committed as a whole or not at all.
//!
//! There is one writer, so a transaction sees everything that was committed before it and nothing happens beside it:
//! looking first and writing then is enough for every promise.

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
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::world::{Entry, Identity};
use cartwright_engine::ports::{Changes, Committed, InboxEntry, StoreError};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite, Transaction};

use super::erasure::erase;
use super::figures::move_figures;
use super::incidents::sound;
use super::journal::{take_in, take_numbers};
use super::revised::Column::{Id, OfRun, OrOfRun, Plain};
use super::revised::{Table, row};
use super::settings::move_settings;
use super::{SqliteStore, ids};
use crate::arrivals;
use crate::error::failed;
use crate::rows::{self, new_and_changed};
use crate::text::column;

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

const CUSTOMERS: Table =
    Table { name: "customers", key: Id("customer_id"), others: &[Plain("name"), Plain("surname")] };
const CARTS: Table = Table { name: "carts", key: Id("cart_id"), others: &[Id("customer_id"), Plain("open")] };
const ORDERS: Table = Table { name: "orders", key: Plain("order_id"), others: &[Id("customer_id")] };
const PRODUCTS: Table = Table { name: "products", key: Plain("product_id"), others: &[] };
const RUNS: Table = Table {
    name: "runs",
    key: Id("run_id"),
    others: &[
        Id("customer_id"),
        Id("strategy_id"),
        Plain("run_key"),
        Plain("active"),
        Plain("due_at"),
        Id("version_id"),
        Plain("step"),
        Plain("end_reason"),
    ],
};
const MESSAGES: Table = Table {
    name: "messages",
    key: Id("message_id"),
    others: &[
        Id("run_id"),
        Id("customer_id"),
        Plain("created_at"),
        Plain("due_at"),
        Plain("price_due_at"),
        Plain("provider_id"),
        Plain("step"),
        Plain("state"),
        Plain("reason"),
        OrOfRun("version_id"),
        OfRun("strategy_id"),
    ],
};
const CONNECTIONS: Table =
    Table { name: "connections", key: Id("connection_id"), others: &[Plain("kind"), Plain("name")] };
const SOURCES: Table = Table { name: "source_states", key: Id("connection_id"), others: &[Plain("due_at")] };
const TEMPLATES: Table = Table { name: "template_books", key: Id("connection_id"), others: &[Plain("due_at")] };
const INCIDENTS: Table = Table {
    name: "incidents",
    key: Id("incident_id"),
    others: &[Plain("cause"), Plain("about"), Plain("opened_at"), Plain("closed_at"), Plain("due_at")],
};

const TEST_SENDS: Table =
    Table { name: "test_sends", key: Id("send_id"), others: &[Id("customer_id"), Plain("kind"), Plain("at")] };

pub(super) async fn commit(store: &SqliteStore, shop: ShopId, changes: &Changes) -> Result<Committed, StoreError> {
    let mut batch = Batch { transaction: store.begin().await?, shop };
    batch.check_fence(changes.fence).await?;
    batch.check_unchanged(&changes.unchanged).await?;
    if let Some(erased) = &changes.erased {
        erase(&mut batch.transaction, shop, erased).await?;
    }
    batch.remove_applied(&changes.applied).await?;
    if let Some(addressed) = &changes.addressed {
        batch.check_no_urgent_event(addressed).await?;
    }
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
    let arrived = take_in(&mut batch.transaction, &changes.arrivals).await?;
    let first_hand_over = batch.take_hand_overs(changes.hand_overs).await?;
    store.end(batch.transaction).await?;
    Ok(Committed { first_hand_over, arrived })
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

    /// The shard is still the node's.
    async fn check_fence(&mut self, fence: Option<Fence>) -> Result<(), StoreError> {
        let Some(fence) = fence else { return Ok(()) };
        let holds: bool = sqlx::query_scalar(
            "select exists (select 1 from shard_leases where shard = $1 and node_id = $2 and generation = $3)",
        )
        .bind(fence.shard.0)
        .bind(fence.node.0)
        .bind(fence.generation.cast_signed())
        .fetch_one(&mut *self.transaction)
        .await
        .map_err(failed)?;
        if holds { Ok(()) } else { Err(StoreError::Fenced) }
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
    async fn check_no_urgent_event(&mut self, addressed: &[Identity]) -> Result<(), StoreError> {
        let waits: bool = sqlx::query_scalar(
            "select exists (select 1 from pending_events where shop_id = $1 and urgent = 1 and (names is null
                 or exists (select 1 from json_each(names) own where own.value in (select value from json_each($2)))))",
        )
        .bind(self.shop.0)
        .bind(Value::from(arrivals::texts(addressed)).to_string())
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
        let sequences = Value::from_iter(applied.iter().copied()).to_string();
        let record = sqlx::query(
            "insert into events (shop_id, received_at, sequence, origin, document)
             select shop_id, received_at, sequence, origin, document from pending_events
             where shop_id = $1 and sequence in (select value from json_each($2))",
        );
        self.rows(record.bind(self.shop.0).bind(&sequences)).await?;
        let remove = sqlx::query(
            "delete from pending_events where shop_id = $1 and sequence in (select value from json_each($2))",
        );
        let gone = self.rows(remove.bind(self.shop.0).bind(&sequences)).await?;
        if gone == applied.len() as u64 { Ok(()) } else { Err(StoreError::Conflict) }
    }

    /// Every row new, or changed from the revision that it was loaded at; or somebody else was faster.
    async fn write<'a, T: Serialize + 'a>(
        &mut self,
        table: &Table,
        entries: impl Iterator<Item = &'a Entry<T>>,
        columns: impl Fn(&T) -> Value,
    ) -> Result<(), StoreError> {
        let rows: Vec<String> = entries
            .map(|entry| row(&columns(&entry.value), entry.revision, &entry.value))
            .collect::<Result<_, StoreError>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        let statement = AssertSqlSafe(table.statement());
        let query = sqlx::query(statement).bind(self.shop.0).bind(format!("[{}]", rows.join(",")));
        if self.rows(query).await? == rows.len() as u64 { Ok(()) } else { Err(StoreError::Conflict) }
    }

    async fn write_customers(&mut self, customers: &[Entry<Customer>]) -> Result<(), StoreError> {
        self.write(&CUSTOMERS, customers.iter(), |customer| {
            let (name, surname) = customer.search_names();
            json!([customer.id, column(&name), column(&surname)])
        })
        .await
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
        self.write(&CARTS, carts.iter(), |cart| json!([cart.id, cart.customer, cart.is_open()])).await
    }

    async fn write_orders(&mut self, orders: &[Entry<Order>]) -> Result<(), StoreError> {
        self.write(&ORDERS, orders.iter(), |order| json!([column(&order.order_id), order.customer])).await
    }

    async fn write_products(&mut self, products: &[Entry<Product>]) -> Result<(), StoreError> {
        self.write(&PRODUCTS, products.iter(), |product| json!([column(&product.product_id)])).await
    }

    /// Those that end come first, so that another may take their place in the same batch (S07).
    async fn write_runs(&mut self, runs: &[Entry<Run>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(runs);
        let (going, ending): (Vec<_>, Vec<_>) = changed.into_iter().partition(|entry| entry.value.is_active());
        self.write(&RUNS, ending.into_iter().chain(going).chain(new), |run| {
            let due = run.due_at.map(|due| due.millis());
            let (step, end) = (run.step().map(column), run.end_reason());
            let key = column(&run.key);
            json!([run.id, run.customer, run.strategy, key, run.is_active(), due, run.version, step, end])
        })
        .await
    }

    async fn write_messages(&mut self, messages: &[Entry<Message>]) -> Result<(), StoreError> {
        self.write(&MESSAGES, messages.iter(), |message| {
            let millis = |due: Option<Timestamp>| due.map(Timestamp::millis);
            let (created, due, priced) =
                (message.created_at.millis(), millis(message.due_at), millis(message.pricing.due_at));
            let provider_id = message.provider_id.as_deref().map(column);
            let (step, state, reason) = (column(&message.step), message.state.name(), message.state.reason());
            let (run, version) = (message.run, message.version);
            json!([
                message.id,
                run,
                message.customer,
                created,
                due,
                priced,
                provider_id,
                step,
                state,
                reason,
                version,
                run
            ])
        })
        .await
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
        self.one(alias.bind(self.shop.0).bind(gone.0).bind(heir.0)).await
    }

    async fn write_connections(&mut self, connections: &[Entry<Connection>]) -> Result<(), StoreError> {
        self.write(&CONNECTIONS, connections.iter(), |connection| {
            json!([connection.id, rows::kind_name(connection.kind), column(&connection.name)])
        })
        .await?;
        if !connections.is_empty() {
            move_settings(&mut self.transaction, self.shop).await?;
        }
        Ok(())
    }

    async fn write_sources(&mut self, sources: &[Entry<SourceState>]) -> Result<(), StoreError> {
        self.write(&SOURCES, sources.iter(), |source| {
            json!([source.connection, source.due_at().map(|due| due.millis())])
        })
        .await
    }

    async fn write_templates(&mut self, books: &[Entry<TemplateBook>]) -> Result<(), StoreError> {
        self.write(&TEMPLATES, books.iter(), |book| json!([book.connection, book.due_at.map(|due| due.millis())]))
            .await?;
        if !books.is_empty() {
            move_settings(&mut self.transaction, self.shop).await?;
        }
        Ok(())
    }

    async fn write_incidents(&mut self, incidents: &[Entry<Incident>]) -> Result<(), StoreError> {
        self.write(&INCIDENTS, incidents.iter(), |incident| {
            let (closed, due) = (incident.closed_at.map(|at| at.millis()), incident.due_at.map(|at| at.millis()));
            let opened = incident.opened_at.millis();
            json!([incident.id, incident.cause.name(), column(&incident.about), opened, closed, due])
        })
        .await
    }

    async fn write_test_sends(&mut self, tests: &[Entry<TestSend>]) -> Result<(), StoreError> {
        self.write(&TEST_SENDS, tests.iter(), |test| {
            json!([test.id, test.customer, test.kind.name(), test.at.millis()])
        })
        .await
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
        if inbox.is_empty() {
            return Ok(());
        }
        let line = |entry: &InboxEntry| {
            let columns = json!([entry.message, entry.at.millis(), column(&entry.to)]);
            row(&columns, 0, &entry.document)
        };
        let lines: Vec<String> = inbox.iter().map(line).collect::<Result<_, StoreError>>()?;
        let query = sqlx::query(
            "insert into inbox (shop_id, message_id, at, recipient, document)
             select $1, unhex(value ->> 0, '-'), value ->> 1, value ->> 2, value -> 4 from json_each($2) where true
             on conflict (shop_id, message_id) do nothing",
        );
        self.rows(query.bind(self.shop.0).bind(format!("[{}]", lines.join(",")))).await?;
        Ok(())
    }

    /// A message that is rendered again has the same ones.
    async fn append_short_links(&mut self, links: &[(String, MessageId)]) -> Result<(), StoreError> {
        if links.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(
            "insert into short_links (shop_id, token, message_id)
             select $1, value ->> 0, unhex(value ->> 1, '-') from json_each($2) where true
             on conflict (shop_id, token) do nothing",
        );
        let links = Value::from_iter(links.iter().map(|(token, message)| json!([token, message])));
        self.rows(query.bind(self.shop.0).bind(links.to_string())).await?;
        Ok(())
    }

    /// The first of them; 0 where none is taken.
    async fn take_hand_overs(&mut self, count: u32) -> Result<u64, StoreError> {
        if count == 0 {
            return Ok(0);
        }
        let first = take_numbers(&mut self.transaction, "hand_overs", count as usize).await?;
        Ok(first.cast_unsigned())
    }
}

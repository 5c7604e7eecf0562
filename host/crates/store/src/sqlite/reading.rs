//! What the API shows, page by page.

use async_trait::async_trait;
use cartwright_domain::customer::Customer;
use cartwright_domain::funnel::Cell;
use cartwright_domain::ids::{CustomerId, MessageId, RunId, ShopId, StrategyId};
use cartwright_domain::message::Message;
use cartwright_domain::run::Run;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::TraceEntry;
use cartwright_engine::ports::{
    CustomerSearch, FigureFilter, InboxEntry, MessageFilter, Page, PageRequest, Reading, RunFilter, StoreError,
};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::SqliteStore;
use super::figures::message_figures;
use super::search::find_customers;
use crate::error::failed;
use crate::rows::{self, Owned, OwnedRow};
use crate::{page, text};

#[async_trait]
impl Reading for SqliteStore {
    async fn customers(&self, shop: ShopId, page: &PageRequest) -> Result<Page<Customer>, StoreError> {
        let found: Vec<OwnedRow> = sqlx::query_as(
            "select customer_id, revision, document from customers
             where shop_id = $1 and customer_id < $2 order by customer_id desc limit $3",
        )
        .bind(shop.0)
        .bind(page::before_id(page))
        .bind(page::rows(page))
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        let customers = Customer::from_rows(found)?.into_iter().map(|entry| (entry.value.id.to_string(), entry.value));
        Ok(page::page(customers.collect(), page))
    }

    async fn find_customers(
        &self,
        shop: ShopId,
        search: &CustomerSearch,
        page: &PageRequest,
    ) -> Result<Page<Customer>, StoreError> {
        find_customers(&self.reader, shop, search, page).await
    }

    async fn customer(&self, shop: ShopId, customer: CustomerId) -> Result<Option<Customer>, StoreError> {
        let found: Option<OwnedRow> = sqlx::query_as(
            "select customer_id, revision, document from customers
             where shop_id = $1 and customer_id = coalesce(
                 (select became from merged_customers where shop_id = $1 and customer_id = $2), $2)",
        )
        .bind(shop.0)
        .bind(customer.0)
        .fetch_optional(&self.reader)
        .await
        .map_err(failed)?;
        Ok(found.map(Customer::from_row).transpose()?.map(|entry| entry.value))
    }

    async fn runs(&self, shop: ShopId, filter: &RunFilter, page: &PageRequest) -> Result<Page<Run>, StoreError> {
        let customer = match filter.customer {
            Some(customer) => Some(self.heir(shop, customer).await?),
            None => None,
        };
        let mut query = select_runs("", shop, filter, customer, page);
        let found: Vec<OwnedRow> = query.build_query_as().fetch_all(&self.reader).await.map_err(failed)?;
        let runs = Run::from_rows(found)?.into_iter().map(|entry| (entry.value.id.to_string(), entry.value));
        Ok(page::page(runs.collect(), page))
    }

    async fn run(&self, shop: ShopId, run: RunId) -> Result<Option<Run>, StoreError> {
        let found: Option<OwnedRow> =
            sqlx::query_as("select customer_id, revision, document from runs where shop_id = $1 and run_id = $2")
                .bind(shop.0)
                .bind(run.0)
                .fetch_optional(&self.reader)
                .await
                .map_err(failed)?;
        Ok(found.map(Run::from_row).transpose()?.map(|entry| entry.value))
    }

    async fn running(
        &self,
        shop: ShopId,
        strategies: &[StrategyId],
        most: u32,
    ) -> Result<Vec<(StrategyId, u64)>, StoreError> {
        if strategies.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<(Uuid, i64)> =
            count_running("", shop, strategies, most).build_query_as().fetch_all(&self.reader).await.map_err(failed)?;
        Ok(found.into_iter().map(|(strategy, count)| (StrategyId(strategy), count.cast_unsigned())).collect())
    }

    async fn trace(&self, shop: ShopId, run: RunId) -> Result<Vec<TraceEntry>, StoreError> {
        let found: Vec<String> =
            sqlx::query_scalar("select document from traces where shop_id = $1 and run_id = $2 order by sequence")
                .bind(shop.0)
                .bind(run.0)
                .fetch_all(&self.reader)
                .await
                .map_err(failed)?;
        found.iter().map(|document| rows::read(document)).collect()
    }

    async fn messages(
        &self,
        shop: ShopId,
        filter: &MessageFilter,
        page: &PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        let customer = match filter.customer {
            Some(customer) => Some(self.heir(shop, customer).await?),
            None => None,
        };
        let mut query = select_messages("", shop, filter, customer, page);
        let found: Vec<OwnedRow> = query.build_query_as().fetch_all(&self.reader).await.map_err(failed)?;
        let messages = Message::from_rows(found)?.into_iter().map(|entry| {
            let message = entry.value;
            (page::moment_cursor(message.created_at.millis(), message.id.0), message)
        });
        Ok(page::page(messages.collect(), page))
    }

    async fn message(&self, shop: ShopId, message: MessageId) -> Result<Option<Message>, StoreError> {
        let found: Option<OwnedRow> = sqlx::query_as(
            "select customer_id, revision, document from messages where shop_id = $1 and message_id = $2",
        )
        .bind(shop.0)
        .bind(message.0)
        .fetch_optional(&self.reader)
        .await
        .map_err(failed)?;
        Ok(found.map(Message::from_row).transpose()?.map(|entry| entry.value))
    }

    async fn inbox(&self, shop: ShopId, page: &PageRequest) -> Result<Page<InboxEntry>, StoreError> {
        let (at, id) = page::before_moment(page);
        let found: Vec<(Uuid, i64, String, String)> = sqlx::query_as(
            "select message_id, at, recipient, document from inbox
             where shop_id = $1 and (at, message_id) < ($2, $3) order by at desc, message_id desc limit $4",
        )
        .bind(shop.0)
        .bind(at)
        .bind(id)
        .bind(page::rows(page))
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        let entries = found.into_iter().map(|(message, at, to, document)| {
            let entry = InboxEntry {
                message: MessageId(message),
                at: Timestamp::from_millis(at),
                to: text::from_column(to),
                document: rows::read(&document)?,
            };
            Ok((page::moment_cursor(at, message), entry))
        });
        Ok(page::page(entries.collect::<Result<_, StoreError>>()?, page))
    }

    async fn message_figures(&self, shop: ShopId, filter: &FigureFilter) -> Result<Vec<(Cell, i64)>, StoreError> {
        message_figures(&self.reader, shop, filter).await
    }

    async fn sizes(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut snapshot = self.reader.begin().await.map_err(failed)?;
        let tables: Vec<String> = sqlx::query_scalar(
            "select name from sqlite_schema
             where type = 'table' and name not like 'sqlite\\_%' escape '\\' and name <> '_sqlx_migrations' order by name",
        )
        .fetch_all(&mut *snapshot)
        .await
        .map_err(failed)?;
        let mut sizes = Vec::with_capacity(tables.len());
        for table in tables {
            let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(format!("select count(*) from {table}"));
            let count: i64 = query.build_query_scalar().fetch_one(&mut *snapshot).await.map_err(failed)?;
            sizes.push((table, count.cast_unsigned()));
        }
        snapshot.commit().await.map_err(failed)?;
        Ok(sizes)
    }
}

impl SqliteStore {
    /// The customer that a customer is now.
    pub(super) async fn heir(&self, shop: ShopId, customer: CustomerId) -> Result<Uuid, StoreError> {
        let became: Option<Uuid> =
            sqlx::query_scalar("select became from merged_customers where shop_id = $1 and customer_id = $2")
                .bind(shop.0)
                .bind(customer.0)
                .fetch_optional(&self.reader)
                .await
                .map_err(failed)?;
        Ok(became.unwrap_or(customer.0))
    }
}

/// The page of runs that a filter lets through, newest first; `before` it may stand `explain`.
pub(crate) fn select_runs(
    before: &str,
    shop: ShopId,
    filter: &RunFilter,
    customer: Option<Uuid>,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new(format!("{before}select customer_id, revision, document from runs where shop_id = "));
    query.push_bind(shop.0);
    query.push(" and run_id < ").push_bind(page::before_id(page));
    if let Some(strategy) = filter.strategy {
        query.push(" and strategy_id = ").push_bind(strategy.0);
    }
    if let Some(customer) = customer {
        query.push(" and customer_id = ").push_bind(customer);
    }
    if filter.active_only {
        query.push(" and active = 1");
    }
    if let Some(version) = filter.version {
        query.push(" and version_id = ").push_bind(version.0);
    }
    if let Some(step) = &filter.step {
        query.push(" and step = ").push_bind(text::column(step).into_owned());
    }
    if let Some(end) = &filter.end {
        query.push(" and end_reason = ").push_bind(text::column(end).into_owned());
    }
    if let Some(from) = filter.from {
        query.push(" and run_id >= ").push_bind(page::first_id(from));
    }
    if let Some(until) = filter.until {
        query.push(" and run_id < ").push_bind(page::first_id(until));
    }
    query.push(" order by run_id desc limit ").push_bind(page::rows(page));
    query
}

/// How many runs of each strategy are under way, counted no further than `most`; `before` it may stand `explain`.
pub(crate) fn count_running(before: &str, shop: ShopId, strategies: &[StrategyId], most: u32) -> QueryBuilder<Sqlite> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(before);
    for (place, strategy) in strategies.iter().enumerate() {
        query.push(if place == 0 { "select " } else { " union all select " }).push_bind(strategy.0);
        query.push(", (select count(*) from (select 1 from runs where shop_id = ").push_bind(shop.0);
        query.push(" and strategy_id = ").push_bind(strategy.0);
        query.push(" and active = 1 limit ").push_bind(i64::from(most)).push(") counted)");
    }
    query
}

/// The page of messages that a filter lets through, newest first; `before` it may stand `explain`.
pub(crate) fn select_messages(
    before: &str,
    shop: ShopId,
    filter: &MessageFilter,
    customer: Option<Uuid>,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let (at, id) = page::before_moment(page);
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new(format!("{before}select customer_id, revision, document from messages where shop_id = "));
    query.push_bind(shop.0);
    query.push(" and (created_at, message_id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    if let Some(run) = filter.run {
        query.push(" and run_id = ").push_bind(run.0);
    }
    if let Some(customer) = customer {
        query.push(" and customer_id = ").push_bind(customer);
    }
    if let Some(strategy) = filter.strategy {
        query.push(" and strategy_id = ").push_bind(strategy.0);
    }
    if let Some(version) = filter.version {
        query.push(" and version_id = ").push_bind(version.0);
    }
    for (column, value) in [("step", &filter.step), ("state", &filter.state), ("reason", &filter.reason)] {
        if let Some(value) = value {
            query.push(format!(" and {column} = ")).push_bind(text::column(value).into_owned());
        }
    }
    if let Some(from) = filter.from {
        query.push(" and created_at >= ").push_bind(from.millis());
    }
    if let Some(until) = filter.until {
        query.push(" and created_at < ").push_bind(until.millis());
    }
    query.push(" order by created_at desc, message_id desc limit ").push_bind(page::rows(page));
    query
}

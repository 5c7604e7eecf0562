//! What a batch works on, in a handful of statements over one snapshot.

use cartwright_domain::cart::Cart;
use cartwright_domain::customer::Customer;
use cartwright_domain::facts::Contact;
use cartwright_domain::ids::{CustomerId, ShopId};
use cartwright_domain::message::Message;
use cartwright_domain::order::Order;
use cartwright_domain::product::Product;
use cartwright_domain::run::Run;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::{Entry, Identity, IdentityKind};
use cartwright_engine::ports::{Slice, StoreError, Wanted};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{SqliteStore, ids, texts};
use crate::error::failed;
use crate::rows::{self, Owned, OwnedRow, products_of};
use crate::text;

type Snapshot = Transaction<'static, Sqlite>;

// What is asked for is little, and what a shop has is much: `order by +column` keeps SQLite from walking along all rows
// of the shop in that order and looking at each, in place of finding the few and sorting them.

/// The customers that are meant in any way, those that were merged as the ones they became. `cross join` keeps SQLite
/// from going through all names of the shop for each that is asked for.
const CUSTOMERS: &str = "with meant (customer_id) as (
         select customer_id from json_each($2) name cross join identities
             on shop_id = $1 and kind = name.value ->> 0 and identities.value = name.value ->> 1
         union select unhex(value, '-') from json_each($3)
         union select became from merged_customers
             where shop_id = $1 and customer_id in (select unhex(value, '-') from json_each($3))
         union select customer_id from json_each($4) run cross join runs
             on shop_id = $1 and run_id = unhex(run.value, '-')
         union select customer_id from messages
             where shop_id = $1 and message_id in (select unhex(value, '-') from json_each($5))
         union select customer_id from messages
             where shop_id = $1 and provider_id in (select value from json_each($6))
         union select customer_id from orders
             where shop_id = $1 and order_id in (select value from json_each($7)))
     select customer_id, revision, document from customers
     where shop_id = $1 and customer_id in (select customer_id from meant) order by +customer_id";

const IDENTITIES: &str = "select kind, value, customer_id from identities
     where shop_id = $1 and customer_id in (select unhex(value, '-') from json_each($2)) order by +kind, +value";

const CARTS: &str = "select customer_id, revision, document from carts
     where shop_id = $1 and open = 1 and customer_id in (select unhex(value, '-') from json_each($2)) order by +cart_id";

const ORDERS: &str = "select customer_id, revision, document from orders
     where shop_id = $1 and customer_id in (select unhex(value, '-') from json_each($2)) order by +order_id";

const PRODUCTS: &str = "select revision, document from products
     where shop_id = $1 and product_id in (select value from json_each($2)) order by +product_id";

/// The active runs of the customers, and those that are asked for by themselves or by one of their messages.
const RUNS: &str = "with meant (run_id) as (
         select run_id from runs
             where shop_id = $1 and active = 1 and customer_id in (select unhex(value, '-') from json_each($2))
         union select unhex(value, '-') from json_each($3)
         union select run_id from messages
             where shop_id = $1 and message_id in (select unhex(value, '-') from json_each($4))
         union select run_id from messages
             where shop_id = $1 and provider_id in (select value from json_each($5)))
     select customer_id, revision, document from runs
     where shop_id = $1 and run_id in (select run_id from meant) order by +run_id";

/// All messages of the runs; those that were asked for are among them, because their runs are.
const MESSAGES: &str = "select customer_id, revision, document from messages
     where shop_id = $1 and run_id in (select unhex(value, '-') from json_each($2)) order by +message_id";

/// What was handed over to the customers from a moment on, in any run.
const CONTACTS: &str = "select customer_id, revision, document from messages
     where shop_id = $1 and customer_id in (select unhex(value, '-') from json_each($2)) and document like '%\"handed_over_at\":%'";

/// Every statement of a load, for those who ask how the database goes about it.
#[cfg(test)]
pub(crate) const LOADS: [(&str, &str); 8] = [
    ("customers", CUSTOMERS),
    ("identities", IDENTITIES),
    ("carts", CARTS),
    ("orders", ORDERS),
    ("products", PRODUCTS),
    ("runs", RUNS),
    ("messages", MESSAGES),
    ("contacts", CONTACTS),
];

pub(super) async fn load(store: &SqliteStore, shop: ShopId, wanted: &Wanted) -> Result<Slice, StoreError> {
    let asked = Asked::new(wanted);
    let mut snapshot = store.reader.begin().await.map_err(failed)?;
    let customers = find_customers(&mut snapshot, shop, &asked).await?;
    let runs = find_runs(&mut snapshot, shop, &asked, &customers).await?;
    let carts = find_carts(&mut snapshot, shop, &customers).await?;
    let slice = Slice {
        identities: find_identities(&mut snapshot, shop, &customers).await?,
        orders: find_orders(&mut snapshot, shop, &customers).await?,
        messages: find_messages(&mut snapshot, shop, &runs).await?,
        contacts: find_contacts(&mut snapshot, shop, wanted.contacts_since, &customers).await?,
        products: find_products(&mut snapshot, shop, &products_of(wanted, &carts)).await?,
        carts,
        customers,
        runs,
    };
    snapshot.commit().await.map_err(failed)?;
    Ok(slice)
}

/// What is asked for, as parameters.
struct Asked {
    identities: String,
    customers: String,
    runs: String,
    messages: String,
    provider_ids: String,
    orders: String,
}

impl Asked {
    fn new(wanted: &Wanted) -> Self {
        let identities =
            wanted.identities.iter().map(|name| serde_json::json!([name.kind.name(), text::column(&name.value)]));
        Self {
            identities: serde_json::Value::from_iter(identities).to_string(),
            customers: ids(wanted.customers.iter().map(|id| id.0)),
            runs: ids(wanted.runs.iter().map(|id| id.0)),
            messages: ids(wanted.messages.iter().map(|id| id.0)),
            provider_ids: texts(wanted.provider_ids.iter().map(|id| text::column(id))),
            orders: texts(wanted.orders.iter().map(|id| text::column(id))),
        }
    }
}

async fn find_customers(
    snapshot: &mut Snapshot,
    shop: ShopId,
    asked: &Asked,
) -> Result<Vec<Entry<Customer>>, StoreError> {
    let found: Vec<OwnedRow> = sqlx::query_as(CUSTOMERS)
        .bind(shop.0)
        .bind(&asked.identities)
        .bind(&asked.customers)
        .bind(&asked.runs)
        .bind(&asked.messages)
        .bind(&asked.provider_ids)
        .bind(&asked.orders)
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    Customer::from_rows(found)
}

async fn find_identities(
    snapshot: &mut Snapshot,
    shop: ShopId,
    customers: &[Entry<Customer>],
) -> Result<Vec<(Identity, CustomerId)>, StoreError> {
    let found: Vec<(String, String, Uuid)> = sqlx::query_as(IDENTITIES)
        .bind(shop.0)
        .bind(of_customers(customers))
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    let identity = |(kind, value, customer): (String, String, Uuid)| {
        let unknown = || StoreError::Failed(format!("there is no kind of name called `{kind}`"));
        let kind = IdentityKind::from_name(&kind).ok_or_else(unknown)?;
        Ok((Identity { kind, value: text::from_column(value) }, CustomerId(customer)))
    };
    found.into_iter().map(identity).collect()
}

async fn find_carts(
    snapshot: &mut Snapshot,
    shop: ShopId,
    customers: &[Entry<Customer>],
) -> Result<Vec<Entry<Cart>>, StoreError> {
    let found: Vec<OwnedRow> = sqlx::query_as(CARTS)
        .bind(shop.0)
        .bind(of_customers(customers))
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    Cart::from_rows(found)
}

async fn find_orders(
    snapshot: &mut Snapshot,
    shop: ShopId,
    customers: &[Entry<Customer>],
) -> Result<Vec<Entry<Order>>, StoreError> {
    let found: Vec<OwnedRow> = sqlx::query_as(ORDERS)
        .bind(shop.0)
        .bind(of_customers(customers))
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    Order::from_rows(found)
}

async fn find_products(
    snapshot: &mut Snapshot,
    shop: ShopId,
    products: &[String],
) -> Result<Vec<Entry<Product>>, StoreError> {
    if products.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<(i64, String)> = sqlx::query_as(PRODUCTS)
        .bind(shop.0)
        .bind(texts(products.iter().map(|id| text::column(id))))
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    found
        .into_iter()
        .map(|(revision, document)| Ok(Entry::loaded(rows::read(&document)?, revision.cast_unsigned())))
        .collect()
}

async fn find_runs(
    snapshot: &mut Snapshot,
    shop: ShopId,
    asked: &Asked,
    customers: &[Entry<Customer>],
) -> Result<Vec<Entry<Run>>, StoreError> {
    let found: Vec<OwnedRow> = sqlx::query_as(RUNS)
        .bind(shop.0)
        .bind(of_customers(customers))
        .bind(&asked.runs)
        .bind(&asked.messages)
        .bind(&asked.provider_ids)
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    Run::from_rows(found)
}

async fn find_messages(
    snapshot: &mut Snapshot,
    shop: ShopId,
    runs: &[Entry<Run>],
) -> Result<Vec<Entry<Message>>, StoreError> {
    let found: Vec<OwnedRow> = sqlx::query_as(MESSAGES)
        .bind(shop.0)
        .bind(ids(runs.iter().map(|run| run.value.id.0)))
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    Message::from_rows(found)
}

async fn find_contacts(
    snapshot: &mut Snapshot,
    shop: ShopId,
    since: Option<Timestamp>,
    customers: &[Entry<Customer>],
) -> Result<Vec<(CustomerId, Contact)>, StoreError> {
    let Some(since) = since else { return Ok(Vec::new()) };
    let found: Vec<OwnedRow> = sqlx::query_as(CONTACTS)
        .bind(shop.0)
        .bind(of_customers(customers))
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    rows::contacts(found, since)
}

fn of_customers(customers: &[Entry<Customer>]) -> String {
    ids(customers.iter().map(|customer| customer.value.id.0))
}

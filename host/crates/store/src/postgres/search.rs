//! Customers who are looked for, each kind by an index of its own.

use cartwright_domain::customer::Customer;
use cartwright_domain::ids::ShopId;
use cartwright_engine::ports::{CustomerSearch, Page, PageRequest, StoreError};
use sqlx::PgPool;
use uuid::Uuid;

use crate::error::failed;
use crate::rows::Owned;
use crate::{page, text};

/// By whole name and by family name; whoever is found by the one is not found again by the other. Each part is bounded
/// by itself, so that each goes along its index.
const BY_NAME: &str = "(select customer_id, revision, document, name as word from customers
      where shop_id = $1 and name <> '' and name >= $2 and name < $3 and (name, customer_id) > ($4, $5)
      order by name, customer_id limit $6)
     union all
     (select customer_id, revision, document, surname as word from customers
      where shop_id = $1 and surname <> '' and surname >= $2 and surname < $3 and (surname, customer_id) > ($4, $5)
        and not (name >= $2 and name < $3)
      order by surname, customer_id limit $6)
     order by word, customer_id limit $6";
/// By an address of a kind; it belongs to one customer.
macro_rules! by_address {
    ($kind:literal) => {
        concat!(
            "select customer_id, revision, document, value as word
             from identities join customers using (shop_id, customer_id)
             where shop_id = $1 and kind = '",
            $kind,
            "' and value >= $2 and value < $3 and (value, customer_id) > ($4, $5) order by value limit $6"
        )
    };
}
const BY_EMAIL: &str = by_address!("email");
const BY_PHONE: &str = by_address!("phone");

/// Every search, for those who ask how the database goes about it.
#[cfg(test)]
pub(crate) const SEARCHES: [(&str, &str); 3] = [("name", BY_NAME), ("email", BY_EMAIL), ("phone", BY_PHONE)];

pub(super) async fn find_customers(
    pool: &PgPool,
    shop: ShopId,
    search: &CustomerSearch,
    page: &PageRequest,
) -> Result<Page<Customer>, StoreError> {
    let (word, id) = page::behind_word(page);
    let (sql, prefix) = match search {
        CustomerSearch::Id(customer) => {
            let sql = "select customer_id, revision, document from customers where shop_id = $1 and customer_id = $2";
            let found = sqlx::query_as(sql).bind(shop.0).bind(customer.0).fetch_all(pool).await.map_err(failed)?;
            let items = Customer::from_rows(found)?.into_iter().map(|entry| entry.value).collect();
            return Ok(Page { items, next: None });
        }
        CustomerSearch::Name(prefix) => (BY_NAME, text::column(prefix)),
        CustomerSearch::Email(prefix) => (BY_EMAIL, text::column(prefix)),
        CustomerSearch::Phone(prefix) => (BY_PHONE, text::column(prefix)),
    };
    let found: Vec<(Uuid, i64, String, String)> = sqlx::query_as(sql)
        .bind(shop.0)
        .bind(prefix.as_ref())
        .bind(page::behind_prefix(&prefix))
        .bind(word)
        .bind(id)
        .bind(page::rows(page))
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    let customers = found.into_iter().map(|(id, revision, document, word)| {
        let customer = Customer::from_row((id, revision, document))?.value;
        Ok((page::word_cursor(&word, id), customer))
    });
    Ok(page::page(customers.collect::<Result<_, StoreError>>()?, page))
}

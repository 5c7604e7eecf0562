//! Test sends, and the addresses that they go to (S26).

use async_trait::async_trait;
use cartwright_domain::contact::Address;
use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_domain::test_send::{TestAddress, TestKind, TestSend};
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{Page, PageRequest, StoreError, TestSends};
use uuid::Uuid;

use super::SqliteStore;
use crate::error::failed;
use crate::page;
use crate::rows;
use crate::text::column;

/// Whose data, revision and document of a test send.
type TestRow = (Option<Uuid>, i64, String);

#[async_trait]
impl TestSends for SqliteStore {
    async fn test_addresses(&self, shop: ShopId) -> Result<Vec<Entry<TestAddress>>, StoreError> {
        let found: Vec<(i64, String)> =
            sqlx::query_as("select revision, document from test_addresses where shop_id = $1 order by kind, value")
                .bind(shop.0)
                .fetch_all(&self.reader)
                .await
                .map_err(failed)?;
        let entry =
            |(revision, document): (i64, String)| Ok(Entry::loaded(rows::read(&document)?, revision.cast_unsigned()));
        found.into_iter().map(entry).collect()
    }

    async fn save_test_address(&self, shop: ShopId, address: &Entry<TestAddress>) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let sql = match address.revision {
            0 => {
                "insert into test_addresses (shop_id, kind, value, document, revision) values ($1, $2, $3, $4, $5 + 1)
                 on conflict do nothing"
            }
            _ => {
                "update test_addresses set document = $4, revision = $5 + 1
                 where shop_id = $1 and kind = $2 and value = $3 and revision = $5"
            }
        };
        let written = sqlx::query(sql)
            .bind(shop.0)
            .bind(rows::address_kind(address.value.address.kind))
            .bind(column(&address.value.address.value).into_owned())
            .bind(rows::write(&address.value)?)
            .bind(address.revision.cast_signed())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if written.rows_affected() == 0 {
            return Err(StoreError::Conflict);
        }
        self.end(transaction).await
    }

    async fn remove_test_address(&self, shop: ShopId, address: &Address) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let gone = sqlx::query("delete from test_addresses where shop_id = $1 and kind = $2 and value = $3")
            .bind(shop.0)
            .bind(rows::address_kind(address.kind))
            .bind(column(&address.value).into_owned())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.end(transaction).await?;
        Ok(gone.rows_affected() > 0)
    }

    async fn test_send(&self, shop: ShopId, test: MessageId) -> Result<Option<Entry<TestSend>>, StoreError> {
        let found: Option<TestRow> = sqlx::query_as(
            "select customer_id, revision, document from test_sends where shop_id = $1 and send_id = $2",
        )
        .bind(shop.0)
        .bind(test.0)
        .fetch_optional(&self.reader)
        .await
        .map_err(failed)?;
        found.map(rows::test_send).transpose()
    }

    async fn test_sends(&self, shop: ShopId, page: &PageRequest) -> Result<Page<TestSend>, StoreError> {
        let (at, id) = page::before_moment(page);
        let found: Vec<TestRow> = sqlx::query_as(
            "select customer_id, revision, document from test_sends
             where shop_id = $1 and (at, send_id) < ($2, $3) order by at desc, send_id desc limit $4",
        )
        .bind(shop.0)
        .bind(at)
        .bind(id)
        .bind(page::rows(page))
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        let tests = found.into_iter().map(|row| {
            let test = rows::test_send(row)?.value;
            Ok((page::moment_cursor(test.at.millis(), test.id.0), test))
        });
        Ok(page::page(tests.collect::<Result<_, StoreError>>()?, page))
    }

    async fn count_test_sends(&self, shop: ShopId, kind: TestKind, since: Timestamp) -> Result<u64, StoreError> {
        let count: i64 =
            sqlx::query_scalar("select count(*) from test_sends where shop_id = $1 and at >= $2 and kind = $3")
                .bind(shop.0)
                .bind(since.millis())
                .bind(kind.name())
                .fetch_one(&self.reader)
                .await
                .map_err(failed)?;
        Ok(count.cast_unsigned())
    }
}

//! What customers write, and what is sent because of it.

use async_trait::async_trait;
use cartwright_domain::ids::{ReplyId, ShopId};
use cartwright_domain::reply::{ReplySend, SendKind};
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Entry;
use cartwright_engine::ports::{KeptReply, Page, PageRequest, Replies, ReplyFilter, ReplySendFilter, StoreError};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::{SqliteStore, ids, texts};
use crate::error::failed;
use crate::page;
use crate::rows::{self, ReplyRow, SendRow};
use crate::text::column;

#[async_trait]
impl Replies for SqliteStore {
    async fn reply(&self, shop: ShopId, reply: ReplyId) -> Result<Option<KeptReply>, StoreError> {
        let found: Option<ReplyRow> =
            sqlx::query_as("select customer_id, waits, document from replies where shop_id = $1 and reply_id = $2")
                .bind(shop.0)
                .bind(reply.0)
                .fetch_optional(&self.reader)
                .await
                .map_err(failed)?;
        found.map(rows::reply).transpose()
    }

    async fn replies(
        &self,
        shop: ShopId,
        filter: &ReplyFilter,
        page: &PageRequest,
    ) -> Result<Page<KeptReply>, StoreError> {
        let customer = match filter.customer {
            Some(customer) => Some(self.heir(shop, customer).await?),
            None => None,
        };
        let mut query = select_replies("", shop, filter, customer, page);
        let found: Vec<ReplyRow> = query.build_query_as().fetch_all(&self.reader).await.map_err(failed)?;
        let replies = found.into_iter().map(|row| {
            let kept = rows::reply(row)?;
            Ok((page::moment_cursor(kept.reply.at.millis(), kept.reply.id.0), kept))
        });
        Ok(page::page(replies.collect::<Result<_, StoreError>>()?, page))
    }

    async fn reply_sends(&self, shop: ShopId, filter: &ReplySendFilter) -> Result<Vec<Entry<ReplySend>>, StoreError> {
        let found: Vec<SendRow> = sqlx::query_as(
            "select customer_id, revision, document from reply_sends
             where shop_id = $1 and (reply_id in (select unhex(value, '-') from json_each($2))
                or send_id in (select unhex(value, '-') from json_each($3))
                or provider_id in (select value from json_each($4)))
             order by at, send_id",
        )
        .bind(shop.0)
        .bind(ids(filter.replies.iter().map(|reply| reply.0)))
        .bind(ids(filter.ids.iter().map(|id| id.0)))
        .bind(texts(filter.provider_ids.iter().map(|id| column(id))))
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        found.into_iter().map(rows::reply_send).collect()
    }

    async fn due_reply_sends(
        &self,
        shop: ShopId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Entry<ReplySend>>, StoreError> {
        let found: Vec<SendRow> = sqlx::query_as(
            "select customer_id, revision, document from reply_sends
             where shop_id = $1 and due_at <= $2 order by due_at, send_id limit $3",
        )
        .bind(shop.0)
        .bind(now.millis())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(failed)?;
        found.into_iter().map(rows::reply_send).collect()
    }

    async fn count_notices(&self, shop: ShopId, since: Timestamp) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from reply_sends
             where shop_id = $1 and kind = $2 and at >= $3 and due_at is null and failed = 0",
        )
        .bind(shop.0)
        .bind(SendKind::Notice.name())
        .bind(since.millis())
        .fetch_one(&self.reader)
        .await
        .map_err(failed)?;
        Ok(count.cast_unsigned())
    }
}

/// The page of replies that a filter lets through, newest first; `before` it may stand `explain`.
pub(crate) fn select_replies(
    before: &str,
    shop: ShopId,
    filter: &ReplyFilter,
    customer: Option<Uuid>,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let (at, id) = page::before_moment(page);
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new(format!("{before}select customer_id, waits, document from replies where shop_id = "));
    query.push_bind(shop.0);
    query.push(" and (at, reply_id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    if let Some(customer) = customer {
        query.push(" and customer_id = ").push_bind(customer);
    }
    if let Some(channel) = &filter.channel {
        query.push(" and channel = ").push_bind(column(channel).into_owned());
    }
    if filter.waiting_only {
        query.push(" and waits = 1");
    }
    query.push(" order by at desc, reply_id desc limit ").push_bind(page::rows(page));
    query
}

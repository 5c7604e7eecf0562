//! What customers write and what is sent because of it, as a commit writes them.

use cartwright_domain::reply::{Reply, ReplySend, SendKind};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::StoreError;
use sqlx::AssertSqlSafe;

use super::super::each;
use super::{Batch, documents};
use crate::rows::{self, new_and_changed};
use crate::text::column;

impl Batch {
    /// The same reply again is already there.
    pub(super) async fn append_replies(&mut self, replies: &[Reply]) -> Result<(), StoreError> {
        if replies.is_empty() {
            return Ok(());
        }
        let documents: Vec<String> = replies.iter().map(rows::write).collect::<Result<_, _>>()?;
        let query = sqlx::query(
            "insert into replies (shop_id, reply_id, customer_id, channel, at, received_at, asks, waits, document)
             select $1, id, customer, channel, at, received_at, asks, asks, document
             from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[], $8::text[])
                 as next (id, customer, channel, at, received_at, asks, document)
             on conflict (shop_id, reply_id) do nothing",
        )
        .bind(self.shop.0)
        .bind(each(replies, |reply| reply.id.0))
        .bind(each(replies, |reply| reply.customer.0))
        .bind(each(replies, |reply| column(&reply.channel)))
        .bind(each(replies, |reply| reply.at.millis()))
        .bind(each(replies, |reply| reply.received_at.millis()))
        .bind(each(replies, |reply| reply.asks))
        .bind(documents);
        self.rows(query).await?;
        Ok(())
    }

    /// One that is made again is already there; one that is changed must stand at its revision.
    pub(super) async fn write_reply_sends(&mut self, sends: &[Entry<ReplySend>]) -> Result<(), StoreError> {
        let (new, changed) = new_and_changed(sends);
        let columns = "from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[],
                                   $8::bigint[], $9::text[], $10::boolean[], $11::bigint[], $12::text[])
                           as next (id, reply, customer, kind, channel, at, due, provider, failed, expected, document)";
        let insert = format!(
            "insert into reply_sends (shop_id, send_id, reply_id, customer_id, kind, channel, at, due_at, provider_id,
                                      failed, revision, document)
             select $1, id, reply, customer, kind, channel, at, due, provider, failed, expected + 1, document {columns}
             on conflict (shop_id, send_id) do nothing"
        );
        let update = format!(
            "update reply_sends set due_at = next.due, provider_id = next.provider, failed = next.failed,
                                    revision = expected + 1, document = next.document
             {columns} where shop_id = $1 and send_id = id and revision = expected"
        );
        for (entries, sql) in [(new, insert), (changed, update)].into_iter().filter(|(entries, _)| !entries.is_empty())
        {
            let is_new = entries.iter().all(|entry| entry.revision == 0);
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(self.shop.0)
                .bind(each(&entries, |entry| entry.value.id.0))
                .bind(each(&entries, |entry| entry.value.reply.0))
                .bind(each(&entries, |entry| entry.value.customer.0))
                .bind(each(&entries, |entry| entry.value.kind.name()))
                .bind(each(&entries, |entry| column(&entry.value.channel)))
                .bind(each(&entries, |entry| entry.value.at.millis()))
                .bind(each(&entries, |entry| entry.value.due_at().map(|due| due.millis())))
                .bind(each(&entries, |entry| entry.value.provider_id.as_deref().map(column)))
                .bind(each(&entries, |entry| entry.value.came_to_nothing()))
                .bind(each(&entries, |entry| entry.revision.cast_signed()))
                .bind(documents(&entries)?);
            match is_new {
                true => self.rows(query).await.map(|_| ())?,
                false => self.all(entries.len(), query).await?,
            }
        }
        self.see_what_waits(sends).await
    }

    /// What an answer says, it says to everything that its customer wrote on the channel before.
    async fn see_what_waits(&mut self, sends: &[Entry<ReplySend>]) -> Result<(), StoreError> {
        let answers: Vec<&ReplySend> =
            sends.iter().map(|entry| &entry.value).filter(|send| send.kind == SendKind::Answer).collect();
        if answers.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(
            "update replies r set waits = not exists (
                 select 1 from reply_sends a
                 where a.shop_id = r.shop_id and a.customer_id = r.customer_id and a.channel = r.channel
                   and a.kind = 'answer' and not a.failed and a.at >= r.received_at)
             from unnest($2::uuid[], $3::text[]) as next (customer, channel)
             where r.shop_id = $1 and r.customer_id = next.customer and r.channel = next.channel and r.asks",
        )
        .bind(self.shop.0)
        .bind(each(&answers, |answer| answer.customer.0))
        .bind(each(&answers, |answer| column(&answer.channel)));
        self.rows(query).await?;
        Ok(())
    }
}

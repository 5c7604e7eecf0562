//! What customers write and what is sent because of it, as a commit writes them.

use cartwright_domain::reply::{Reply, ReplySend, SendKind};
use cartwright_domain::world::Entry;
use cartwright_engine::ports::StoreError;
use serde_json::json;

use super::super::revised::Column::{Id, Plain};
use super::super::revised::{Table, row};
use super::Batch;
use crate::error::failed;
use crate::text::column;

const REPLY_SENDS: Table = Table {
    name: "reply_sends",
    key: Id("send_id"),
    others: &[
        Id("reply_id"),
        Id("customer_id"),
        Plain("kind"),
        Plain("channel"),
        Plain("at"),
        Plain("due_at"),
        Plain("provider_id"),
        Plain("failed"),
    ],
};

impl Batch {
    /// The same reply again is already there.
    pub(super) async fn append_replies(&mut self, replies: &[Reply]) -> Result<(), StoreError> {
        if replies.is_empty() {
            return Ok(());
        }
        let line = |reply: &Reply| {
            let (at, received_at) = (reply.at.millis(), reply.received_at.millis());
            let columns =
                json!([reply.id, reply.customer, column(&reply.channel), at, received_at, u8::from(reply.asks)]);
            row(&columns, 0, reply)
        };
        let lines: Vec<String> = replies.iter().map(line).collect::<Result<_, StoreError>>()?;
        let query = sqlx::query(
            "insert into replies (shop_id, reply_id, customer_id, channel, at, received_at, asks, waits, document)
             select $1, unhex(value ->> 0, '-'), unhex(value ->> 1, '-'), value ->> 2, value ->> 3, value ->> 4,
                    value ->> 5, value ->> 5, value -> 7
             from json_each($2) where true
             on conflict (shop_id, reply_id) do nothing",
        );
        self.rows(query.bind(self.shop.0).bind(format!("[{}]", lines.join(",")))).await?;
        Ok(())
    }

    /// One that is made again is already there; one that is changed must stand at its revision.
    pub(super) async fn write_reply_sends(&mut self, sends: &[Entry<ReplySend>]) -> Result<(), StoreError> {
        let mut fresh = Vec::with_capacity(sends.len());
        for entry in sends {
            let is_there = sqlx::query("select 1 from reply_sends where shop_id = $1 and send_id = $2")
                .bind(self.shop.0)
                .bind(entry.value.id.0)
                .fetch_optional(&mut *self.transaction)
                .await
                .map_err(failed)?;
            if entry.revision > 0 || is_there.is_none() {
                fresh.push(entry);
            }
        }
        self.write(&REPLY_SENDS, fresh.into_iter(), |send| {
            let (due, provider_id) = (send.due_at().map(|due| due.millis()), send.provider_id.as_deref().map(column));
            let (kind, channel, at) = (send.kind.name(), column(&send.channel), send.at.millis());
            let failed = u8::from(send.came_to_nothing());
            json!([send.id, send.reply, send.customer, kind, channel, at, due, provider_id, failed])
        })
        .await?;
        self.see_what_waits(sends).await
    }

    /// What an answer says, it says to everything that its customer wrote on the channel before.
    async fn see_what_waits(&mut self, sends: &[Entry<ReplySend>]) -> Result<(), StoreError> {
        for answer in sends.iter().map(|entry| &entry.value).filter(|send| send.kind == SendKind::Answer) {
            let query = sqlx::query(
                "update replies set waits = not exists (
                     select 1 from reply_sends a
                     where a.shop_id = $1 and a.customer_id = $2 and a.channel = $3
                       and a.kind = 'answer' and a.failed = 0 and a.at >= replies.received_at)
                 where shop_id = $1 and customer_id = $2 and channel = $3 and asks = 1",
            );
            let query = query.bind(self.shop.0).bind(answer.customer.0).bind(column(&answer.channel).into_owned());
            self.rows(query).await?;
        }
        Ok(())
    }
}

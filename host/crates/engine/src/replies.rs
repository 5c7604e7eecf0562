//! Replies: they are told to the shop's own people, and answered by them.
//!
//! Both leave as messages do: made by a commit, handed over in another before the channel is asked, and never sent
//! again where nobody knows whether they arrived (S22). The check is made when somebody writes the answer, and once
//! more when it is handed over: meanwhile the customer may have said that they want to hear no more, or the channel's
//! window may have closed.

use cartwright_domain::contact::Address;
use cartwright_domain::customer::Customer;
use cartwright_domain::ids::{CustomerId, ReplyId, ShopId};
use cartwright_domain::message::Outcome;
use cartwright_domain::plugin::Problem;
use cartwright_domain::reply::{NoAnswer, Reply, ReplySend, SendKind, TOLD_AN_HOUR};
use cartwright_domain::shop::Connection;
use cartwright_domain::time::Span;
use cartwright_domain::webhook;
use cartwright_domain::world::Entry;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::Engine;
use crate::deliver::{Delivery, Ready};
use crate::ports::{
    Changes, ChannelTask, OutgoingMessage, PageRequest, ReplyFilter, ReplySendFilter, Slice, StoreError, Wanted,
};
use crate::settings::ShopSettings;

/// Answers and notices of one round.
const BATCH: u32 = 32;
/// How long one is the node's that handed it over; longer than any request may take.
const LEASE: Span = Span::seconds(60);
/// Commits that conflict are computed again; more often than this only if something is broken.
const CONFLICTS: u32 = 20;
/// What is said where the channel was removed.
const GONE: &str = "the shop has no such channel any more; answer the customer on another channel";

/// Why a reply was not answered.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The shop has no such reply.
    #[error("there is no reply `{0}`")]
    Missing(ReplyId),
    /// Nothing was written.
    #[error("is empty; write what the customer is to read")]
    Empty,
    /// The channel that it came over was removed.
    #[error("{GONE}")]
    NoChannel,
    /// It cannot be answered there, or not any more.
    #[error(transparent)]
    Refused(#[from] NoAnswer),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Queues an answer to a reply. The same words to the same reply are one answer, unless they came to nothing.
    pub async fn answer_reply(
        &self,
        shop: ShopId,
        reply: ReplyId,
        text: &str,
        by: &str,
    ) -> Result<ReplySend, AnswerError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AnswerError::Empty);
        }
        for _ in 0..CONFLICTS {
            let settings = self.settings(shop).await?.ok_or(AnswerError::Missing(reply))?;
            let kept = self.store.reply(shop, reply).await?.ok_or(AnswerError::Missing(reply))?;
            let wanted = ReplySendFilter { replies: vec![reply], ..ReplySendFilter::default() };
            let before = self.store.reply_sends(shop, &wanted).await?;
            let answers = before.iter().map(|entry| &entry.value).filter(|send| send.kind == SendKind::Answer);
            let same: Vec<&ReplySend> = answers.filter(|send| send.text == text).collect();
            if let Some(known) = same.iter().find(|send| !send.came_to_nothing()) {
                return Ok((*known).clone());
            }
            let again = same.len() as u32;
            let wanted = Wanted { customers: vec![kept.reply.customer], ..Wanted::default() };
            let mut known = self.store.load(shop, &wanted).await?.customers;
            // Whoever is erased is answered by nobody.
            let customer = known.pop().ok_or(AnswerError::Missing(reply))?;
            let channel = settings.channels.get(&kept.reply.channel).ok_or(AnswerError::NoChannel)?;
            let to = self.check_answer(shop, &kept.reply, &customer.value, &channel.value, text).await??;
            let sender = kept.reply.sender.clone().filter(|name| channel.value.sender(name).is_some());
            let answer = kept.reply.answer(to, sender, text, by, again, self.now());
            let changes = Changes {
                reply_sends: vec![Entry::new(answer.clone())],
                unchanged: vec![(customer.value.id, customer.revision)],
                ..Changes::default()
            };
            match self.store.commit(shop, &changes).await {
                Err(StoreError::Conflict) => {}
                other => {
                    other?;
                    self.wake_for([shop]);
                    return Ok(answer);
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Whether a reply can be answered now.
    pub async fn may_answer(&self, shop: ShopId, reply: &Reply) -> Result<(), AnswerError> {
        let settings = self.settings(shop).await?.ok_or(AnswerError::Missing(reply.id))?;
        let channel = settings.channels.get(&reply.channel).ok_or(AnswerError::NoChannel)?;
        let customer = self.store.customer(shop, reply.customer).await?.ok_or(AnswerError::Missing(reply.id))?;
        self.check_answer(shop, reply, &customer, &channel.value, "").await??;
        Ok(())
    }

    /// Whether a text may go out to a reply now, and where to.
    async fn check_answer(
        &self,
        shop: ShopId,
        reply: &Reply,
        customer: &Customer,
        channel: &Connection,
        text: &str,
    ) -> Result<Result<Address, NoAnswer>, StoreError> {
        let filter =
            ReplyFilter { customer: Some(customer.id), channel: Some(reply.channel.clone()), ..ReplyFilter::default() };
        let page = PageRequest { after: None, limit: 1 };
        let newest = self.store.replies(shop, &filter, &page).await?.items.pop().map(|kept| kept.reply);
        let newest = newest.as_ref().unwrap_or(reply);
        Ok(reply.answerable(newest, customer, channel, text, self.now()))
    }

    /// Hands over answers and notices that are due; how many were looked at.
    pub(crate) async fn tend_replies(&self, shop: ShopId) -> Result<usize, StoreError> {
        let now = self.now();
        let mut due = self.store.due_reply_sends(shop, now, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let Some(settings) = self.settings(shop).await? else { return Ok(0) };
        let of_answers = due.iter().map(|entry| &entry.value).filter(|send| send.kind == SendKind::Answer);
        let customers: Vec<CustomerId> = of_answers.map(|send| send.customer).collect();
        let slice = match customers.is_empty() {
            true => Slice::default(),
            false => self.store.load(shop, &Wanted { customers, ..Wanted::default() }).await?,
        };
        let mut told = self.store.count_notices(shop, now - Span::hours(1)).await?;
        let most = TOLD_AN_HOUR * settings.shop.replies.len().max(1) as u64;
        let mut going = Vec::new();
        for entry in &mut due {
            let send = entry.edit();
            let ready = match send.kind {
                SendKind::Notice if send.is_due(now) && told >= most => {
                    send.drop(format!("{TOLD_AN_HOUR} were told within the hour; see the console for the others"));
                    None
                }
                SendKind::Notice => {
                    let is_last = told + 1 >= most;
                    self.ready_send(&settings, send, None, is_last).await?
                }
                SendKind::Answer => {
                    let customer = slice.customers.iter().map(|entry| &entry.value).find(|it| it.id == send.customer);
                    self.ready_send(&settings, send, customer, false).await?
                }
            };
            told += u64::from(ready.is_some() && send.kind == SendKind::Notice);
            going.extend(ready);
        }
        let count = due.len();
        let changes = Changes {
            reply_sends: due,
            unchanged: slice.customers.iter().map(|entry| (entry.value.id, entry.revision)).collect(),
            // What is durable and not applied may say that somebody wants to hear no more.
            addressed: (!slice.identities.is_empty())
                .then(|| slice.identities.into_iter().map(|(name, _)| name).collect()),
            hand_overs: going.len() as u32,
            ..Changes::default()
        };
        self.commit(shop, changes).await?;
        self.failpoints.reach("reply.handed_over");
        // Side by side: a provider that does not answer holds up no other.
        let settled = join_all(going.into_iter().map(|ready| async {
            let delivery = self.send(ready).await;
            self.failpoints.reach("reply.answered");
            self.settle_send(shop, delivery).await
        }));
        settled.await.into_iter().collect::<Result<(), StoreError>>()?;
        Ok(count)
    }

    /// Claims what is due, with the request that will send it; none where it has to wait, or is not sent at all.
    async fn ready_send(
        &self,
        settings: &ShopSettings,
        send: &mut ReplySend,
        customer: Option<&Customer>,
        is_last: bool,
    ) -> Result<Option<Ready>, StoreError> {
        let (shop, now) = (settings.shop.id, self.now());
        let channel = settings.channels.get(&send.channel).map(|entry| &entry.value);
        let ability = channel.and_then(|channel| channel.ability.as_ref());
        send.recover(ability.is_some_and(|ability| ability.idempotent), now);
        if !send.is_due(now) {
            return Ok(None);
        }
        let (Some(channel), Some(ability)) = (channel, ability) else {
            send.drop(GONE.to_owned());
            return Ok(None);
        };
        let document = match (send.kind, customer) {
            (SendKind::Notice, _) => self.notice_document(settings, channel, send, is_last),
            (SendKind::Answer, Some(customer)) => {
                let Some(kept) = self.store.reply(shop, send.reply).await? else {
                    send.drop("what it answers is gone".to_owned());
                    return Ok(None);
                };
                match self.check_answer(shop, &kept.reply, customer, channel, &send.text).await? {
                    Ok(to) => send.to = to,
                    Err(why) => {
                        send.drop(why.to_string());
                        return Ok(None);
                    }
                }
                ability.plain.as_ref().map(|plain| plain.document(&answer_subject(settings), &send.text))
            }
            (SendKind::Answer, None) => None,
        };
        let Some(document) = document else {
            send.drop("the channel carries no text that a person writes".to_owned());
            return Ok(None);
        };
        let sender = send.sender.as_deref().and_then(|name| channel.sender(name)).or(channel.default_sender());
        let held = channel.held.as_ref().or_else(|| sender?.held.as_ref());
        let call = match held {
            Some(hold) => Err(format!("the channel is held: {} {}", hold.words, hold.next_step)),
            None => {
                let name = sender.map(|sender| sender.name.as_str());
                let call = self.connection_call_by(shop, channel, name).await?;
                call.ok_or_else(|| "no active version of the channel's plugin is installed".to_owned())
            }
        };
        let mut call = match call {
            Ok(call) => call,
            Err(words) => {
                send.wait(now, words);
                return Ok(None);
            }
        };
        self.renew(&channel.name, &mut call, Some(ability)).await?;
        let outgoing = OutgoingMessage {
            id: send.id,
            to: send.to.clone(),
            locale: customer.and_then(|customer| customer.language.clone()).unwrap_or_else(|| "en".to_owned()),
            content: document,
            created_at: send.at,
        };
        let attempt = send.attempts + 1;
        match self.begin(&call, &ChannelTask::Send(outgoing.clone())).await {
            Ok(began) => {
                send.hand_over(LEASE, now);
                Ok(Some(Ready {
                    outgoing,
                    content_revision: None,
                    attempt,
                    call,
                    began,
                    hears: false,
                    links: Vec::new(),
                }))
            }
            Err(failure) => {
                match failure.problem {
                    Problem::Busy | Problem::TimeOut | Problem::NotInstalled | Problem::NotGranted => {
                        send.wait(now, failure.to_string());
                    }
                    _ => send.drop(failure.to_string()),
                }
                Ok(None)
            }
        }
    }

    /// What a notice says, for contents of a channel; none where that carries no text.
    fn notice_document(
        &self,
        settings: &ShopSettings,
        channel: &Connection,
        send: &ReplySend,
        is_last: bool,
    ) -> Option<Value> {
        let link = format!("{}/console/{}/replies?reply={}", self.public_url, settings.shop.id, send.reply);
        let headline = format!("{}: {}", settings.shop.name, send.subject.as_deref().unwrap_or_default());
        let ability = channel.ability.as_ref()?;
        if ability.channel == webhook::CHANNEL {
            return Some(json!({
                "type": "reply.received", "timestamp": send.at,
                "data": {
                    "reply": send.reply, "customer": send.customer, "headline": headline, "text": send.text, "link": link,
                },
            }));
        }
        let plain = ability.plain.as_ref()?;
        let more = is_last.then_some("\nMore came within the hour; they stand in the console, and are not told here.");
        let end = format!("\n{link}{}", more.unwrap_or_default());
        let start = if plain.subject.is_some() { String::new() } else { format!("{headline}\n") };
        let room =
            plain.longest.map(|longest| (longest as usize).saturating_sub(start.chars().count() + end.chars().count()));
        let text: String = match room {
            Some(room) if send.text.chars().count() > room => {
                send.text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
            }
            _ => send.text.clone(),
        };
        Some(plain.document(&headline, &format!("{start}{text}{end}")))
    }

    /// What became of one. The answer is a fact by now, so a conflict is computed again until it holds.
    async fn settle_send(&self, shop: ShopId, delivery: Delivery) -> Result<(), StoreError> {
        let wanted = ReplySendFilter { ids: vec![delivery.message], ..ReplySendFilter::default() };
        for _ in 0..CONFLICTS {
            // Whoever it was about may have been erased meanwhile, and it with them.
            let Some(mut entry) = self.store.reply_sends(shop, &wanted).await?.pop() else { return Ok(()) };
            entry.edit().settle(delivery.attempt, &delivery.outcome, self.now());
            let inbox = delivery.inbox.clone().filter(|_| matches!(delivery.outcome, Outcome::Accepted { .. }));
            let inbox = inbox.into_iter().collect();
            let changes = Changes { reply_sends: vec![entry], inbox, ..Changes::default() };
            match self.store.commit(shop, &changes).await {
                Err(StoreError::Conflict) => {}
                other => return other.map(|_| ()),
            }
        }
        Err(StoreError::Conflict)
    }
}

/// What stands over an answer, on channels that have a subject.
fn answer_subject(settings: &ShopSettings) -> String {
    format!("Re: {}", settings.shop.name)
}

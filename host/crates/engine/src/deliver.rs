//! The step machine of a channel, and what becomes of a message once it was handed over.

use cartwright_domain::ids::MessageId;
use cartwright_domain::message::{Details, MessageState, Outcome, Rejection, RejectionClass};
use cartwright_domain::outcome;
use cartwright_domain::plugin::PluginFailure;
use cartwright_domain::shop::ChannelTaskKind;
use cartwright_domain::short_link::ShortLink;
use cartwright_domain::time::Span;

use crate::Engine;
use crate::batch::{changes_and_rest, changes_of};
use crate::handing_over::{Carried, customers_of};
use crate::ports::{
    Action, ChannelDone, ChannelTask, ConnectionCall, EgressFailure, InboxEntry, OutgoingMessage, Request,
    RequestEffect, Response, Step, StoreError, Wanted,
};
use crate::settings::ShopSettings;
use crate::tasks::{rounds, sends};

/// Longest id of a provider that is kept, in bytes: receipts are found by it in an index.
const PROVIDER_ID: usize = 500;
/// A commit that conflicts is computed again; more often than this only if something is broken.
const RETRIES: u32 = 20;
/// While the database does not answer, outcomes are kept for it; afterwards others take these messages for lost.
const OUTCOMES_KEPT: Span = Span::seconds(60);
/// Between two looks whether it answers.
const DATABASE_BACK: Span = Span::seconds(1);

/// A message that is rendered, with the request that will send it.
pub(crate) struct Ready {
    pub(crate) outgoing: OutgoingMessage,
    /// The revision of its content, where that stands in another's place.
    pub(crate) content_revision: Option<u32>,
    /// The number of the attempt that this becomes.
    pub(crate) attempt: u32,
    pub(crate) call: ConnectionCall,
    pub(crate) began: Began,
    /// Whether later steps may read what it is answered: it is of a webhook step.
    pub(crate) hears: bool,
    /// The short links in what it says.
    pub(crate) links: Vec<ShortLink>,
}

/// Where a task stands before its sending request.
pub(crate) struct Began {
    /// The requests of the round that sends, or none if the adapter knew the outcome without.
    pub(crate) requests: Vec<Request>,
    pub(crate) state: Vec<u8>,
    pub(crate) outcome: Option<Outcome>,
}

/// What became of a message.
pub(crate) struct Delivery {
    pub(crate) message: MessageId,
    pub(crate) attempt: u32,
    pub(crate) outcome: Outcome,
    pub(crate) inbox: Option<InboxEntry>,
    /// The body of a 2xx to the request that sent it.
    pub(crate) answer: Option<Vec<u8>>,
}

impl Engine {
    /// Goes through the rounds before the one that sends.
    pub(crate) async fn begin(&self, call: &ConnectionCall, task: &ChannelTask) -> Result<Began, PluginFailure> {
        let mut step = self.plugins.channel_begin(call, task).await?;
        let rounds = rounds(call);
        let mut call = call.clone();
        for _ in 0..rounds {
            match step {
                Step::Done(done) => {
                    return Ok(Began { requests: Vec::new(), state: Vec::new(), outcome: Some(outcome_of(done)) });
                }
                Step::Call { requests, state } if sends(&requests) => {
                    return Ok(Began { requests, state, outcome: None });
                }
                Step::Call { requests, state } => {
                    let responses = self.perform(&mut call, &requests).await;
                    step = self.plugins.channel_resume(&call, task.kind(), &state, &responses).await?;
                }
            }
        }
        let details = Details { code: None, text: format!("the channel's plugin asked for more than {rounds} rounds") };
        let outcome = Outcome::Rejected(Rejection { class: RejectionClass::BadRequest, details });
        Ok(Began { requests: Vec::new(), state: Vec::new(), outcome: Some(outcome) })
    }

    /// Makes the sending request of a message that was handed over, and hears what the adapter makes of the answer.
    pub(crate) async fn send(&self, mut ready: Ready) -> Delivery {
        let (message, attempt) = (ready.outgoing.id, ready.attempt);
        if let Some(outcome) = ready.began.outcome {
            return Delivery { message, attempt, outcome, inbox: None, answer: None };
        }
        let inbox = ready.began.requests.iter().find_map(|request| match &request.action {
            Action::Inbox { to, document } => {
                Some(InboxEntry { message, at: self.now(), to: to.clone(), document: document.clone() })
            }
            _ => None,
        });
        let responses = self.perform(&mut ready.call, &ready.began.requests).await;
        let answer = answer_to(&ready.began.requests, &responses).filter(|_| ready.hears).map(<[u8]>::to_vec);
        let outcome = self.hear(ready.call, &ready.began.state, responses).await;
        Delivery { message, attempt, outcome, inbox, answer }
    }

    /// Rounds after the one that sent. Whatever goes wrong here, the message may have been sent: `uncertain`.
    async fn hear(&self, mut call: ConnectionCall, state: &[u8], mut responses: Vec<Response>) -> Outcome {
        // Nothing was written: that is certain, whatever the adapter would say.
        if let [Response::Failed(EgressFailure::NotSent(words))] = &responses[..] {
            let details = Details { code: None, text: words.clone() };
            return Outcome::Rejected(Rejection { class: RejectionClass::Transient, details });
        }
        let mut state = state.to_vec();
        for _ in 0..rounds(&call) {
            match self.plugins.channel_resume(&call, ChannelTaskKind::Send, &state, &responses).await {
                Ok(Step::Done(done)) => match outcome_of(done) {
                    Outcome::Accepted { provider_id, .. } if provider_id.len() > PROVIDER_ID => {
                        return uncertain("the provider's id of the message is longer than any that can be kept");
                    }
                    outcome => return outcome,
                },
                Ok(Step::Call { requests, state: next }) if !sends(&requests) => {
                    responses = self.perform(&mut call, &requests).await;
                    state = next;
                }
                Ok(Step::Call { .. }) => return uncertain("the channel's plugin wanted to send a second time"),
                Err(failure) => return uncertain(&failure.to_string()),
            }
        }
        uncertain("the channel's plugin found no end")
    }

    async fn perform(&self, call: &mut ConnectionCall, requests: &[Request]) -> Vec<Response> {
        let mut responses = Vec::with_capacity(requests.len());
        for request in requests {
            responses.push(match request.action {
                // The entry is committed together with the outcome.
                Action::Inbox { .. } => Response::Inbox,
                _ => self.tasks().perform(call, request).await,
            });
        }
        responses
    }

    /// Commits outcomes. They are facts by now, so a conflict is computed again until it holds, and a database that
    /// does not answer is waited for. For the same reason there is no fence: whoever has the shard by now knows less.
    pub(crate) async fn settle_deliveries(
        &self,
        carried: &mut Carried,
        deliveries: Vec<Delivery>,
    ) -> Result<(), StoreError> {
        let given_up_at = self.now() + OUTCOMES_KEPT;
        let mut conflicts = 0;
        loop {
            match self.try_to_settle(carried, &deliveries).await {
                Err(StoreError::Conflict) if conflicts < RETRIES => conflicts += 1,
                Err(StoreError::Failed(why)) if self.now() < given_up_at => {
                    tracing::warn!(why, outcomes = deliveries.len(), "outcomes wait for the database");
                    self.clock.sleep_until(self.now() + DATABASE_BACK).await;
                }
                other => return other,
            }
        }
    }

    async fn try_to_settle(&self, carried: &mut Carried, deliveries: &[Delivery]) -> Result<(), StoreError> {
        let ids: Vec<MessageId> = deliveries.iter().map(|delivery| delivery.message).collect();
        let Some(mut world) = self.world_of_messages(carried, &ids).await? else { return Ok(()) };
        let concerned = customers_of(&world, &ids);
        let now = self.now();
        for delivery in deliveries {
            let attempts = world.messages.get(&delivery.message).map(|entry| entry.value.attempts);
            // A later attempt is somebody else's; but a message that was accepted once is accepted.
            if attempts == Some(delivery.attempt) || matches!(delivery.outcome, Outcome::Accepted { .. }) {
                outcome::settle(&mut world, delivery.message, &delivery.outcome, now);
                if let Some(body) = &delivery.answer {
                    outcome::keep_answer(&mut world, delivery.message, body, now);
                }
            }
        }
        let (mut changes, rest) = changes_and_rest(world);
        changes.unchanged.retain(|(customer, _)| concerned.contains(customer));
        changes.inbox = deliveries
            .iter()
            .filter(|delivery| matches!(delivery.outcome, Outcome::Accepted { .. }))
            .filter_map(|delivery| delivery.inbox.clone())
            .collect();
        self.store.commit(carried.shop(), &changes).await?;
        carried.carry(rest);
        Ok(())
    }

    /// Messages that were handed over by somebody who did not come back (S22): sent again only where that is
    /// harmless, looked up where the provider can be asked, else uncertain.
    pub(crate) async fn recover(&self, settings: &ShopSettings, lost: Vec<MessageId>) -> Result<(), StoreError> {
        let shop = settings.shop.id;
        let mut world = self.load_world(settings, &Wanted { messages: lost.clone(), ..Wanted::default() }).await?;
        let now = self.now();
        for id in lost {
            let Some(message) = world.messages.get(&id).map(|entry| entry.value.clone()) else { continue };
            if !matches!(message.state, MessageState::HandedOver { .. }) {
                continue;
            }
            let connection = settings.channels.get(&message.channel).map(|entry| &entry.value);
            let ability = connection.and_then(|connection| connection.ability.as_ref());
            if ability.is_some_and(|ability| ability.idempotent) {
                if let Some(entry) = world.messages.get_mut(&id) {
                    let message = entry.edit();
                    message.state = MessageState::Queued;
                    message.due_at = Some(now);
                    message.last_answer = None;
                }
                continue;
            }
            let found = match connection {
                Some(connection) if ability.is_some_and(|ability| ability.lookup) => {
                    match self.connection_call_by(shop, connection, message.sender.as_deref()).await? {
                        Some(call) => self.look_up(&call, &message).await,
                        None => None,
                    }
                }
                _ => None,
            };
            let lost = || uncertain("the process stopped between the hand-over and the provider's answer");
            outcome::settle(&mut world, id, &found.unwrap_or_else(lost), now);
        }
        match self.commit(shop, changes_of(world)).await {
            // A receipt came meanwhile; the next round looks again.
            Err(StoreError::Conflict) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn look_up(&self, call: &ConnectionCall, message: &cartwright_domain::message::Message) -> Option<Outcome> {
        let outgoing = OutgoingMessage {
            id: message.id,
            to: message.to.clone()?,
            locale: message.locale.clone()?,
            content: message.rendered.clone()?,
            created_at: message.created_at,
        };
        let began = self.begin(call, &ChannelTask::Lookup(outgoing)).await.ok()?;
        began.outcome.filter(|_| began.requests.is_empty())
    }
}

/// The body of a 2xx to the request that sends. The channel's plugin says what the answer means; what it says is not the
/// plugin's to tell, so a webhook needs no more of the contract than any channel has.
fn answer_to<'a>(requests: &[Request], responses: &'a [Response]) -> Option<&'a [u8]> {
    let place = requests.iter().position(|request| request.effect == RequestEffect::Send)?;
    match responses.get(place)? {
        Response::Http { status: 200..=299, body, .. } => Some(body),
        _ => None,
    }
}

/// The runtime lets only this completion through for a message.
fn outcome_of(done: ChannelDone) -> Outcome {
    match done {
        ChannelDone::Sent(outcome) => outcome,
        _ => uncertain("the channel's plugin said nothing about the message"),
    }
}

fn uncertain(text: &str) -> Outcome {
    Outcome::Uncertain(Details { code: None, text: text.to_owned() })
}

//! Ingest: an event is answered for only once it is durable (S02), and its clock is put right on the way in (S03).

use cartwright_domain::event::{Event, EventError, Origin, What};
use cartwright_domain::ids::ShopId;
use cartwright_domain::time::{Span, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

use crate::Engine;
use crate::ports::{Arrival, Arrived, StoreError};

/// Up to this far ahead of our clock a source is believed (S03).
const AHEAD_BELIEVED: Span = Span::minutes(5);
/// Beyond this it is refused (S03).
const AHEAD_REFUSED: Span = Span::hours(24);
/// One transaction takes at most this many arrivals.
const MOST_IN_ONE: usize = 1_000;

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventAnswer {
    /// It is durable.
    Accepted,
    /// It was known already; nothing changed.
    AlreadyKnown,
    /// Its id is known with other content; nothing changed.
    Conflict,
    /// It cannot be taken.
    Refused(EventError),
}

type Answer = oneshot::Sender<Result<Vec<Arrived>, StoreError>>;

/// Arrivals that wait for the next commit: whoever finds no commit under way commits for all that wait.
#[derive(Default)]
pub(crate) struct GroupCommit {
    waiting: Mutex<Vec<(Vec<Arrival>, Answer)>>,
    turn: tokio::sync::Mutex<()>,
}

impl Engine {
    /// Takes events of one origin; an answer for each, in order.
    pub async fn ingest(
        &self,
        shop: ShopId,
        origin: Origin,
        events: Vec<Event>,
    ) -> Result<Vec<EventAnswer>, StoreError> {
        let (arrivals, answers) = self.arriving(shop, origin, events).await?;
        let mut arrived = self.accept(arrivals).await?.into_iter();
        let settled = |answer: Option<EventAnswer>| {
            answer.unwrap_or_else(|| match arrived.next() {
                Some(Arrived::Same) => EventAnswer::AlreadyKnown,
                Some(Arrived::Conflict) => EventAnswer::Conflict,
                Some(Arrived::New) | None => EventAnswer::Accepted,
            })
        };
        Ok(answers.into_iter().map(settled).collect())
    }

    /// The events as they are to be made durable, and at their places the answers to those that are refused.
    pub(crate) async fn arriving(
        &self,
        shop: ShopId,
        origin: Origin,
        events: Vec<Event>,
    ) -> Result<(Vec<Arrival>, Vec<Option<EventAnswer>>), StoreError> {
        let received_at = self.now();
        let mut answers = Vec::with_capacity(events.len());
        let mut arrivals = Vec::with_capacity(events.len());
        let mut ahead = 0;
        for event in events {
            // As it was sent: putting its clock right must not make the same event another one (S02).
            let digest = digest_of(&event);
            match admit(event, origin, received_at) {
                Ok(Admitted { event, clock_ahead }) => {
                    ahead += usize::from(clock_ahead);
                    arrivals.push(Arrival { shop, origin, received_at, event, digest });
                    answers.push(None);
                }
                Err(error) => answers.push(Some(EventAnswer::Refused(error))),
            }
        }
        self.tally(shop, "clock_ahead", ahead).await?;
        Ok((arrivals, answers))
    }

    /// Makes arrivals durable together with all that arrive meanwhile: one commit serves many requests.
    pub(crate) async fn accept(&self, arrivals: Vec<Arrival>) -> Result<Vec<Arrived>, StoreError> {
        if arrivals.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, mut answered) = oneshot::channel();
        self.group_commit.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((arrivals, answer));
        loop {
            let _turn = self.group_commit.turn.lock().await;
            // Whoever had the turn before may have committed this along with its own.
            match answered.try_recv() {
                Ok(done) => return done,
                Err(_) => self.commit_waiting().await,
            }
        }
    }

    async fn commit_waiting(&self) {
        let batch = {
            let mut waiting = self.group_commit.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let mut size = 0;
            let fitting = waiting.iter().take_while(|(arrivals, _)| {
                size += arrivals.len();
                size <= MOST_IN_ONE
            });
            let count = fitting.count().max(1).min(waiting.len());
            waiting.drain(..count).collect::<Vec<_>>()
        };
        let mut all = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        for (arrivals, answer) in batch {
            answers.push((arrivals.len(), answer));
            all.extend(arrivals);
        }
        let result = self.store.accept(&all).await;
        self.failpoints.reach("event.accepted");
        self.wake_for(all.iter().map(|arrival| arrival.shop));
        let mut arrived = result.clone().unwrap_or_default().into_iter();
        for (count, answer) in answers {
            let own: Vec<Arrived> = arrived.by_ref().take(count).collect();
            // A requester that has gone needs no answer; its event is durable all the same.
            let _ = answer.send(result.as_ref().map(|_| own).map_err(Clone::clone));
        }
    }
}

/// S03: small differences of clocks stand, larger ones become the time of receipt, absurd ones are refused.
fn admit(mut event: Event, origin: Origin, received_at: Timestamp) -> Result<Admitted, EventError> {
    if origin == Origin::Api && matches!(event.what, What::Receipt(_)) {
        return Err(EventError {
            field: "type".into(),
            message: "`message.receipt` is told by channels only; send receipts to the channel's webhook address"
                .into(),
        });
    }
    if event.occurred_at > received_at + AHEAD_REFUSED {
        return Err(EventError {
            field: "occurred_at".into(),
            message: format!("{} is more than 24 h ahead of our clock ({received_at})", event.occurred_at),
        });
    }
    let clock_ahead = event.occurred_at > received_at + AHEAD_BELIEVED;
    if clock_ahead {
        event.occurred_at = received_at;
    }
    Ok(Admitted { event, clock_ahead })
}

struct Admitted {
    event: Event,
    clock_ahead: bool,
}

/// What tells two events of one id apart: everything but when and how they came.
pub(crate) fn digest_of(event: &Event) -> [u8; 32] {
    // A map with sorted keys, so that the order in which a source writes fields does not matter.
    let mut canonical = serde_json::to_value(event).unwrap_or_default();
    if matches!(event.what, What::Receipt(_)) {
        // Some providers name no time; then it is that of the telling, and each telling has its own.
        canonical["occurred_at"] = Value::Null;
        // What it cost may be known only when the same is told again.
        if let Some(body) = canonical["body"].as_object_mut() {
            body.remove("price");
        }
    }
    Sha256::digest(canonical.to_string().as_bytes()).into()
}

//! Back-tests: the recorded events of a shop once more, through the same engine on a store of its own, and what came of
//! a strategy there beside what really came of it.
//!
//! People have other ids there, because ids are minted: they are the same by their addresses. What happened before the
//! oldest recorded event is not known there.

use cartwright_domain::customer::Customer;
use cartwright_domain::ids::{RunId, ShopId, StrategyId};
use cartwright_domain::message::{Message, MessageState};
use cartwright_domain::run::{Position, Run};
use cartwright_domain::time::Timestamp;
use futures_util::stream::{self, Stream, TryStreamExt};
use serde::Serialize;
use std::collections::BTreeMap;

use crate::Engine;
use crate::ports::{PageRequest, PendingEvent, RunFilter, Store, StoreError, Wanted};
use crate::simulate::{LogItem, LogLine, Reached, Timeline};
use crate::skip::MovableClock;

/// Events, and runs, that are read at once.
const PAGE: u32 = 200;

/// What is recorded of a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// How many events.
    pub events: u64,
    /// When the oldest was received.
    pub first: Timestamp,
    /// When the newest was.
    pub last: Timestamp,
}

/// What is looked at: runs that began, and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Runs that began before it are left out.
    pub from: Timestamp,
    /// Whatever happened later has not happened yet.
    pub until: Timestamp,
}

/// What came of a strategy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Runs by how they ended.
    pub runs: BTreeMap<String, u64>,
    /// Messages to customers by state.
    pub messages: BTreeMap<String, u64>,
    /// Those that were skipped by reason.
    pub skips: BTreeMap<String, u64>,
    #[serde(skip)]
    fates: BTreeMap<Saying, Vec<Fate>>,
}

/// What is said to somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Saying {
    who: String,
    content: String,
    channel: String,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// When it was made.
    pub at: Timestamp,
    /// At which step.
    pub step: String,
    /// Its state, or the reason why it was skipped.
    pub state: String,
    /// Whether the customer may have it.
    pub got: bool,
}

/// Somebody who would have got what they did not, or did get what they would not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// By their address.
    pub who: String,
    /// Which content.
    pub content: String,
    /// Over which channel.
    pub channel: String,
    /// What would have become of it.
    pub tried: Vec<Fate>,
    /// What really became of it.
    pub real: Vec<Fate>,
}

impl Difference {
    /// How many more they would have got.
    pub fn gain(&self) -> i64 {
        got(&self.tried) - got(&self.real)
    }
}

fn got(fates: &[Fate]) -> i64 {
    fates.iter().filter(|fate| fate.got).count() as i64
}

/// Where two tallies differ in what people got, by person.
pub fn differences(tried: &Tally, real: &Tally) -> Vec<Difference> {
    let of = |tally: &Tally, saying: &Saying| tally.fates.get(saying).cloned().unwrap_or_default();
    let only_real = real.fates.keys().filter(|saying| !tried.fates.contains_key(*saying));
    let mut sayings: Vec<&Saying> = tried.fates.keys().chain(only_real).collect();
    sayings.sort_unstable();
    let compared = sayings.into_iter().map(|saying| {
        let Saying { who, content, channel } = saying.clone();
        Difference { who, content, channel, tried: of(tried, saying), real: of(real, saying) }
    });
    compared.filter(|difference| difference.gain() != 0).collect()
}

/// How much is recorded of a shop; none if nothing is.
pub async fn recorded(store: &dyn Store, shop: ShopId) -> Result<Option<Recorded>, StoreError> {
    let each = pages(store, shop).try_fold(None, async |known: Option<Recorded>, event| {
        let at = event.received_at;
        let (events, first) = known.map_or((0, at), |known| (known.events, known.first));
        Ok(Some(Recorded { events: events + 1, first, last: at }))
    });
    each.await
}

fn pages(store: &dyn Store, shop: ShopId) -> impl Stream<Item = Result<PendingEvent, StoreError>> + Send {
    let page = move |after: Option<Option<_>>| async move {
        let Some(after) = after else { return Ok(None) };
        let found = store.recorded_events(shop, after, PAGE).await?;
        let next = found.last().map(|event| Some((event.received_at, event.sequence)));
        Ok(Some((stream::iter(found.into_iter().map(Ok)), next)))
    };
    stream::try_unfold(Some(None), page).try_flatten()
}

impl Engine {
    /// Plays what is recorded in another store. Nothing is written there.
    pub async fn replay(
        &self,
        clock: &dyn MovableClock,
        shop: ShopId,
        recorded: &dyn Store,
        until: Timestamp,
        progress: &(dyn Fn(Reached) + Sync),
    ) -> Result<Timeline, StoreError> {
        let lines = pages(recorded, shop).map_ok(|one| LogLine {
            received_at: one.received_at,
            id: one.event.id.clone(),
            item: LogItem::Event(one.origin, Box::new(one.event)),
        });
        self.play(clock, shop, lines, Some(until), progress).await
    }
}

impl Tally {
    /// What came of a strategy in a store.
    pub async fn of(store: &dyn Store, shop: ShopId, strategy: StrategyId, period: Period) -> Result<Self, StoreError> {
        let mut tally = Self::default();
        let filter = RunFilter { strategy: Some(strategy), ..RunFilter::default() };
        let mut page = PageRequest { after: None, limit: PAGE };
        loop {
            let found = store.runs(shop, &filter, &page).await?;
            let in_period = |run: &&Run| run.started_at >= period.from && run.started_at <= period.until;
            let runs: BTreeMap<RunId, &Run> = found.items.iter().filter(in_period).map(|run| (run.id, run)).collect();
            let wanted = Wanted { runs: runs.keys().copied().collect(), ..Wanted::default() };
            let slice = store.load(shop, &wanted).await?;
            let people: BTreeMap<_, &Customer> =
                slice.customers.iter().map(|entry| (entry.value.id, &entry.value)).collect();
            for run in runs.values() {
                *tally.runs.entry(end_of(run, period)).or_default() += 1;
            }
            for message in slice.messages.iter().map(|entry| &entry.value) {
                let is_looked_at = message.recipient.is_none() && message.created_at <= period.until;
                if let Some(run) = runs.get(&message.run).filter(|_| is_looked_at) {
                    let who = people.get(&run.customer).map(|customer| name_of(customer)).unwrap_or_default();
                    tally.add(who, message, period);
                }
            }
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        for fates in tally.fates.values_mut() {
            fates.sort_by(|one, other| (one.at, &one.step, &one.state).cmp(&(other.at, &other.step, &other.state)));
        }
        Ok(tally)
    }

    fn add(&mut self, who: String, message: &Message, period: Period) {
        let state = state_of(message, period);
        *self.messages.entry(state.clone()).or_default() += 1;
        let mut fate = Fate { at: message.created_at, step: message.step.clone(), got: false, state };
        match message.state {
            MessageState::Skipped { reason } if fate.state == SKIPPED => {
                *self.skips.entry(reason.name()).or_default() += 1;
                fate.state = reason.name();
            }
            _ => fate.got = fate.state != WAITS && message.may_have_been_sent(),
        }
        let saying = Saying { who, content: message.content.clone(), channel: message.channel.clone() };
        self.fates.entry(saying).or_default().push(fate);
    }
}

/// The word for what is not over when the period is.
const WAITS: &str = "on its way";
const SKIPPED: &str = "skipped";

fn end_of(run: &Run, period: Period) -> String {
    match run.position {
        Position::Ended { ended_at, reason } if ended_at <= period.until => word(&reason),
        _ => WAITS.to_owned(),
    }
}

fn state_of(message: &Message, period: Period) -> String {
    let known_at = message.completed_at().filter(|at| *at <= period.until);
    match (&message.state, known_at) {
        (_, None) => WAITS.to_owned(),
        (MessageState::Accepted, _) => "accepted".to_owned(),
        (MessageState::Rejected { .. }, _) => "rejected".to_owned(),
        (MessageState::Uncertain, _) => "uncertain".to_owned(),
        (MessageState::Skipped { .. }, _) => SKIPPED.to_owned(),
        (MessageState::HeldOut, _) => "held out".to_owned(),
        // None of the others is complete.
        _ => WAITS.to_owned(),
    }
}

fn word(value: &impl Serialize) -> String {
    let word = serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned));
    word.unwrap_or_default().replace('_', " ")
}

fn name_of(customer: &Customer) -> String {
    let email = customer.email.as_ref().map(|email| email.folded());
    email
        .or_else(|| customer.phone.as_ref().map(ToString::to_string))
        .unwrap_or_else(|| format!("somebody unknown, first heard of at {}", customer.registered_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(fates: &[(&str, &str, bool)]) -> Tally {
        let mut tally = Tally::default();
        for (who, state, got) in fates {
            let (content, channel) = ("reminder".to_owned(), "inbox".to_owned());
            let saying = Saying { who: (*who).to_owned(), content, channel };
            let fate = Fate { at: Timestamp::default(), step: "s".into(), state: (*state).into(), got: *got };
            tally.fates.entry(saying).or_default().push(fate);
        }
        tally
    }

    #[test]
    fn a_difference_is_about_what_somebody_got_and_not_about_how() {
        let tried = tally(&[("ana", "accepted", true), ("ben", "no_consent", false), ("cleo", "accepted", true)]);
        let real = tally(&[("ana", "accepted", true), ("ben", "too_late", false), ("dora", "accepted", true)]);
        let found = differences(&tried, &real);
        let gains: Vec<(&str, i64)> = found.iter().map(|one| (one.who.as_str(), one.gain())).collect();
        assert_eq!(gains, [("cleo", 1), ("dora", -1)]);
        assert!(differences(&real, &real).is_empty());
    }

    #[test]
    fn the_same_twice_is_more_than_once() {
        let once = tally(&[("ana", "accepted", true), ("ana", "capped_by_shop", false)]);
        let twice = tally(&[("ana", "accepted", true), ("ana", "accepted", true)]);
        let found = differences(&twice, &once);
        assert_eq!((found.len(), found[0].gain(), found[0].real[1].state.as_str()), (1, 1, "capped_by_shop"));
    }
}

//! The clock of the database, which all nodes share: due times, windows and leases go by it.
//!
//! It is asked each minute. The answer was told somewhere between question and answer, so half the round trip is taken
//! off, and is also how far the reading can be wrong. In between, this machine's clock goes on from the last reading.

use async_trait::async_trait;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{Clock, Store};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Between two readings.
const EVERY: Span = Span::minutes(1);
/// After a reading that came to nothing.
const AGAIN: Span = Span::seconds(1);
/// How far it may be wrong for anything to be sent by it.
const WITHIN: Span = Span::seconds(2);
/// A reading is good for so long: the clocks of machines drift by far less than two seconds meanwhile.
const GOOD_FOR: Span = Span::minutes(5);

/// One question and its answer: when it was asked and heard by the local clock, and what was told.
#[derive(Debug, Clone, Copy)]
struct Reading {
    asked: Timestamp,
    told: Timestamp,
    heard: Timestamp,
}

impl Reading {
    /// How far the other clock is ahead of the local one.
    fn offset(self) -> Span {
        self.told.since(self.asked + self.error())
    }

    /// How far that can be wrong.
    fn error(self) -> Span {
        Span::from_millis(self.heard.since(self.asked).millis() / 2)
    }
}

/// The time of a database, by a local clock that is corrected.
pub(crate) struct DatabaseClock {
    local: Arc<dyn Clock>,
    last: Mutex<Option<Reading>>,
}

impl DatabaseClock {
    /// Not known yet: as the local clock, and not sure.
    pub(crate) fn new(local: Arc<dyn Clock>) -> Self {
        Self { local, last: Mutex::new(None) }
    }

    /// Asks the database again and again, for as long as it is polled.
    pub(crate) async fn keep_in_step(&self, store: &dyn Store) {
        loop {
            let pause = if self.ask(store).await { EVERY } else { AGAIN };
            self.local.sleep_until(self.local.now() + pause).await;
        }
    }

    /// Asks the database once; whether the answer can be gone by.
    pub(crate) async fn ask(&self, store: &dyn Store) -> bool {
        let asked = self.local.now();
        match store.now().await {
            Ok(told) => self.take(Reading { asked, told, heard: self.local.now() }),
            Err(error) => {
                tracing::warn!(%error, "the database could not be asked for the time");
                false
            }
        }
    }

    fn take(&self, reading: Reading) -> bool {
        let is_good = reading.error() <= WITHIN;
        match is_good {
            true => *self.last() = Some(reading),
            false => tracing::warn!("the database took too long to tell the time"),
        }
        is_good
    }

    fn last(&self) -> MutexGuard<'_, Option<Reading>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        self.local.now() + self.last().map_or(Span::ZERO, Reading::offset)
    }

    async fn sleep_until(&self, moment: Timestamp) {
        loop {
            let missing = moment.since(self.now());
            if missing <= Span::ZERO {
                return;
            }
            // Not longer than until the clock may be corrected.
            self.local.sleep_until(self.local.now() + missing.min(EVERY)).await;
        }
    }

    fn is_sure(&self) -> bool {
        self.last().is_some_and(|reading| self.local.now().since(reading.heard) <= GOOD_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_testkit::clock::{ManualClock, at};
    use cartwright_testkit::database::Database;

    fn clock() -> (Arc<ManualClock>, DatabaseClock) {
        let local = Arc::new(ManualClock::new(at("2026-11-02T10:00:00Z")));
        (local.clone(), DatabaseClock::new(local))
    }

    /// The database is `ahead`, and answers after `trip`, at the end of `until_told` of it.
    fn reading(local: &ManualClock, ahead: Span, until_told: Span, trip: Span) -> Reading {
        let asked = local.now();
        local.advance(trip);
        Reading { asked, told: asked + until_told + ahead, heard: local.now() }
    }

    #[test]
    fn half_the_round_trip_is_taken_off() {
        let (local, clock) = clock();
        let ahead = Span::minutes(7);
        assert!(clock.take(reading(&local, ahead, Span::from_millis(50), Span::from_millis(100))));
        assert_eq!(clock.now(), local.now() + ahead);
        let behind = Span::from_millis(-90_000);
        assert!(clock.take(reading(&local, behind, Span::from_millis(50), Span::from_millis(100))));
        assert_eq!(clock.now(), local.now() + behind);
    }

    #[test]
    fn a_reading_is_never_further_off_than_half_its_round_trip() {
        let trip = Span::seconds(4);
        for until_told in [0, 1, 1_000, 2_000, 3_999, 4_000].map(Span::from_millis) {
            let (local, clock) = clock();
            assert!(clock.take(reading(&local, Span::hours(1), until_told, trip)));
            let off = clock.now().since(local.now() + Span::hours(1)).millis().abs();
            assert!(off <= trip.millis() / 2, "{until_told} {off}");
        }
    }

    #[test]
    fn an_answer_that_took_too_long_is_not_gone_by() {
        let (local, clock) = clock();
        assert!(!clock.is_sure(), "nothing is known yet");
        assert!(!clock.take(reading(&local, Span::ZERO, Span::seconds(2), Span::from_millis(4_002))));
        assert!(!clock.is_sure());
        assert!(clock.take(reading(&local, Span::ZERO, Span::seconds(2), Span::seconds(4))));
        assert!(clock.is_sure());
        local.advance(GOOD_FOR);
        assert!(clock.is_sure());
        local.advance(Span::from_millis(1));
        assert!(!clock.is_sure(), "nobody answered for too long");
    }

    #[tokio::test]
    async fn a_sleeper_wakes_by_the_databases_clock() {
        let (local, clock) = clock();
        assert!(clock.take(reading(&local, Span::hours(1), Span::ZERO, Span::ZERO)));
        let clock = Arc::new(clock);
        let moment = clock.now() + Span::seconds(30);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(moment).await }
        });
        local.advance(Span::seconds(29));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        local.advance(Span::seconds(1));
        sleeper.await.unwrap();
    }

    #[tokio::test]
    async fn the_database_is_asked() {
        let (_, clock) = clock();
        let store = Database::memory().await.store();
        assert!(clock.ask(&*store).await && clock.is_sure());
        let off = clock.now().since(store.now().await.unwrap()).millis();
        assert!((-60_000..=0).contains(&off), "{off}");
    }
}

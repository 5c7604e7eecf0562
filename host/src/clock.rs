//! Time: the only place that asks the operating system for it.

use async_trait::async_trait;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::MovableClock;
use cartwright_engine::ports::Clock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The time of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

/// Nobody sleeps longer than this in one go, so that a corrected clock is noticed.
const LONGEST_NAP: Duration = Duration::from_secs(60);

#[expect(clippy::disallowed_methods, reason = "the one clock that everything else is handed")]
fn system_now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

/// The time of this machine at the start, and as much later as has passed since: nobody who sets the machine's clock
/// moves it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SteadyClock {
    started: Timestamp,
    stopwatch: Stopwatch,
}

impl SteadyClock {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self { started: system_now(), stopwatch: Stopwatch::start() }
    }
}

#[async_trait]
impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.started + Span::from_millis(i64::try_from(self.stopwatch.micros() / 1_000).unwrap_or(i64::MAX))
    }

    async fn sleep_until(&self, moment: Timestamp) {
        while self.now() < moment {
            nap(moment.since(self.now())).await;
        }
    }
}

/// How long something takes on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "lengths of time are measured here only")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since the start.
    pub(crate) fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock that everything else is handed")]
async fn nap(span: Span) {
    let millis = u64::try_from(span.millis()).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(millis).min(LONGEST_NAP)).await;
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        system_now()
    }

    async fn sleep_until(&self, moment: Timestamp) {
        while self.now() < moment {
            nap(moment.since(self.now())).await;
        }
    }
}

/// The time of this machine, and as much later as somebody skipped.
#[derive(Debug)]
pub(crate) struct SkipClock {
    ahead: watch::Sender<Span>,
}

impl SkipClock {
    /// Nothing skipped yet.
    pub(crate) fn new() -> Self {
        Self { ahead: watch::Sender::new(Span::ZERO) }
    }
}

#[async_trait]
impl Clock for SkipClock {
    fn now(&self) -> Timestamp {
        system_now() + *self.ahead.borrow()
    }

    async fn sleep_until(&self, moment: Timestamp) {
        let mut skips = self.ahead.subscribe();
        while self.now() < moment {
            tokio::select! {
                () = nap(moment.since(self.now())) => {}
                _ = skips.changed() => {}
            }
        }
    }
}

impl MovableClock for SkipClock {
    fn move_to(&self, moment: Timestamp) {
        let missing = moment.since(self.now());
        if missing > Span::ZERO {
            self.ahead.send_modify(|ahead| *ahead = Span::from_millis(ahead.millis() + missing.millis()));
        }
    }
}

/// A time of its own: it stands still until it is moved, and so a simulation takes no time.
#[derive(Debug)]
pub(crate) struct VirtualClock {
    now: watch::Sender<Timestamp>,
}

impl VirtualClock {
    /// Stands at `start`.
    pub(crate) fn new(start: Timestamp) -> Self {
        Self { now: watch::Sender::new(start) }
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, moment: Timestamp) {
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = self.now.subscribe().wait_for(|now| *now >= moment).await;
    }
}

impl MovableClock for VirtualClock {
    fn move_to(&self, moment: Timestamp) {
        self.now.send_modify(|now| *now = (*now).max(moment));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_skip_wakes_whoever_sleeps_until_a_moment_on_the_way() {
        let clock = Arc::new(SkipClock::new());
        let in_an_hour = clock.now() + Span::hours(1);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(in_an_hour).await }
        });
        clock.move_to(in_an_hour + Span::minutes(1));
        sleeper.await.unwrap();
        assert!(clock.now() >= in_an_hour);
    }

    #[test]
    fn no_clock_goes_back() {
        let start = Timestamp::from_millis(1_000_000);
        let clock = VirtualClock::new(start);
        clock.move_to(start - Span::hours(1));
        assert_eq!(clock.now(), start);
        let skipped = SkipClock::new();
        let before = skipped.now();
        skipped.move_to(before - Span::hours(1));
        assert!(skipped.now() >= before);
    }
}

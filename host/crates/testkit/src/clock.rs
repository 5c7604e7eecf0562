//! Time and chance in the hands of the test.

use async_trait::async_trait;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::MovableClock;
use cartwright_engine::ports::{Clock, Entropy};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// A moment for tests, from RFC 3339.
///
/// # Panics
/// If the text is none.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// A clock that stands still until it is told otherwise. Whoever sleeps on it wakes when it gets there.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// Stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Goes on by a length of time.
    pub fn advance(&self, span: Span) {
        self.now.send_modify(|now| *now = *now + span);
    }
}

impl MovableClock for ManualClock {
    fn move_to(&self, moment: Timestamp) {
        self.now.send_modify(|now| *now = (*now).max(moment));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, moment: Timestamp) {
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = self.now.subscribe().wait_for(|now| *now >= moment).await;
    }
}

/// The same chance in every run of a test: seeds are counted from a first one.
#[derive(Debug)]
pub struct SeededEntropy {
    next: AtomicU64,
}

impl SeededEntropy {
    /// The row of seeds that begins at `first`.
    pub fn new(first: u64) -> Self {
        Self { next: AtomicU64::new(first) }
    }
}

impl Entropy for SeededEntropy {
    fn seed(&self) -> [u8; 32] {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut seed = [0; 32];
        for (place, part) in seed.chunks_exact_mut(8).enumerate() {
            part.copy_from_slice(&mixed(number ^ (place as u64) << 56).to_be_bytes());
        }
        seed
    }
}

/// Spreads neighbouring numbers over all bits (the finaliser of SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_gets_there_and_not_before() {
        let clock = Arc::new(ManualClock::new(at("2026-11-02T10:00:00Z")));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(at("2026-11-02T14:00:00Z")).await }
        });
        clock.advance(Span::hours(3));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Span::hours(1));
        sleeper.await.unwrap();
        clock.move_to(at("2026-11-02T11:00:00Z"));
        assert_eq!(clock.now(), at("2026-11-02T14:00:00Z"));
    }

    #[test]
    fn chance_is_the_same_in_every_run_and_differs_from_seed_to_seed() {
        let (one, other) = (SeededEntropy::new(7), SeededEntropy::new(7));
        let first = one.seed();
        assert_eq!(first, other.seed());
        assert_ne!(first, one.seed());
        assert_ne!(first[..8], first[8..16]);
    }
}

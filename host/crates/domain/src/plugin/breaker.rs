//! The circuit breaker of one version of a plugin in one shop (S13): counted in subjects, over the last 50 or since the
//! version came to its stage. It opens at 5 failures and more than half. While it is open, runs hold at that step, and
//! one subject at a time is asked as a probe; the first good answer closes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::time::{Span, Timestamp};

/// Subjects that are looked back on.
pub const WINDOW: u32 = 50;
/// Failures that open it, if they are more than half.
pub const FAILURES: u32 = 5;
/// Between two probes: as often as a run that holds looks again.
pub const BETWEEN_PROBES: Span = crate::plan::LOOK_AGAIN;

/// A circuit breaker. As new it is closed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Breaker {
    /// The newest subjects, one bit each, the newest lowest; a failure is 1.
    failed: u64,
    /// How many bits of it count.
    seen: u32,
    /// Since when it is open, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<Opened>,
}

/// An open breaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    /// Since when.
    pub since: Timestamp,
    /// Subjects it had failed on then.
    pub failures: u32,
    /// Of so many.
    pub subjects: u32,
    /// When the next probe may go.
    pub probe_at: Timestamp,
    /// Probes so far.
    pub probes: u32,
}

impl Breaker {
    /// Whether runs hold.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Since when and why it is open.
    pub fn opened(&self) -> Option<&Opened> {
        self.open.as_ref()
    }

    /// Whether nothing speaks against the version.
    pub fn is_as_new(&self) -> bool {
        self.failed == 0 && self.open.is_none()
    }

    /// Failures among the subjects it looks back on.
    pub fn failures(&self) -> u32 {
        self.failed.count_ones()
    }

    /// The subjects it looks back on.
    pub fn subjects(&self) -> u32 {
        self.seen
    }

    /// Counts a subject; whether that opens it.
    pub fn count(&mut self, failed: bool, now: Timestamp) -> bool {
        if self.is_open() {
            return false;
        }
        let window = (1 << WINDOW) - 1;
        self.failed = (self.failed << 1 | u64::from(failed)) & window;
        self.seen = (self.seen + 1).min(WINDOW);
        let (failures, subjects) = (self.failures(), self.seen);
        if failures < FAILURES || failures * 2 <= subjects {
            return false;
        }
        // Whatever opened it is told apart from the first probe by a rest.
        let probe_at = now + BETWEEN_PROBES;
        self.open = Some(Opened { since: now, failures, subjects, probe_at, probes: 0 });
        true
    }

    /// Takes the right to one probe; its number, so that every time another subject is asked. Nobody else has it until
    /// the probe is counted, or long enough has passed.
    pub fn take_probe(&mut self, now: Timestamp) -> Option<u32> {
        let open = self.open.as_mut().filter(|open| open.probe_at <= now)?;
        open.probe_at = now + BETWEEN_PROBES;
        open.probes += 1;
        Some(open.probes - 1)
    }

    /// Counts a probe; whether that closes it. It begins anew then.
    pub fn count_probe(&mut self, failed: bool) -> bool {
        if failed || self.open.is_none() {
            return false;
        }
        *self = Self::default();
        true
    }
}

/// What an answer counts as: a failure, an answer, or nothing because the version was not even asked. What it says on
/// purpose about its input is an answer.
pub fn counts<T>(result: Result<T, Problem>) -> Option<bool> {
    match result {
        Ok(_) | Err(Problem::BadInput | Problem::MissingFact | Problem::BadConfig | Problem::NotSupported) => {
            Some(false)
        }
        Err(Problem::Busy | Problem::NotInstalled | Problem::Held | Problem::FactNotRecorded) => None,
        Err(
            Problem::Fault
            | Problem::Trap
            | Problem::TimeOut
            | Problem::Memory
            | Problem::InvalidAnswer
            | Problem::TooLarge
            | Problem::FactNotDeclared
            | Problem::NotGranted,
        ) => Some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn counted(outcomes: &[bool]) -> Breaker {
        let mut breaker = Breaker::default();
        for failed in outcomes {
            breaker.count(*failed, at(0));
        }
        breaker
    }

    #[test]
    fn s13_it_opens_at_five_failures_and_more_than_half() {
        assert!(!counted(&[true; 4]).is_open());
        assert!(counted(&[true; 5]).is_open());
        let half: Vec<bool> = (0..10).map(|n| n % 2 == 1).collect();
        assert!(!counted(&half).is_open());
        assert!(counted(&[half, vec![true]].concat()).is_open());
    }

    #[test]
    fn s13_one_probe_at_a_time_closes_it_or_leaves_it_open() {
        let mut breaker = counted(&[true; 5]);
        assert_eq!(breaker.take_probe(at(59)), None);
        assert_eq!(breaker.take_probe(at(60)), Some(0));
        assert_eq!(breaker.take_probe(at(61)), None, "the probe is under way");
        assert!(!breaker.count_probe(true) && breaker.is_open());
        assert_eq!(breaker.take_probe(at(120)), Some(1), "another subject");
        assert!(breaker.count_probe(false));
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn s13_what_a_plugin_says_on_purpose_is_an_answer() {
        assert_eq!(counts(Ok(())), Some(false));
        assert_eq!(counts::<()>(Err(Problem::BadInput)), Some(false));
        assert_eq!(counts::<()>(Err(Problem::MissingFact)), Some(false));
        assert_eq!(counts::<()>(Err(Problem::Trap)), Some(true));
        assert_eq!(counts::<()>(Err(Problem::Busy)), None);
    }

    proptest! {
        #[test]
        fn s13_it_is_open_from_the_first_window_that_is_bad_enough(outcomes in prop::collection::vec(any::<bool>(), 0..200)) {
            let bad = |end: usize| {
                let window = &outcomes[end.saturating_sub(WINDOW as usize)..end];
                let failures = window.iter().filter(|failed| **failed).count();
                failures >= FAILURES as usize && failures * 2 > window.len()
            };
            let first = (1..=outcomes.len()).find(|end| bad(*end));
            let mut breaker = Breaker::default();
            let opened = outcomes.iter().position(|failed| breaker.count(*failed, at(0))).map(|place| place + 1);
            prop_assert_eq!(opened, first);
            prop_assert_eq!(breaker.is_open(), first.is_some());
        }

        #[test]
        fn s13_good_answers_never_open_it(before in prop::collection::vec(any::<bool>(), 0..60), after in 0_usize..60) {
            let mut breaker = counted(&before);
            let was = breaker.is_open();
            for _ in 0..after {
                prop_assert!(!breaker.count(false, at(0)));
            }
            prop_assert_eq!(breaker.is_open(), was);
        }

        #[test]
        fn s13_there_is_no_more_than_one_probe_in_its_time(asked in prop::collection::vec(0_i64..200, 0..100)) {
            let mut breaker = counted(&[true; 5]);
            let mut asked = asked;
            asked.sort_unstable();
            let taken: Vec<i64> = asked.into_iter().filter(|second| breaker.take_probe(at(*second)).is_some()).collect();
            for pair in taken.windows(2) {
                prop_assert!(pair[1] - pair[0] >= 60);
            }
        }
    }
}

//! Figures of a version in service: what is counted, and what it comes to. Times fall into buckets that double, so
//! that figures of many nodes and days can be added.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

use super::{PluginFailure, Usage};

/// Counted figures by name. Those whose name begins with `max_` are the greatest, all others sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<String, u64>);

const CALLS: &str = "calls";
const SUBJECTS: &str = "subjects";
const FAILED: &str = "failed ";
const BUCKET: &str = "bucket ";
const MEMORY: &str = "max_memory_bytes";
const SLOWEST: &str = "max_micros";

impl Tally {
    /// Adds to a figure, or raises it.
    pub fn add(&mut self, name: &str, value: u64) {
        let figure = self.0.entry(name.to_owned()).or_default();
        *figure = if name.starts_with("max_") { value.max(*figure) } else { figure.saturating_add(value) };
    }

    /// Counts a call over the boundary, of however many subjects.
    pub fn call(&mut self) {
        self.add(CALLS, 1);
    }

    /// Counts one subject of a call, or the whole call of a plugin that has none.
    pub fn subject(&mut self, usage: Usage, failure: Option<&PluginFailure>) {
        self.add(SUBJECTS, 1);
        // Bucket n holds what took less than 2^n microseconds.
        self.add(&format!("{BUCKET}{:02}", u64::BITS - usage.micros.leading_zeros()), 1);
        self.add(SLOWEST, usage.micros);
        self.add(MEMORY, usage.memory_bytes);
        if let Some(failure) = failure {
            self.add(&format!("{FAILED}{}", failure.problem), 1);
        }
    }

    /// Takes everything that was counted.
    pub fn take(&mut self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.0)
    }

    /// What it comes to.
    pub fn figures(&self) -> Figures {
        let get = |name: &str| self.0.get(name).copied().unwrap_or_default();
        let by = |prefix: &str| {
            let named = self.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), *value)));
            named.collect::<BTreeMap<String, u64>>()
        };
        let buckets = by(BUCKET);
        let slowest = get(SLOWEST);
        Figures {
            calls: get(CALLS),
            subjects: get(SUBJECTS),
            p50_micros: percentile(&buckets, 50, slowest),
            p95_micros: percentile(&buckets, 95, slowest),
            p99_micros: percentile(&buckets, 99, slowest),
            slowest_micros: slowest,
            memory_bytes: get(MEMORY),
            failures: by(FAILED),
        }
    }
}

/// The upper end of the bucket in which a percentile falls, and never more than the slowest.
fn percentile(buckets: &BTreeMap<String, u64>, percent: u64, slowest: u64) -> u64 {
    let total: u64 = buckets.values().sum();
    let mut below = 0;
    for (bucket, count) in buckets {
        below += count;
        if below * 100 >= total * percent {
            let end = bucket.parse().map_or(u64::MAX, |bits: u32| 1_u64.checked_shl(bits).unwrap_or(u64::MAX));
            return end.min(slowest);
        }
    }
    0
}

/// What a version did, and what it took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Figures {
    /// Calls over the boundary: batches of subjects, steps of a task, webhooks.
    pub calls: u64,
    /// Subjects, documents or tasks in them.
    pub subjects: u64,
    /// Half of them took less than this, in microseconds; to the next power of two.
    pub p50_micros: u64,
    /// 95 of a hundred took less.
    pub p95_micros: u64,
    /// 99 of a hundred took less.
    pub p99_micros: u64,
    /// The slowest.
    pub slowest_micros: u64,
    /// Most memory that one instance had.
    pub memory_bytes: u64,
    /// Failures by what they were.
    pub failures: BTreeMap<String, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Problem;

    #[test]
    fn percentiles_are_the_ends_of_buckets_and_the_slowest_at_most() {
        let mut tally = Tally::default();
        assert_eq!(tally.figures(), Figures::default());
        tally.call();
        for micros in 1..=100 {
            tally.subject(Usage { micros, memory_bytes: micros * 10 }, None);
        }
        let failure = PluginFailure::new(Problem::Trap, "unreachable");
        tally.subject(Usage::default(), Some(&failure));
        let figures = tally.figures();
        assert_eq!((figures.calls, figures.subjects), (1, 101));
        assert_eq!((figures.p50_micros, figures.p95_micros, figures.p99_micros), (64, 100, 100));
        assert_eq!((figures.slowest_micros, figures.memory_bytes), (100, 1_000));
        assert_eq!(figures.failures, BTreeMap::from([("trap".to_owned(), 1)]));
    }

    #[test]
    fn tallies_of_two_nodes_add_up() {
        let mut tallies = [Tally::default(), Tally::default()];
        for (place, tally) in tallies.iter_mut().enumerate() {
            tally.subject(Usage { micros: 10 << place, memory_bytes: 5 }, None);
        }
        let mut both = Tally::default();
        for (name, value) in tallies.iter_mut().flat_map(Tally::take) {
            both.add(&name, value);
        }
        let figures = both.figures();
        assert_eq!((figures.subjects, figures.slowest_micros, figures.memory_bytes), (2, 20, 5));
    }
}

//! Ranges of time in rules (S37). Whole days are those of the shop's zone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::Subject;
use crate::local::{Day, TimeOfDay};
use crate::publish::{FaultCode, StrategyFault, local_fault};
use crate::shop::Shop;
use crate::time::{Span, Timestamp};
use crate::written::Written;
use crate::zone::{self, Zone};

/// A range of time, as of the moment of the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// In the past so many whole days, and today.
    WithinDays(u32),
    /// Longer ago than that: its complement.
    MoreThanDaysAgo(u32),
    /// From so many whole days ago to so many; 0 is today.
    DaysAgo(DaysAgo),
    /// Rolling: in the past length of time, to the millisecond.
    Within(Span),
    /// Between two dates, both included.
    Between(Dates),
    /// From a moment of the run on.
    Since(Anchor),
}

/// Whole days ago: `{"from": 0, "to": 1}` is today and yesterday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DaysAgo {
    /// The nearer.
    pub from: u32,
    /// The further.
    pub to: u32,
}

/// Two dates such as `2026-12-24`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// The first.
    pub from: Written<Day>,
    /// The last.
    pub to: Written<Day>,
}

/// A moment of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// Its first trigger event.
    RunStart,
    /// Its last message; its first trigger event while there is none.
    LastMessage,
}

/// From an instant on and before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The first.
    pub since: Timestamp,
    /// The first behind it.
    pub until: Timestamp,
}

/// The furthest that anything looks back in days.
const FURTHEST: u32 = 36_500;
const FIRST: Timestamp = Timestamp::from_millis(i64::MIN);
const LAST: Timestamp = Timestamp::from_millis(i64::MAX);

impl Times {
    /// All of time.
    pub const ALL: Self = Self { since: FIRST, until: LAST };

    /// Whether an instant is inside.
    pub fn contain(&self, at: Timestamp) -> bool {
        (self.since..self.until).contains(&at)
    }
}

/// The whole of a day.
pub(super) fn day(zone: &Zone, day: Day) -> Times {
    let begins = |day| zone.instant(day, TimeOfDay::MIDNIGHT);
    Times { since: begins(day), until: begins(day.plus(1)) }
}

/// The zone that days of rules are in.
pub(super) fn zone_of(shop: &Shop) -> Zone {
    zone::of_shop(shop).zones.swap_remove(0)
}

impl Range {
    /// The range as of a subject's moment.
    pub fn times(&self, subject: &Subject) -> Times {
        match self {
            Self::Since(Anchor::RunStart) => Times { since: subject.started_at, until: LAST },
            Self::Since(Anchor::LastMessage) => {
                Times { since: subject.own.last_message_at.unwrap_or(subject.started_at), until: LAST }
            }
            _ => self.times_at(subject.now, &subject.shop),
        }
    }

    /// The range at a moment; all of time where only a run knows.
    pub fn times_at(&self, now: Timestamp, shop: &Shop) -> Times {
        let zone = zone_of(shop);
        let ago = |days: u32| zone.wall(now).day().plus(-i64::from(days.min(FURTHEST)));
        match self {
            Self::WithinDays(days) => Times { since: day(&zone, ago(*days)).since, until: day(&zone, ago(0)).until },
            Self::MoreThanDaysAgo(days) => Times { since: FIRST, until: day(&zone, ago(*days)).since },
            Self::DaysAgo(DaysAgo { from, to }) => {
                Times { since: day(&zone, ago(*to)).since, until: day(&zone, ago(*from)).until }
            }
            Self::Within(span) => Times { since: now - *span, until: now + Span::from_millis(1) },
            // Publishing refuses what is no date.
            Self::Between(Dates { from, to }) => Times {
                since: from.get().map_or(LAST, |from| day(&zone, from).since),
                until: to.get().map_or(FIRST, |to| day(&zone, to).until),
            },
            Self::Since(_) => Times::ALL,
        }
    }

    pub(super) fn faults(&self, path: &str, faults: &mut Vec<StrategyFault>) {
        let mut days = |name: &str, days: u32| {
            if days > FURTHEST {
                let message = FaultCode::RangeTooFar.with([("n", &FURTHEST)]);
                faults.push(StrategyFault::error(format!("{path}.{name}"), message));
            }
        };
        match self {
            Self::WithinDays(count) => days("within_days", *count),
            Self::MoreThanDaysAgo(count) => days("more_than_days_ago", *count),
            Self::DaysAgo(DaysAgo { from, to }) => {
                days("days_ago.to", *to);
                if from > to {
                    let message = FaultCode::RangeReversed.with([("from", from), ("to", to)]);
                    faults.push(StrategyFault::error(format!("{path}.days_ago"), message));
                }
            }
            Self::Within(span) if *span <= Span::ZERO => {
                faults.push(StrategyFault::error(format!("{path}.within"), FaultCode::RangeEmpty));
            }
            Self::Within(_) | Self::Since(_) => {}
            Self::Between(Dates { from, to }) => {
                for (name, date) in [("from", from), ("to", to)] {
                    let path = format!("{path}.between.{name}");
                    faults.extend(date.fault().map(|error| StrategyFault::error(path, local_fault(&error))));
                }
                if let (Some(from), Some(to)) = (from.get(), to.get())
                    && from > to
                {
                    let message = FaultCode::DatesReversed.with([("from", &from), ("to", &to)]);
                    faults.push(StrategyFault::error(format!("{path}.between"), message));
                }
            }
        }
    }
}

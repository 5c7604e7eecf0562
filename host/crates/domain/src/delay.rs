//! Delays (S05): how long a run waits at a step.
//!
//! Elapsed time counts milliseconds and knows no zone. Local times are found anew whenever they are asked for, so a
//! customer who moves to another zone takes their waits along.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fact::FactRead;
use crate::facts::Subject;
use crate::local::{Day, TimeOfDay, Weekday, ZoneChoice};
use crate::time::{Span, Timestamp};
use crate::written::Written;
use crate::zone::{self, Zone};

/// A wait: `for` a length of time, or `until` a local time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// So long; days of 24 hours, whatever the clocks do.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Or until a local time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// Where it counts from.
    #[serde(default, skip_serializing_if = "Since::is_default")]
    pub from: Since,
    /// Whose clock `until` means: `customer` (as far as their zone is known), `shop`, or an IANA name.
    #[serde(default, skip_serializing_if = "ZoneChoice::is_default")]
    pub zone: ZoneChoice,
    /// Then.
    pub next: String,
}

/// Where a wait counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// The step before is complete.
    #[default]
    PreviousStep,
    /// The newest trigger event of the run occurred.
    NewestTrigger,
}

impl Since {
    fn is_default(&self) -> bool {
        *self == Self::PreviousStep
    }
}

/// A local time that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Until {
    /// A time of day so many days later.
    DaysLater {
        /// 1 is tomorrow.
        days: u16,
        /// The time of day.
        at: Written<TimeOfDay>,
    },
    /// The next time of day after a cut-off: what is still open at the end of minute 23:59 goes on at 08:00 of the day
    /// after, and what begins at 00:30 waits until tomorrow.
    CutOff {
        /// The last minute before the cut-off.
        after: Written<TimeOfDay>,
        /// The time of day.
        at: Written<TimeOfDay>,
    },
    /// The next of these days of the week.
    Weekday {
        /// Which.
        days: Vec<Written<Weekday>>,
        /// The time of day; without one, as soon as it is such a day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Written<TimeOfDay>>,
    },
    /// The date in an attribute of the customer.
    Attribute {
        /// The attribute: a date such as `2026-12-24`, or a moment.
        name: String,
        /// So many days later, or earlier where negative.
        #[serde(default, skip_serializing_if = "is_zero")]
        offset_days: i16,
        /// Its next anniversary, for birthdays.
        #[serde(default, skip_serializing_if = "is_false")]
        yearly: bool,
        /// The time of day.
        at: Written<TimeOfDay>,
        /// The step for those whose date is not known, is past, or is more than five years off.
        otherwise: String,
    },
}

pub(crate) fn is_zero(number: &i16) -> bool {
    *number == 0
}

pub(crate) fn is_false(truth: &bool) -> bool {
    !truth
}

/// The longest wait: what is longer is a typing mistake, and no calendar has to hold it.
pub const LONGEST: Span = Span::days(5 * 366);

/// What a wait comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due<'a> {
    /// It ends then.
    At(Timestamp),
    /// There is nothing to wait for; this step is next.
    Otherwise(&'a str),
}

impl Delay {
    /// Every step that may come next.
    pub fn ways(&self) -> Vec<&str> {
        match &self.until {
            Some(Until::Attribute { otherwise, .. }) => vec![&self.next, otherwise],
            _ => vec![&self.next],
        }
    }

    /// Whether the end of the wait depends on who the customer is and where they are.
    pub fn is_local(&self) -> bool {
        self.until.is_some()
    }

    /// When it ends. `since` is when the step before was complete, `newest_trigger_at` when the newest trigger event
    /// occurred; it never ends before it began.
    pub fn due(
        &self,
        since: Timestamp,
        newest_trigger_at: Timestamp,
        subject: &Subject,
        reads: &mut Vec<FactRead>,
    ) -> Due<'_> {
        let base = match self.from {
            Since::PreviousStep => since,
            Since::NewestTrigger => newest_trigger_at,
        };
        let Some(until) = &self.until else { return Due::At((base + self.span.unwrap_or(Span::ZERO)).max(since)) };
        let place = zone::chosen(&self.zone, &subject.customer, &subject.shop);
        let place = zone::sole(place, &subject.shop, base);
        reads.push(place.read("delay.zone"));
        match until.instant(base, &place.zones[0], subject, reads) {
            Ok(at) => Due::At(at.max(since)),
            Err(otherwise) => Due::Otherwise(otherwise),
        }
    }
}

/// Publishing refuses what is no time of day.
fn time(written: &Written<TimeOfDay>) -> TimeOfDay {
    written.get().unwrap_or(TimeOfDay::MIDNIGHT)
}

impl Until {
    fn instant(
        &self,
        base: Timestamp,
        zone: &Zone,
        subject: &Subject,
        reads: &mut Vec<FactRead>,
    ) -> Result<Timestamp, &str> {
        let begun = zone.wall(base);
        match self {
            Self::DaysLater { days, at } => Ok(zone.instant(begun.day().plus(i64::from(*days)), time(at))),
            Self::CutOff { after, at } => {
                let cut_off_day = if begun.time() > time(after) { begun.day().plus(1) } else { begun.day() };
                let day = if time(at) > time(after) { cut_off_day } else { cut_off_day.plus(1) };
                Ok(zone.instant(day, time(at)))
            }
            Self::Weekday { days, at } => Ok(next_weekday(base, zone, days, at.as_ref()).unwrap_or(base)),
            Self::Attribute { name, offset_days, yearly, at, otherwise } => {
                let day = subject.attribute(name, reads).and_then(|value| day_of(value, zone));
                let instant = |day: Day| zone.instant(day.plus(i64::from(*offset_days)), time(at));
                let coming = |at: &Timestamp| *at >= base && *at <= base + LONGEST;
                let found = match (day, yearly) {
                    (Some(day), false) => Some(instant(day)).filter(coming),
                    (Some(day), true) => {
                        let (_, month, date) = day.civil();
                        let (year, ..) = begun.day().civil();
                        // A year of days before or after it may lie between the date and what is waited for.
                        let days = (year.saturating_sub(2)..=year.saturating_add(3))
                            .filter_map(|year| Day::new_or_next(year, month, date));
                        days.map(instant).find(coming)
                    }
                    (None, _) => None,
                };
                found.ok_or(otherwise.as_str())
            }
        }
    }
}

fn next_weekday(
    base: Timestamp,
    zone: &Zone,
    days: &[Written<Weekday>],
    at: Option<&Written<TimeOfDay>>,
) -> Option<Timestamp> {
    let today = zone.wall(base).day();
    let named = |day: Day| days.iter().any(|weekday| weekday.get() == Some(day.weekday()));
    // Three weeks: a zone may have left out the day of the next one.
    let coming = (0..21).map(|ahead| today.plus(ahead)).filter(|day| named(*day) && zone.has(*day));
    match at {
        Some(at) => coming.map(|day| zone.instant(day, time(at))).find(|instant| *instant >= base),
        None => coming.map(|day| zone.instant(day, TimeOfDay::MIDNIGHT).max(base)).next(),
    }
}

/// A date as it stands, or the day of a moment where the customer is.
pub(crate) fn day_of(value: &Value, zone: &Zone) -> Option<Day> {
    let text = value.as_str()?.trim();
    Day::read(text).or_else(|| text.parse().ok().map(|moment: Timestamp| zone.wall(moment).day()))
}

//! The clock on the wall and the leaf of the calendar, before anybody says in which zone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Milliseconds of a day on the wall.
pub(crate) const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;

/// A time of day, to the minute; as the end of something also `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(i64);

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A text that names nothing on a clock or calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// Not HH:MM.
    #[error("`{0}` is no time of day; write it like 08:00")]
    TimeOfDay(String),
    /// Not YYYY-MM-DD.
    #[error("`{0}` is no date; write it like 2026-12-24")]
    Day(String),
    /// Not a day of the week.
    #[error("`{0}` is no day of the week; the days are mon, tue, wed, thu, fri, sat and sun")]
    Weekday(String),
}

/// What a clock and a calendar on one wall show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wall(i64);

impl Wall {
    /// A day at a time of day.
    pub fn new(day: Day, time: TimeOfDay) -> Self {
        Self(day.0.saturating_mul(DAY).saturating_add(i64::from(time.0) * MINUTE))
    }

    /// From milliseconds since 1970 began on this wall.
    pub(crate) const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970 began on this wall.
    pub(crate) const fn millis(self) -> i64 {
        self.0
    }

    /// The day.
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(DAY))
    }

    /// The minute that runs.
    pub const fn time(self) -> TimeOfDay {
        TimeOfDay((self.0.rem_euclid(DAY) / MINUTE) as u16)
    }
}

impl TimeOfDay {
    /// The beginning of a day.
    pub const MIDNIGHT: Self = Self(0);
    /// The end of a day.
    pub const END: Self = Self(1440);

    /// Minutes since the day began.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl Day {
    /// Before everything that is written with four digits of a year.
    pub const FIRST: Self = Self(-719_528);
    /// After everything that is.
    pub const LAST: Self = Self(2_932_896);

    /// From the calendar.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        let since = jiff::civil::Date::new(year, month, day).ok()?.duration_since(EPOCH);
        Some(Self(since.as_hours().div_euclid(24)))
    }

    /// The same, with the day after for a 29 February that the year does not have (S05).
    pub fn new_or_next(year: i16, month: i8, day: i8) -> Option<Self> {
        Self::new(year, month, day).or_else(|| (month == 2 && day == 29).then(|| Self::new(year, 3, 1)).flatten())
    }

    /// A date as somebody else wrote it, who may think that every year has a 29 February.
    pub fn read(text: &str) -> Option<Self> {
        civil(text).and_then(|(year, month, day)| Self::new_or_next(year, month, day))
    }

    /// Year, month and day.
    pub fn civil(self) -> (i16, i8, i8) {
        let span = jiff::SignedDuration::from_hours(self.0.saturating_mul(24));
        let date = EPOCH.checked_add(span).unwrap_or(EPOCH);
        (date.year(), date.month(), date.day())
    }

    /// So many days later, or earlier.
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Its day of the week.
    pub const fn weekday(self) -> Weekday {
        // 1970 began on a Thursday.
        Weekday::ALL[(self.0 + 3).rem_euclid(7) as usize]
    }
}

const EPOCH: jiff::civil::Date = jiff::civil::Date::constant(1970, 1, 1);

impl Weekday {
    /// From Monday on.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    /// The word of the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Monday => "mon",
            Self::Tuesday => "tue",
            Self::Wednesday => "wed",
            Self::Thursday => "thu",
            Self::Friday => "fri",
            Self::Saturday => "sat",
            Self::Sunday => "sun",
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A number of exactly so many digits.
fn digits<T: FromStr>(text: &str, count: usize) -> Option<T> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `2026-12-24` as its numbers.
fn civil(text: &str) -> Option<(i16, i8, i8)> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Some((digits(year, 4)?, digits(month, 2)?, digits(day, 2)?))
}

impl FromStr for TimeOfDay {
    type Err = LocalError;
    fn from_str(text: &str) -> Result<Self, LocalError> {
        let read = || {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute): (u16, u16) = (digits(hour, 2)?, digits(minute, 2)?);
            (minute < 60 && hour * 60 + minute <= 1440).then_some(Self(hour * 60 + minute))
        };
        read().ok_or_else(|| LocalError::TimeOfDay(text.to_owned()))
    }
}

impl FromStr for Day {
    type Err = LocalError;
    fn from_str(text: &str) -> Result<Self, LocalError> {
        let day = civil(text).and_then(|(year, month, day)| Self::new(year, month, day));
        day.ok_or_else(|| LocalError::Day(text.to_owned()))
    }
}

impl TryFrom<String> for Day {
    type Error = LocalError;
    fn try_from(text: String) -> Result<Self, LocalError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl FromStr for Weekday {
    type Err = LocalError;
    fn from_str(text: &str) -> Result<Self, LocalError> {
        let found = Self::ALL.into_iter().find(|day| day.word() == text);
        found.ok_or_else(|| LocalError::Weekday(text.to_owned()))
    }
}

/// In which zone a local rule is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ZoneChoice {
    /// The customer's, as far as it is known (S04).
    #[default]
    Customer,
    /// The shop's.
    Shop,
    /// This one, by its IANA name.
    Named(String),
}

impl From<String> for ZoneChoice {
    fn from(text: String) -> Self {
        match text.as_str() {
            "customer" => Self::Customer,
            "shop" => Self::Shop,
            _ => Self::Named(text),
        }
    }
}

impl From<ZoneChoice> for String {
    fn from(choice: ZoneChoice) -> String {
        match choice {
            ZoneChoice::Customer => "customer".into(),
            ZoneChoice::Shop => "shop".into(),
            ZoneChoice::Named(name) => name,
        }
    }
}

impl ZoneChoice {
    /// Whether nothing else was said.
    pub fn is_default(&self) -> bool {
        *self == Self::Customer
    }
}

impl JsonSchema for ZoneChoice {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ZoneChoice".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "`customer` (the zone where the customer is, as far as it is known), `shop`, or an IANA name such as Europe/Berlin."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_days_and_weekdays_read_and_write_as_people_do() {
        for text in ["00:00", "08:05", "23:59", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "8:00", "08:60", "24:01", "25:00", "08:00:00", "0800", "+8:00", "noon"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
        for text in ["1970-01-01", "2024-02-29", "2026-12-24", "1999-12-31"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        for text in ["", "2026-13-01", "2026-04-31", "2026-4-3", "24.12.2026", "2026-12-24T00:00:00Z"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        for day in Weekday::ALL {
            assert_eq!(day.to_string().parse(), Ok(day));
        }
        assert!("monday".parse::<Weekday>().is_err());
        assert_eq!("2026-11-22".parse::<Day>().unwrap().weekday(), Weekday::Sunday);
        assert_eq!("1969-12-31".parse::<Day>().unwrap().weekday(), Weekday::Wednesday);
    }

    #[test]
    fn s05_a_29_february_that_is_missing_is_the_day_after() {
        assert_eq!(Day::read("2026-02-29").unwrap().to_string(), "2026-03-01");
        assert_eq!(Day::read("2028-02-29").unwrap().to_string(), "2028-02-29");
        assert_eq!((Day::read("2026-02-30"), Day::read("2026-04-31")), (None, None));
        assert!("2026-02-29".parse::<Day>().is_err(), "whoever writes it in a strategy is told");
    }
}

//! Moments and lengths of time, in whole milliseconds.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. In JSON an RFC 3339 text with milliseconds in UTC; read from
/// RFC 3339 with any offset, or from integer milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A length of time. In JSON a text such as `4h`, `1d 12h` or `250ms`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

/// A text that is no moment or no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("`{0}` is not a date and time; write it like 2026-11-02T10:00:00Z")]
    Timestamp(String),
    /// Not a length of time.
    #[error("`{0}` is not a length of time; write it like 30m, 4h or 1d 12h")]
    Span(String),
}

/// The years 1970 to 9999: what every database and provider can hold.
const LATEST: i64 = 253_402_300_799_999;

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }
    /// How long after `earlier` this is; negative if before.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0 - earlier.0)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    /// From seconds.
    pub const fn seconds(count: i64) -> Self {
        Self(count * 1_000)
    }
    /// From minutes.
    pub const fn minutes(count: i64) -> Self {
        Self(count * 60_000)
    }
    /// From hours.
    pub const fn hours(count: i64) -> Self {
        Self(count * 3_600_000)
    }
    /// From days of 24 hours.
    pub const fn days(count: i64) -> Self {
        Self(count * 86_400_000)
    }
    /// Milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| TimeError::Timestamp(text.to_owned()))?;
        let millis = moment.as_millisecond();
        if (0..=LATEST).contains(&millis) { Ok(Self(millis)) } else { Err(TimeError::Timestamp(text.to_owned())) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.unsigned_abs();
        if rest == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut first = true;
        for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
            let count = rest / length;
            rest %= length;
            if count > 0 {
                write!(f, "{}{count}{unit}", if first { "" } else { " " })?;
                first = false;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Span {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        parse_span(text).ok_or_else(|| TimeError::Span(text.to_owned()))
    }
}

fn parse_span(text: &str) -> Option<Span> {
    let mut total: i64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let length = match &rest[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        rest = rest[letters..].trim_start();
        total = total.checked_add(count.checked_mul(length)?)?;
    }
    Some(Span(total))
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Moment;
        impl Visitor<'_> for Moment {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time like 2026-11-02T10:00:00Z, or milliseconds since 1970")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, millis: i64) -> Result<Timestamp, E> {
                if (0..=LATEST).contains(&millis) {
                    Ok(Timestamp(millis))
                } else {
                    Err(E::custom(format_args!("{millis} ms is outside the years 1970 to 9999")))
                }
            }
            fn visit_u64<E: de::Error>(self, millis: u64) -> Result<Timestamp, E> {
                self.visit_i64(i64::try_from(millis).unwrap_or(i64::MAX))
            }
        }
        deserializer.deserialize_any(Moment)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_write_as_people_do() {
        for (text, millis) in [("4h", 14_400_000), ("1d 12h", 129_600_000), ("250ms", 250), ("90m", 5_400_000)] {
            assert_eq!(text.parse::<Span>(), Ok(Span(millis)), "{text}");
        }
        assert_eq!(Span::minutes(90).to_string(), "1h 30m");
        for text in ["", "4", "h", "4 parsecs", "-1h", "99999999999999999d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn timestamps_take_any_offset_and_write_utc() {
        let moment: Timestamp = "2026-11-02T10:00:00+01:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-02T09:00:00.000Z");
        assert_eq!(serde_json::from_str::<Timestamp>("1700000000000").unwrap().millis(), 1_700_000_000_000);
        assert!(serde_json::from_str::<Timestamp>("-5").is_err());
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}

//! Instants (milliseconds since 1970) from and to RFC 3339.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

use crate::types::Instant;

/// An instant that is RFC 3339 text in JSON; milliseconds since 1970 are read too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Instant);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format(self.0))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl de::Visitor<'_> for Form {
            type Value = Moment;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time like 2026-11-02T10:00:00Z")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
                parse(text).map(Moment).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
            fn visit_i64<E: de::Error>(self, millis: i64) -> Result<Moment, E> {
                Ok(Moment(millis))
            }
            fn visit_u64<E: de::Error>(self, millis: u64) -> Result<Moment, E> {
                millis.try_into().map(Moment).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(millis), &self))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// Reads RFC 3339 with any offset, such as `2026-11-02T10:00:00+01:00`; none where it is no such text.
pub fn parse(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[4] != b'-' || bytes[7] != b'-' || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let (year, month, day) = (number(&bytes[..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?);
    let (hour, minute, second) = (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
    // A leap second counts as the second before it.
    if !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = &bytes[19..];
    let mut millis = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        millis = number(&[&fraction[..digits.min(3)], b"000"].concat()[..3])?;
        rest = &fraction[digits..];
        if digits == 0 {
            return None;
        }
    }
    let offset = match rest {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let minutes = number(&[*h1, *h2])? * 60 + number(&[*m1, *m2])?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset;
    Some((minutes * 60 + second.min(59)) * 1_000 + millis)
}

/// Writes RFC 3339 in UTC with milliseconds, such as `2026-11-02T09:00:00.000Z`.
pub fn format(instant: Instant) -> String {
    let (days, millis) = (instant.div_euclid(86_400_000), instant.rem_euclid(86_400_000));
    let (year, month, day) = date_of(days);
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Both ways count years from March, so that the leap day is the last of its year, in eras of 400 years.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let (era, day_of_era) = ((days + 719_468).div_euclid(146_097), (days + 719_468).rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_and_any_fraction_are_read() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2021-12-31T19:00:00-05:00"), Some(1_640_995_200_000));
        assert_eq!(parse("2022-01-01T00:00:00.000Z"), Some(1_640_995_200_000));
        assert_eq!(parse("2022-01-01T00:00:00.5Z"), Some(1_640_995_200_500));
        assert_eq!(parse("2022-01-01T00:00:00.123456Z"), Some(1_640_995_200_123));
        assert_eq!(parse("2000-02-29T12:00:00Z"), Some(951_825_600_000));
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in ["", "2022-01-01", "2022-01-01T00:00:00", "2022-13-01T00:00:00Z", "2022-02-29T00:00:00Z", "now"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn writing_and_reading_agree_over_four_centuries() {
        for day in (-40_000..110_000).step_by(17) {
            let instant = day * 86_400_000 + 45_296_789;
            assert_eq!(parse(&format(instant)), Some(instant), "{}", format(instant));
        }
        assert_eq!(format(1_640_995_200_000), "2022-01-01T00:00:00.000Z");
    }
}

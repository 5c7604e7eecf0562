//! Amounts of one currency in whole minor units. Amounts of different currencies are never added.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An ISO 4217 code in capitals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// An amount. `minor` counts the smallest unit: cents of a euro, but whole dong.
/// In JSON `{"amount": "19.99", "currency": "EUR"}`: what platforms write, and no float anywhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "MoneyText", into = "MoneyText")]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// ISO 4217.
    pub currency: Currency,
}

/// The JSON form of [`Money`].
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyText {
    /// A decimal number as text, such as `19.99`.
    pub amount: String,
    /// ISO 4217 code in capitals.
    pub currency: Currency,
}

impl TryFrom<MoneyText> for Money {
    type Error = MoneyError;
    fn try_from(text: MoneyText) -> Result<Self, MoneyError> {
        Money::parse(&text.amount, text.currency)
    }
}

impl From<Money> for MoneyText {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency }
    }
}

/// A text that is no currency or no amount of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("`{0}` is not a currency; use an ISO 4217 code such as EUR")]
    Currency(String),
    /// Not a decimal number, or too large.
    #[error("`{0}` is not an amount; write it like 19.99")]
    Amount(String),
    /// More decimals than the currency has.
    #[error("`{amount}` has more decimals than {currency} has ({decimals})")]
    TooPrecise {
        /// What was written.
        amount: String,
        /// Its currency.
        currency: Currency,
        /// Decimals that the currency has.
        decimals: u32,
    },
}

impl Currency {
    /// Decimals of the minor unit (ISO 4217, table A.1).
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl Money {
    /// From what platforms write: a decimal text. Zeros beyond the currency's decimals are taken (`100.00` JPY).
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        let bad = || MoneyError::Amount(amount.to_owned());
        let text = amount.trim();
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !only_digits(whole) || !only_digits(fraction) || digits.ends_with('.') {
            return Err(bad());
        }
        let decimals = currency.decimals() as usize;
        let (kept, beyond) = fraction.split_at(fraction.len().min(decimals));
        if beyond.bytes().any(|byte| byte != b'0') {
            return Err(MoneyError::TooPrecise { amount: amount.to_owned(), currency, decimals: currency.decimals() });
        }
        let scaled: i64 = format!("{whole}{kept:0<decimals$}").parse().map_err(|_| bad())?;
        Ok(Self { minor: if negative { -scaled } else { scaled }, currency })
    }

    /// The sum, where both are of one currency and it fits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))
            .flatten()
            .map(|minor| Self { minor, currency: self.currency })
    }

    /// This amount times a count, where it fits.
    pub fn checked_mul(self, count: u32) -> Option<Self> {
        self.minor.checked_mul(i64::from(count)).map(|minor| Self { minor, currency: self.currency })
    }

    /// The amount without its currency, such as `19.99`.
    pub fn amount(&self) -> String {
        let decimals = self.currency.decimals();
        let unit = 10u64.pow(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let value = self.minor.unsigned_abs();
        if decimals == 0 {
            format!("{sign}{value}")
        } else {
            format!("{sign}{}.{:0width$}", value / unit, value % unit, width = decimals as usize)
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let bytes: [u8; 3] = text.as_bytes().try_into().map_err(|_| MoneyError::Currency(text.to_owned()))?;
        if bytes.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(bytes))
        } else {
            Err(MoneyError::Currency(text.to_owned()))
        }
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(amount: &str, code: &str) -> Result<i64, MoneyError> {
        Money::parse(amount, code.parse().unwrap()).map(|money| money.minor)
    }

    #[test]
    fn amounts_are_read_in_the_currency_s_own_minor_unit() {
        assert_eq!(parse("19.99", "EUR"), Ok(1999));
        assert_eq!(parse("19.9", "EUR"), Ok(1990));
        assert_eq!(parse("250000", "VND"), Ok(250_000));
        assert_eq!(parse("100.00", "JPY"), Ok(100));
        assert_eq!(parse("1.234", "KWD"), Ok(1234));
        assert_eq!(parse("-5.00", "USD"), Ok(-500));
    }

    #[test]
    fn impossible_amounts_are_refused() {
        for amount in ["", "1e9", "NaN", "12,50", "--1", ".", "1.", ".5", "99999999999999999999"] {
            assert!(parse(amount, "EUR").is_err(), "{amount}");
        }
        assert!(parse("1.005", "EUR").is_err());
        assert!("eur".parse::<Currency>().is_err());
    }
}

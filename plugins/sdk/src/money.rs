//! Amounts written by people and platforms.

use crate::json::Amount;
use crate::types::Money;

impl TryFrom<&Amount> for Money {
    type Error = String;

    fn try_from(text: &Amount) -> Result<Self, String> {
        let bad = || format!("`{}` is not an amount of {}; write it like 19.99", text.amount, text.currency);
        if text.currency.len() != 3 || !text.currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(format!("`{}` is not a currency; use an ISO 4217 code such as EUR", text.currency));
        }
        let (negative, digits) = text.amount.strip_prefix('-').map_or((false, &*text.amount), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        if whole.is_empty()
            || fraction.is_empty()
            || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit())
        {
            return Err(bad());
        }
        let decimals = decimals(&text.currency);
        let (kept, beyond) = fraction.split_at(decimals.min(fraction.len()));
        if beyond.bytes().any(|digit| digit != b'0') {
            return Err(bad());
        }
        let minor: i64 = format!("{whole}{kept:0<decimals$}").parse().map_err(|_| bad())?;
        Ok(Self { minor: if negative { -minor } else { minor }, currency: text.currency.clone() })
    }
}

impl From<&Money> for Amount {
    fn from(money: &Money) -> Self {
        let decimals = decimals(&money.currency);
        let sign = if money.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", money.minor.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let dot = if decimals == 0 { "" } else { "." };
        Self { amount: format!("{sign}{whole}{dot}{fraction}"), currency: money.currency.clone() }
    }
}

/// Decimals of the minor unit (ISO 4217, table A.1).
fn decimals(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(amount: &str, currency: &str) -> Option<i64> {
        let text = Amount { amount: amount.to_owned(), currency: currency.to_owned() };
        Money::try_from(&text).ok().map(|money| money.minor)
    }

    #[test]
    fn amounts_are_written_as_they_were_read() {
        for (amount, currency) in [("19.99", "EUR"), ("-0.05", "EUR"), ("250000", "VND"), ("1.234", "KWD")] {
            let text = Amount { amount: amount.to_owned(), currency: currency.to_owned() };
            assert_eq!(Amount::from(&Money::try_from(&text).unwrap()), text);
        }
    }

    #[test]
    fn amounts_count_the_minor_units_of_their_currency() {
        assert_eq!(minor("500", "EUR"), Some(50_000));
        assert_eq!(minor("19.9", "EUR"), Some(1_990));
        assert_eq!(minor("250000.00", "VND"), Some(250_000));
        assert_eq!(minor("-1.234", "KWD"), Some(-1_234));
        for (amount, currency) in [("1.005", "EUR"), ("1,5", "EUR"), ("", "EUR"), ("1.", "EUR"), ("5", "eur")] {
            assert_eq!(minor(amount, currency), None, "{amount} {currency}");
        }
    }
}

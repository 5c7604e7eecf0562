//! `yes` for customers who ordered often and spent much. Both limits must be reached; one left out is no limit.
//!
//! The first plugin to read: what it needs to know comes from free functions about the one customer present.

cartwright_sdk::condition_plugin!(HighValue);

use bindings::{Condition, Descriptor, Fault, Json, Verdict, decision, orders};
use cartwright_sdk::types::Money;
use cartwright_sdk::{Amount, json};
use serde::Deserialize;

/// The condition.
pub struct HighValue;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    min_orders: u32,
    min_spent: Option<Amount>,
}

impl Condition for HighValue {
    fn describe() -> Descriptor {
        Descriptor::new("High value customer", "Yes for customers who ordered often and spent much.")
            .config(include_str!("../config.schema.json"))
            .translations(include_str!("../translations.json"))
            .fact("orders.count", "To compare it with the least number of orders.")
            .fact("orders.spent", "To compare it with the least sum.")
    }

    fn branches() -> Vec<String> {
        Vec::new()
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        limits(&config).map(|_| ())
    }

    fn evaluate() -> Result<Verdict, Fault> {
        let (min_orders, min_spent) = limits(&decision::config())?;
        let count = orders::count();
        if count < min_orders {
            return Ok(Verdict::yes_or_no(false, format!("{count} orders, fewer than {min_orders}")));
        }
        match min_spent {
            Some(least) => enough(&least, orders::spent()),
            None => Ok(Verdict::yes_or_no(true, None)),
        }
    }
}

fn limits(config: &str) -> Result<(u32, Option<Money>), Fault> {
    let config: Config = json::config(config)?;
    let least = config.min_spent.as_ref().map(Money::try_from).transpose();
    Ok((config.min_orders, least.map_err(|why| Fault::bad_config(format!("min_spent: {why}")))?))
}

/// `spent` is in the shop's currency; amounts of two currencies are never compared.
fn enough(least: &Money, spent: Option<Money>) -> Result<Verdict, Fault> {
    match spent {
        None => Ok(Verdict::yes_or_no(least.minor <= 0, "nothing spent yet".to_owned())),
        Some(spent) if spent.currency == least.currency => Ok(Verdict::yes_or_no(spent.minor >= least.minor, None)),
        Some(spent) => Err(Fault::bad_config(format!(
            "min_spent.currency: {} is not the shop's currency; use {}",
            least.currency, spent.currency
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(minor: i64) -> Money {
        Money { minor, currency: "EUR".to_owned() }
    }

    #[test]
    fn the_limit_itself_is_enough() {
        assert_eq!(enough(&euros(50_000), Some(euros(50_000))).unwrap().branch, "yes");
        assert_eq!(enough(&euros(50_000), Some(euros(49_999))).unwrap().branch, "no");
        assert_eq!(enough(&euros(50_000), None).unwrap().branch, "no");
    }

    #[test]
    fn amounts_of_two_currencies_are_never_compared() {
        let dollars = Money { minor: 90_000, currency: "USD".to_owned() };
        assert!(enough(&euros(50_000), Some(dollars)).unwrap_err().message.contains("use USD"));
    }

    #[test]
    fn a_limit_may_be_left_out_but_not_misspelt() {
        assert_eq!(limits(r#"{"min_orders": 5}"#).unwrap(), (5, None));
        let (orders, spent) = limits(r#"{"min_spent": {"amount": "500", "currency": "EUR"}}"#).unwrap();
        assert_eq!((orders, spent), (0, Some(euros(50_000))));
        assert!(limits(r#"{"min_order": 5}"#).unwrap_err().message.contains("min_order"));
    }
}

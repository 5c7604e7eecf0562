//! One comparison: a field as it is now against what the rule says.

use serde_json::Value;
use std::cmp::Ordering;

use super::field::{FieldKind, field_kind, is_of_orders};
use super::range::{Times, day, zone_of};
use super::{Operator, Rule, Truth};
use crate::delay::day_of;
use crate::fact::FactRead;
use crate::facts::Subject;
use crate::facts::read::Asked;
use crate::local::Day;
use crate::money::{Currency, Money};
use crate::time::Timestamp;
use crate::zone::Zone;

impl Rule {
    pub(super) fn evaluate(&self, facts: &Subject, reads: &mut Vec<FactRead>) -> Truth {
        let Some(kind) = field_kind(&self.field) else { return Truth::Unknown };
        if is_of_orders(&self.field) && !facts.orders_known {
            reads.push(FactRead::new(self.field.clone(), None::<&str>));
            return Truth::Unknown;
        }
        // With `within`, the range is what the moment is compared with, and chooses nothing.
        let range = self.range.as_ref().filter(|_| self.operator != Operator::Within);
        let times = range.map_or(Times::ALL, |range| range.times(facts));
        let asked = Asked { field: &self.field, times, is_ranged: range.is_some(), filter: self.filter.as_deref() };
        match kind {
            FieldKind::Text => {
                let text = facts.text(&self.field, reads);
                self.of_text(text.as_deref())
            }
            FieldKind::Known => {
                let known = facts.known(&self.field, reads);
                self.of_text(known.then_some("known"))
            }
            FieldKind::Count => {
                let count = facts.count(&asked, reads);
                number(&self.value).map_or(Truth::Unknown, |value| self.ordered(f64::from(count).partial_cmp(&value)))
            }
            FieldKind::Amount => {
                let money = facts.amount(&asked, self.currency(), reads);
                self.of_amount(money)
            }
            FieldKind::Instant => {
                let at = facts.instant(&asked, reads);
                self.of_instant(at, facts)
            }
            FieldKind::Many => {
                let values = facts.many(&self.field, reads);
                self.of_many(&values)
            }
            FieldKind::Attribute => {
                let name = self.field.trim_start_matches("customer.attributes.");
                let value = facts.attribute(name, reads);
                self.of_attribute(value, facts)
            }
            FieldKind::Answer => {
                let value = facts.answer(&self.field, reads);
                self.of_attribute(value, facts)
            }
        }
    }

    fn of_text(&self, text: Option<&str>) -> Truth {
        match (self.operator, text) {
            (Operator::Empty, text) => text.is_none_or(str::is_empty).into(),
            (Operator::NotEmpty, text) => text.is_some_and(|text| !text.is_empty()).into(),
            (_, None) => Truth::Unknown,
            (Operator::Includes, Some(text)) => texts(&self.value).iter().any(|value| value == text).into(),
            (Operator::Excludes, Some(text)) => texts(&self.value).iter().all(|value| value != text).into(),
            (_, Some(text)) => {
                self.value.as_str().map_or(Truth::Unknown, |value| self.ordered(text.partial_cmp(value)))
            }
        }
    }

    fn of_many(&self, values: &[String]) -> Truth {
        let given = texts(&self.value);
        match self.operator {
            Operator::Empty => values.is_empty().into(),
            Operator::NotEmpty => (!values.is_empty()).into(),
            Operator::Includes | Operator::Equal => values.iter().any(|value| given.contains(value)).into(),
            Operator::Excludes | Operator::NotEqual => values.iter().all(|value| !given.contains(value)).into(),
            _ => Truth::Unknown,
        }
    }

    fn of_amount(&self, money: Option<Money>) -> Truth {
        match (self.operator, money) {
            (Operator::Empty, money) => money.is_none().into(),
            (Operator::NotEmpty, money) => money.is_some().into(),
            (_, money) => match self.limit() {
                // No order at all has cost nothing: sums are never unknown (S11).
                Some(limit) if self.field == "orders.spent" => {
                    self.ordered(money.map_or(0, |money| money.minor).partial_cmp(&limit.minor))
                }
                Some(limit) => match money {
                    Some(money) if money.currency == limit.currency => {
                        self.ordered(money.minor.partial_cmp(&limit.minor))
                    }
                    _ => Truth::Unknown,
                },
                None => Truth::Unknown,
            },
        }
    }

    fn of_instant(&self, at: Option<Timestamp>, facts: &Subject) -> Truth {
        match (self.operator, at) {
            (Operator::Empty, at) => at.is_none().into(),
            (Operator::NotEmpty, at) => at.is_some().into(),
            (_, None) => Truth::Unknown,
            (Operator::Within, Some(at)) => {
                self.range.as_ref().map_or(Truth::Unknown, |range| range.times(facts).contain(at).into())
            }
            (_, Some(at)) => {
                let Some(given) = times_of(&self.value, &zone_of(&facts.shop)) else { return Truth::Unknown };
                // A date is a whole day: after it is after its end.
                let order = if at < given.since {
                    Ordering::Less
                } else if at < given.until {
                    Ordering::Equal
                } else {
                    Ordering::Greater
                };
                self.ordered(Some(order))
            }
        }
    }

    fn of_attribute(&self, value: Option<&Value>, facts: &Subject) -> Truth {
        match (self.operator, value) {
            (Operator::Empty, value) => value.is_none_or(|value| value.as_str() == Some("")).into(),
            (Operator::NotEmpty, value) => value.is_some_and(|value| value.as_str() != Some("")).into(),
            (_, None) => Truth::Unknown,
            (Operator::Within, Some(value)) => {
                // A date without a time is the whole of its day, which a range of whole days holds or does not.
                let zone = zone_of(&facts.shop);
                let at = times_of(value, &zone).map(|times| times.since);
                self.of_instant(at, facts)
            }
            (Operator::Includes, Some(value)) => {
                texts(&self.value).iter().any(|given| texts(value).contains(given)).into()
            }
            (Operator::Excludes, Some(value)) => {
                texts(&self.value).iter().all(|given| !texts(value).contains(given)).into()
            }
            (_, Some(value)) => match (number(value), number(&self.value), value.as_str(), self.value.as_str()) {
                (Some(own), Some(given), ..) => self.ordered(own.partial_cmp(&given)),
                (_, _, Some(own), Some(given)) => self.ordered(own.partial_cmp(given)),
                _ if value.is_boolean() && self.value.is_boolean() => {
                    self.ordered(value.as_bool().partial_cmp(&self.value.as_bool()))
                }
                _ => Truth::Unknown,
            },
        }
    }

    fn ordered(&self, order: Option<Ordering>) -> Truth {
        let Some(order) = order else { return Truth::Unknown };
        match self.operator {
            Operator::Equal => order.is_eq().into(),
            Operator::NotEqual => order.is_ne().into(),
            Operator::Less => order.is_lt().into(),
            Operator::AtMost => order.is_le().into(),
            Operator::More => order.is_gt().into(),
            Operator::AtLeast => order.is_ge().into(),
            _ => Truth::Unknown,
        }
    }

    pub(super) fn limit(&self) -> Option<Money> {
        serde_json::from_value(self.value.clone()).ok()
    }

    fn currency(&self) -> Option<Currency> {
        self.limit().map(|limit| limit.currency)
    }
}

/// A date as its whole day, a moment as itself.
fn times_of(value: &Value, zone: &Zone) -> Option<Times> {
    let text = value.as_str()?.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Times { since: at, until: at + crate::time::Span::from_millis(1) });
    }
    Some(day(zone, day_of(value, zone)?))
}

pub(super) fn instant_value(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok() || text.parse::<Day>().is_ok())
}

pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

//! What lists are searched and filtered by.

use cartwright_domain::ids::{CustomerId, RunId, StrategyId, VersionId};
use cartwright_domain::time::Timestamp;

/// What to list of runs.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Of a strategy.
    pub strategy: Option<StrategyId>,
    /// Of a customer.
    pub customer: Option<CustomerId>,
    /// Only those that are not over.
    pub active_only: bool,
    /// In a version.
    pub version: Option<VersionId>,
    /// At a step.
    pub step: Option<String>,
    /// Over for this reason.
    pub end: Option<String>,
    /// Made not before.
    pub from: Option<Timestamp>,
    /// Made before.
    pub until: Option<Timestamp>,
}

/// What to list of messages.
#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    /// Of a run.
    pub run: Option<RunId>,
    /// Of a customer.
    pub customer: Option<CustomerId>,
    /// Of a strategy.
    pub strategy: Option<StrategyId>,
    /// Made in a version.
    pub version: Option<VersionId>,
    /// Made by a step.
    pub step: Option<String>,
    /// In a state, by its name.
    pub state: Option<String>,
    /// In its state for this reason.
    pub reason: Option<String>,
    /// Decided not before.
    pub from: Option<Timestamp>,
    /// Decided before.
    pub until: Option<Timestamp>,
}

/// Whom somebody looks for. Each kind is found by an index of its own, so what was typed decides which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerSearch {
    /// The one of this id.
    Id(CustomerId),
    /// Whose e-mail address begins so.
    Email(String),
    /// Whose phone begins so, with its country.
    Phone(String),
    /// Whose name or family name begins so.
    Name(String),
}

impl CustomerSearch {
    /// What somebody typed; none where that is nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if let Ok(id) = text.parse() {
            return Some(Self::Id(id));
        }
        let is_phone = text.starts_with(['+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            && text.chars().all(|letter| letter.is_ascii_digit() || "+-(). /".contains(letter));
        if is_phone {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let digits = digits.strip_prefix("00").unwrap_or(&digits);
            return Some(Self::Phone(format!("+{digits}")));
        }
        let lower = text.to_lowercase();
        Some(if lower.contains('@') {
            Self::Email(lower)
        } else {
            Self::Name(lower.split_whitespace().collect::<Vec<_>>().join(" "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_says_what_is_looked_for() {
        let found = |text| CustomerSearch::parse(text);
        assert_eq!(found("  "), None);
        assert_eq!(found("Ana  LINDQVIST "), Some(CustomerSearch::Name("ana lindqvist".into())));
        assert_eq!(found("Ana@Shop"), Some(CustomerSearch::Email("ana@shop".into())));
        for phone in ["+49 170 555", "0049-170-555", "49170555"] {
            assert_eq!(found(phone), Some(CustomerSearch::Phone("+49170555".into())), "{phone}");
        }
        let id = "018f0000-0000-7000-8000-000000000001";
        assert_eq!(found(id), Some(CustomerSearch::Id(id.parse().unwrap())));
    }
}

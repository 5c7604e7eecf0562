//! A fact that was read: exactly, so that a decision can be made again from its trace, and as a person reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::money::Money;
use crate::time::Timestamp;

/// Whether a fact says who somebody is or where they are reached, so that each use of it is counted.
pub fn is_personal(fact: &str) -> bool {
    ["customer.", "contact."].iter().any(|interface| fact.starts_with(interface))
}

/// A fact and its value at that moment. In JSON `{"fact": "cart.has-sku(\"A1\")", "value": "yes"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FactText", into = "FactText")]
pub struct FactRead {
    /// Such as `orders.count`.
    pub name: Cow<'static, str>,
    /// What it was asked about: a SKU, a tag, a moment.
    pub about: Vec<FactValue>,
    /// What it was.
    pub value: FactValue,
}

/// What a fact can be. Each has one text and each text one value, so nothing is lost in a trace.
#[derive(Debug, Clone, PartialEq)]
pub enum FactValue {
    /// `none`: it is not known.
    None,
    /// `yes` or `no`.
    Truth(bool),
    /// `7`.
    Number(u64),
    /// `19.99 EUR`.
    Money(Money),
    /// `2026-11-21T10:00:00.000Z`.
    Instant(Timestamp),
    /// `DE`; in quotes where it would read as something else.
    Text(String),
    /// `{…}` or `[…]`: whatever has several fields.
    Document(Value),
}

/// The JSON form of [`FactRead`].
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FactRead")]
struct FactText {
    /// Such as `orders.count`, or `cart.has-sku("A1")`.
    fact: String,
    /// As a person reads it; `none` where it is not known, in quotes where a text would read as something else.
    value: String,
}

impl FactRead {
    /// A fact with its value.
    pub fn new(name: impl Into<Cow<'static, str>>, value: impl Into<FactValue>) -> Self {
        Self { name: name.into(), about: Vec::new(), value: value.into() }
    }

    /// The fact with what it was asked about, such as `cart.has-sku("A1")`.
    pub fn fact(&self) -> String {
        if self.about.is_empty() {
            return self.name.to_string();
        }
        let about: Vec<String> = self.about.iter().map(FactValue::quoted).collect();
        format!("{}({})", self.name, about.join(", "))
    }
}

impl fmt::Display for FactRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.fact(), self.value)
    }
}

impl From<FactRead> for FactText {
    fn from(read: FactRead) -> Self {
        Self { fact: read.fact(), value: read.value.to_string() }
    }
}

impl TryFrom<FactText> for FactRead {
    type Error = String;
    fn try_from(text: FactText) -> Result<Self, String> {
        let value = text.value.parse()?;
        let Some((name, about)) = text.fact.strip_suffix(')').and_then(|fact| fact.split_once('(')) else {
            return Ok(Self { name: text.fact.into(), about: Vec::new(), value });
        };
        Ok(Self { about: arguments(about)?, name: name.to_owned().into(), value })
    }
}

/// `"A1", 2026-11-21T10:00:00.000Z`: only texts and documents hold commas, and those say where they end.
fn arguments(mut text: &str) -> Result<Vec<FactValue>, String> {
    let mut found = Vec::new();
    while !text.is_empty() {
        let end = if text.starts_with(['"', '{', '[']) {
            let mut documents = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            documents.next().transpose().map_err(|why| format!("`{text}`: {why}"))?;
            documents.byte_offset()
        } else {
            text.find(',').unwrap_or(text.len())
        };
        let (one, rest) = text.split_at(end);
        found.push(one.parse()?);
        text = rest.trim_start_matches([',', ' ']);
    }
    Ok(found)
}

impl FactValue {
    /// As among the arguments of a fact, where every text stands in quotes.
    fn quoted(&self) -> String {
        match self {
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            other => other.to_string(),
        }
    }

    /// The text of something that is no text; nothing for what reads as a bare one.
    fn read(text: &str) -> Option<Self> {
        match text.as_bytes() {
            b"none" => return Some(Self::None),
            b"yes" => return Some(Self::Truth(true)),
            b"no" => return Some(Self::Truth(false)),
            [b'"', ..] => return serde_json::from_str(text).ok().map(Self::Text),
            [b'{' | b'[', ..] => return serde_json::from_str(text).ok().map(Self::Document),
            [b'0'..=b'9' | b'-', ..] => {}
            _ => return None,
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Self::Number);
        }
        if let Some((amount, currency)) = text.split_once(' ') {
            return Some(Self::Money(Money::parse(amount, currency.parse().ok()?).ok()?));
        }
        text.parse().ok().map(Self::Instant)
    }
}

impl fmt::Display for FactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Truth(true) => f.write_str("yes"),
            Self::Truth(false) => f.write_str("no"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Money(money) => write!(f, "{money}"),
            Self::Instant(instant) => write!(f, "{instant}"),
            Self::Document(document) => write!(f, "{document}"),
            Self::Text(text) if text.starts_with(['"', '{', '[']) || Self::read(text).is_some() => {
                write!(f, "{}", Value::from(text.as_str()))
            }
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl FromStr for FactValue {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match Self::read(text) {
            Some(value) => Ok(value),
            None if text.starts_with(['"', '{', '[']) => Err(format!("`{text}` begins like JSON and is none")),
            None => Ok(Self::Text(text.to_owned())),
        }
    }
}

macro_rules! values {
    ($($type:ty => $value:expr),+ $(,)?) => {$(
        impl From<$type> for FactValue {
            fn from(value: $type) -> Self {
                $value(value)
            }
        }
    )+};
}
values! {
    bool => Self::Truth,
    u64 => Self::Number,
    u32 => |number| Self::Number(u64::from(number)),
    Money => Self::Money,
    Timestamp => Self::Instant,
    String => Self::Text,
    &str => |text: &str| Self::Text(text.to_owned()),
}

impl<T: Into<FactValue>> From<Option<T>> for FactValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl JsonSchema for FactRead {
    fn schema_name() -> Cow<'static, str> {
        FactText::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        FactText::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn there_and_back(read: FactRead) -> String {
        let text = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<FactRead>(&text).unwrap(), read, "{text}");
        read.to_string()
    }

    #[test]
    fn every_value_has_one_text_and_every_text_one_value() {
        let noon: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let euros = Money::parse("-19.99", "EUR".parse().unwrap()).unwrap();
        assert_eq!(there_and_back(FactRead::new("cart.total", euros)), "cart.total = -19.99 EUR");
        assert_eq!(there_and_back(FactRead::new("run.started-at", noon)), "run.started-at = 2026-11-21T12:00:00.000Z");
        assert_eq!(there_and_back(FactRead::new("orders.count", 7u32)), "orders.count = 7");
        assert_eq!(there_and_back(FactRead::new("cart.exists", false)), "cart.exists = no");
        assert_eq!(there_and_back(FactRead::new("contact.phone", None::<String>)), "contact.phone = none");
        assert_eq!(there_and_back(FactRead::new("customer.country", "DE")), "customer.country = DE");
        let line = FactValue::Document(json!({"title": "Shoes"}));
        assert_eq!(there_and_back(FactRead::new("cart.line", line)), r#"cart.line = {"title":"Shoes"}"#);
    }

    #[test]
    fn a_text_that_would_read_as_something_else_stands_in_quotes() {
        for text in ["none", "yes", "42", "19.99 EUR", "2026-11-21T12:00:00Z", "\"", "{", "{}", ""] {
            there_and_back(FactRead::new("customer.attribute", text));
        }
        assert_eq!(FactValue::from("42").to_string(), r#""42""#);
        assert_eq!(FactValue::from("3 stars").to_string(), "3 stars");
    }

    #[test]
    fn a_fact_is_told_with_what_it_was_asked_about() {
        let noon: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let read = |about: Vec<FactValue>| FactRead { about, ..FactRead::new("f.g", true) };
        assert_eq!(there_and_back(read(vec!["A, \"1\")".into()])), r#"f.g("A, \"1\")") = yes"#);
        assert_eq!(
            there_and_back(read(vec![noon.into(), 3u32.into(), "x".into()])),
            r#"f.g(2026-11-21T12:00:00.000Z, 3, "x") = yes"#
        );
    }
}

//! Rule trees: conditions that need no plugin. Leaves are yes, no or unknown; and/or/not follow Kleene (S11).
//!
//! The JSON is that of common rule builders: `{combinator, rules: [{field, operator, value}]}`, groups nest.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::fact::FactRead;
use crate::facts::Subject;
use crate::money::{Currency, Money};

/// A group of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// How the rules go together.
    pub combinator: Combinator,
    /// The opposite of what they say.
    #[serde(default)]
    pub not: bool,
    /// At least one.
    pub rules: Vec<Node>,
}

/// `and` or `or`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Combinator {
    /// All must say yes.
    And,
    /// One must say yes.
    Or,
}

/// A rule or a group.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Node {
    /// A group.
    Group(Group),
    /// A rule.
    Rule(Rule),
}

/// What has rules is a group. Trying one after the other could not say what is wrong with either.
impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let is_group = value.get("rules").is_some() || value.get("combinator").is_some();
        let node = if is_group {
            Group::deserialize(value).map(Self::Group)
        } else {
            Rule::deserialize(value).map(Self::Rule)
        };
        node.map_err(serde::de::Error::custom)
    }
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is compared, such as `orders.count`; see [`FIELDS`].
    pub field: String,
    /// How.
    pub operator: Operator,
    /// With what; nothing for `empty` and `not_empty`.
    #[serde(default)]
    pub value: Value,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the signs say it")]
pub enum Operator {
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">")]
    More,
    #[serde(rename = ">=")]
    AtLeast,
    /// One of the values is one of the given (S36).
    Includes,
    /// None of the values is one of the given (S36).
    Excludes,
    Empty,
    NotEmpty,
}

/// Yes, no, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// What it needs is not known.
    Unknown,
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A text that may be absent.
    Text,
    /// A whole number, always known.
    Count,
    /// An amount of money that may be absent.
    Amount,
    /// Several texts, always known.
    Many,
    /// An attribute: whatever it holds.
    Attribute,
}

/// The fields with their kinds; `customer.attributes.NAME` is one more for each attribute.
pub const FIELDS: &[(&str, FieldKind)] = &[
    ("customer.country", FieldKind::Text),
    ("customer.language", FieldKind::Text),
    ("customer.tags", FieldKind::Many),
    ("orders.count", FieldKind::Count),
    ("orders.count_since_start", FieldKind::Count),
    ("orders.spent", FieldKind::Amount),
    ("cart.total", FieldKind::Amount),
    ("cart.pieces", FieldKind::Count),
    ("cart.lines", FieldKind::Count),
    ("cart.skus", FieldKind::Many),
    ("cart.categories", FieldKind::Many),
    ("run.messages_sent", FieldKind::Count),
];

/// The kind of a field, if there is such a field.
pub fn field_kind(field: &str) -> Option<FieldKind> {
    if field.strip_prefix("customer.attributes.").is_some_and(|name| !name.is_empty()) {
        return Some(FieldKind::Attribute);
    }
    FIELDS.iter().find(|(name, _)| *name == field).map(|(_, kind)| *kind)
}

impl Group {
    /// What the tree says about the facts. Each fact read is written to `reads`.
    pub fn evaluate(&self, facts: &Subject, reads: &mut Vec<FactRead>) -> Truth {
        let (decides, neutral) = match self.combinator {
            Combinator::And => (Truth::No, Truth::Yes),
            Combinator::Or => (Truth::Yes, Truth::No),
        };
        let mut result = neutral;
        for node in &self.rules {
            let truth = match node {
                Node::Group(group) => group.evaluate(facts, reads),
                Node::Rule(rule) => rule.evaluate(facts, reads),
            };
            if truth == decides {
                result = decides;
                break;
            }
            if truth == Truth::Unknown {
                result = Truth::Unknown;
            }
        }
        if self.not { result.not() } else { result }
    }

    /// What is wrong with the tree, each with its path below `path`.
    pub fn faults(&self, path: &str, currency_hint: &str, faults: &mut Vec<(String, String)>) {
        if self.rules.is_empty() {
            faults.push((format!("{path}.rules"), "a group needs at least one rule".into()));
        }
        for (place, node) in self.rules.iter().enumerate() {
            let path = format!("{path}.rules[{place}]");
            match node {
                Node::Group(group) => group.faults(&path, currency_hint, faults),
                Node::Rule(rule) => rule.faults(&path, currency_hint, faults),
            }
        }
    }

    /// Every field that the tree reads.
    pub fn fields<'a>(&'a self, fields: &mut Vec<&'a str>) {
        for node in &self.rules {
            match node {
                Node::Group(group) => group.fields(fields),
                Node::Rule(rule) => fields.push(&rule.field),
            }
        }
    }
}

impl Rule {
    fn evaluate(&self, facts: &Subject, reads: &mut Vec<FactRead>) -> Truth {
        let Some(kind) = field_kind(&self.field) else { return Truth::Unknown };
        match kind {
            FieldKind::Text => {
                let text = facts.text(&self.field, reads);
                self.of_text(text.as_deref())
            }
            FieldKind::Count => {
                let count = facts.count(&self.field, reads);
                number(&self.value).map_or(Truth::Unknown, |value| self.ordered(f64::from(count).partial_cmp(&value)))
            }
            FieldKind::Amount => {
                let money = facts.amount(&self.field, self.currency(), reads);
                self.of_amount(money)
            }
            FieldKind::Many => {
                let values = facts.many(&self.field, reads);
                self.of_many(&values)
            }
            FieldKind::Attribute => {
                let name = self.field.trim_start_matches("customer.attributes.");
                let value = facts.attribute(name, reads);
                self.of_attribute(value)
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

    fn of_attribute(&self, value: Option<&Value>) -> Truth {
        match (self.operator, value) {
            (Operator::Empty, value) => value.is_none_or(|value| value.as_str() == Some("")).into(),
            (Operator::NotEmpty, value) => value.is_some_and(|value| value.as_str() != Some("")).into(),
            (_, None) => Truth::Unknown,
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

    fn ordered(&self, order: Option<std::cmp::Ordering>) -> Truth {
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

    fn limit(&self) -> Option<Money> {
        serde_json::from_value(self.value.clone()).ok()
    }

    fn currency(&self) -> Option<Currency> {
        self.limit().map(|limit| limit.currency)
    }

    fn faults(&self, path: &str, currency_hint: &str, faults: &mut Vec<(String, String)>) {
        let Some(kind) = field_kind(&self.field) else {
            let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
            faults.push((
                format!("{path}.field"),
                format!("`{}` is no field; there are {} and customer.attributes.NAME", self.field, known.join(", ")),
            ));
            return;
        };
        use Operator::{AtLeast, AtMost, Empty, Equal, Excludes, Includes, Less, More, NotEmpty, NotEqual};
        let operators: &[Operator] = match kind {
            FieldKind::Text => &[Equal, NotEqual, Includes, Excludes, Empty, NotEmpty],
            FieldKind::Count => &[Equal, NotEqual, Less, AtMost, More, AtLeast],
            FieldKind::Amount => &[Equal, NotEqual, Less, AtMost, More, AtLeast, Empty, NotEmpty],
            FieldKind::Many => &[Includes, Excludes, Empty, NotEmpty],
            FieldKind::Attribute => return,
        };
        if !operators.contains(&self.operator) {
            faults.push((format!("{path}.operator"), format!("{} cannot be compared like this", self.field)));
            return;
        }
        if matches!(self.operator, Empty | NotEmpty) {
            return;
        }
        let problem = match kind {
            FieldKind::Count if number(&self.value).is_none() => Some("must be a number".to_owned()),
            FieldKind::Amount if self.limit().is_none() => {
                Some(format!("must be an amount like {{\"amount\": \"50.00\", \"currency\": \"{currency_hint}\"}}"))
            }
            FieldKind::Text | FieldKind::Many if texts(&self.value).is_empty() => {
                Some("must be a text or a list of texts".to_owned())
            }
            _ => None,
        };
        if let Some(message) = problem {
            faults.push((format!("{path}.value"), message));
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

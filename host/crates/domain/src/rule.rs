//! Rule trees: conditions that need no plugin. Leaves are yes, no or unknown; and/or/not follow Kleene (S11).
//!
//! The JSON is that of common rule builders: `{combinator, rules: [{field, operator, value}]}`, groups nest.

mod faults;
mod field;
mod leaf;
mod range;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::categories::Categories;
use crate::event::Line;
use crate::fact::FactRead;
use crate::facts::Subject;
use crate::order::Order;
use crate::shop::Shop;
use crate::time::Timestamp;

pub use field::{FIELDS, FieldKind, field_kind};
pub use range::{Anchor, Dates, DaysAgo, Range, Times};

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
    /// With what; nothing for `empty`, `not_empty` and `within`.
    #[serde(default)]
    pub value: Value,
    /// When it happened, for what is counted and added up; for `within`, what the moment is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Only these goods, or the messages of this step.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Box<Filter>>,
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
    /// The moment is in the range.
    Within,
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

/// Which of several things are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Those with one of these: SKUs, variant or product ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sku: Vec<String>,
    /// Those of one of these product types, as far as carts, orders and the catalogue tell them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub product_type: Vec<String>,
    /// Those with one of these tags of products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag: Vec<String>,
    /// Those in one of these collections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collection: Vec<String>,
    /// Those sorted under one of these, of whatever kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<String>,
    /// For messages: those of this step, in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

impl Filter {
    /// What it says of goods, each list with its name.
    fn of_goods(&self) -> [(&'static str, &[String]); 5] {
        [
            ("sku", &self.sku),
            ("product_type", &self.product_type),
            ("tag", &self.tag),
            ("collection", &self.collection),
            ("category", &self.category),
        ]
    }

    fn means(&self, names: &[&str], known: &Categories) -> bool {
        let one = |wanted: &[String], is: &dyn Fn(&String) -> bool| wanted.is_empty() || wanted.iter().any(is);
        one(&self.sku, &|sku| names.contains(&sku.as_str()))
            && one(&self.product_type, &|name| known.product_types.contains(name))
            && one(&self.tag, &|name| known.tags.contains(name))
            && one(&self.collection, &|name| known.collections.contains(name))
            && one(&self.category, &|name| known.have(name))
    }

    /// Whether a line of a cart is meant.
    pub(crate) fn means_line(&self, line: &Line) -> bool {
        let names: Vec<&str> =
            [&line.sku, &line.variant_id, &line.product_id].into_iter().filter_map(|name| name.as_deref()).collect();
        self.means(&names, &line.categories)
    }

    /// Whether an order holds what is meant.
    pub(crate) fn means_order(&self, order: &Order) -> bool {
        let names: Vec<&str> = order.names.iter().chain(&order.goods).map(String::as_str).collect();
        self.means(&names, &order.categories)
    }

    /// As a trace tells it.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> {
        let list =
            |(what, names): (&str, &[String])| (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")));
        let step = self.step.as_ref().map(|step| format!("step {step}"));
        self.of_goods().map(list).into_iter().chain([step]).flatten()
    }
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

    /// Every rule of the tree.
    pub fn leaves(&self) -> Vec<&Rule> {
        let mut leaves = Vec::new();
        for node in &self.rules {
            match node {
                Node::Group(group) => leaves.extend(group.leaves()),
                Node::Rule(rule) => leaves.push(rule),
            }
        }
        leaves
    }

    /// From when on it looks at what was handed over to the customer in any run; none if it does not.
    pub fn contacts_since(&self, now: Timestamp, shop: &Shop) -> Option<Timestamp> {
        let looks = |rule: &&Rule| {
            field::is_of_messages(&rule.field) && rule.filter.as_ref().is_none_or(|filter| filter.step.is_none())
        };
        let since = |rule: &Rule| {
            // The last message may be of any age, wherever it is compared to.
            let range = rule.range.as_ref().filter(|_| rule.operator != Operator::Within);
            range.map_or(Times::ALL, |range| range.times_at(now, shop)).since.max(Timestamp::default())
        };
        self.leaves().into_iter().filter(looks).map(since).min()
    }
}

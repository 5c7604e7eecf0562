//! What is wrong with a rule, each with its place and what to do.

use super::field::{FIELDS, FieldKind, field_kind, is_of_goods, is_of_messages, takes_range};
use super::leaf::{instant_value, number, texts};
use super::{Filter, Group, Node, Operator, Rule};

impl Group {
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
}

impl Rule {
    fn faults(&self, path: &str, currency_hint: &str, faults: &mut Vec<(String, String)>) {
        let Some(kind) = field_kind(&self.field) else {
            let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
            faults.push((
                format!("{path}.field"),
                format!(
                    "`{}` is no field; there are {}, customer.attributes.NAME and step.NAME.PATH",
                    self.field,
                    known.join(", ")
                ),
            ));
            return;
        };
        self.filter_faults(path, faults);
        self.range_faults(kind, path, faults);
        use Operator::{AtLeast, AtMost, Empty, Equal, Excludes, Includes, Less, More, NotEmpty, NotEqual, Within};
        let operators: &[Operator] = match kind {
            FieldKind::Text => &[Equal, NotEqual, Includes, Excludes, Empty, NotEmpty],
            FieldKind::Known => &[Empty, NotEmpty],
            FieldKind::Count => &[Equal, NotEqual, Less, AtMost, More, AtLeast],
            FieldKind::Amount => &[Equal, NotEqual, Less, AtMost, More, AtLeast, Empty, NotEmpty],
            FieldKind::Instant => &[Less, AtMost, More, AtLeast, Empty, NotEmpty, Within],
            FieldKind::Many => &[Includes, Excludes, Empty, NotEmpty],
            FieldKind::Attribute | FieldKind::Answer => return,
        };
        if !operators.contains(&self.operator) {
            faults.push((format!("{path}.operator"), format!("{} cannot be compared like this", self.field)));
            return;
        }
        if matches!(self.operator, Empty | NotEmpty | Within) {
            return;
        }
        let problem = match kind {
            FieldKind::Count if number(&self.value).is_none() => Some("must be a number".to_owned()),
            FieldKind::Amount if self.limit().is_none() => {
                Some(format!("must be an amount like {{\"amount\": \"50.00\", \"currency\": \"{currency_hint}\"}}"))
            }
            FieldKind::Instant if !instant_value(&self.value) => {
                Some("must be a date like 2026-12-24, or a moment like 2026-12-24T10:00:00Z".to_owned())
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

    fn range_faults(&self, kind: FieldKind, path: &str, faults: &mut Vec<(String, String)>) {
        let within = self.operator == Operator::Within;
        let path = format!("{path}.range");
        match &self.range {
            None if within => {
                let message = "needs the range that the moment is in, such as {\"within_days\": 30}";
                faults.push((path, message.into()));
            }
            Some(_) if !within && !takes_range(&self.field) => {
                let message = match kind {
                    FieldKind::Instant | FieldKind::Attribute | FieldKind::Answer => {
                        "a moment is in a range with the operator `within`"
                    }
                    _ => "this happens at no moment that a range could hold; leave it out",
                };
                faults.push((path, message.into()));
            }
            Some(range) => range.faults(&path, faults),
            None => {}
        }
    }

    fn filter_faults(&self, path: &str, faults: &mut Vec<(String, String)>) {
        let Some(filter @ Filter { step, .. }) = self.filter.as_deref() else { return };
        let path = format!("{path}.where");
        for (name, _) in filter.of_goods().iter().filter(|(_, list)| !list.is_empty()) {
            if !is_of_goods(&self.field) {
                faults.push((format!("{path}.{name}"), format!("{} is not about goods; leave it out", self.field)));
            }
        }
        if step.is_some() && !is_of_messages(&self.field) {
            faults.push((format!("{path}.step"), format!("{} is not about messages; leave it out", self.field)));
        }
        if filter.of_goods().iter().all(|(_, list)| list.is_empty()) && step.is_none() {
            let names = "`sku`, `product_type`, `tag`, `collection`, `category` or `step`";
            faults.push((path, format!("chooses nothing; name {names}, or leave it out")));
        }
    }
}

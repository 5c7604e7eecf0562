//! What is wrong with a rule, each with its place and what to do.

use super::field::{FIELDS, FieldKind, field_kind, is_of_goods, is_of_messages, takes_range};
use super::leaf::{instant_value, number, texts};
use super::{Filter, Group, Node, Operator, Rule};
use crate::publish::{FaultCode, StrategyFault};
use crate::said::Said;

impl Group {
    /// What is wrong with the tree, each with its path below `path`.
    pub fn faults(&self, path: &str, currency_hint: &str, faults: &mut Vec<StrategyFault>) {
        if self.rules.is_empty() {
            faults.push(StrategyFault::error(format!("{path}.rules"), FaultCode::EmptyGroup));
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
    fn faults(&self, path: &str, currency_hint: &str, faults: &mut Vec<StrategyFault>) {
        let Some(kind) = field_kind(&self.field) else {
            let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
            let message = FaultCode::NoField.with([("field", &self.field), ("known", &known.join(", "))]);
            faults.push(StrategyFault::error(format!("{path}.field"), message));
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
            let message = FaultCode::NotCompared.with([("field", &self.field)]);
            faults.push(StrategyFault::error(format!("{path}.operator"), message));
            return;
        }
        if matches!(self.operator, Empty | NotEmpty | Within) {
            return;
        }
        let problem: Option<Said<FaultCode>> = match kind {
            FieldKind::Count if number(&self.value).is_none() => Some(FaultCode::NotANumber.into()),
            FieldKind::Amount if self.limit().is_none() => {
                let example = format!("{{\"amount\": \"50.00\", \"currency\": \"{currency_hint}\"}}");
                Some(FaultCode::NotAnAmount.with([("example", &example)]))
            }
            FieldKind::Instant if !instant_value(&self.value) => Some(FaultCode::NotAMoment.into()),
            FieldKind::Text | FieldKind::Many if texts(&self.value).is_empty() => Some(FaultCode::NotTexts.into()),
            _ => None,
        };
        if let Some(message) = problem {
            faults.push(StrategyFault::error(format!("{path}.value"), message));
        }
    }

    fn range_faults(&self, kind: FieldKind, path: &str, faults: &mut Vec<StrategyFault>) {
        let within = self.operator == Operator::Within;
        let path = format!("{path}.range");
        match &self.range {
            None if within => {
                let message = FaultCode::NeedsRange.with([("example", &"{\"within_days\": 30}")]);
                faults.push(StrategyFault::error(path, message));
            }
            Some(_) if !within && !takes_range(&self.field) => {
                let message = match kind {
                    FieldKind::Instant | FieldKind::Attribute | FieldKind::Answer => FaultCode::RangeNeedsWithin,
                    _ => FaultCode::NoRangeHere,
                };
                faults.push(StrategyFault::error(path, message));
            }
            Some(range) => range.faults(&path, faults),
            None => {}
        }
    }

    fn filter_faults(&self, path: &str, faults: &mut Vec<StrategyFault>) {
        let Some(filter @ Filter { step, .. }) = self.filter.as_deref() else { return };
        let path = format!("{path}.where");
        for (name, _) in filter.of_goods().iter().filter(|(_, list)| !list.is_empty()) {
            if !is_of_goods(&self.field) {
                let message = FaultCode::NotAboutGoods.with([("field", &self.field)]);
                faults.push(StrategyFault::error(format!("{path}.{name}"), message));
            }
        }
        if step.is_some() && !is_of_messages(&self.field) {
            let message = FaultCode::NotAboutMessages.with([("field", &self.field)]);
            faults.push(StrategyFault::error(format!("{path}.step"), message));
        }
        if filter.of_goods().iter().all(|(_, list)| list.is_empty()) && step.is_none() {
            faults.push(StrategyFault::error(path, FaultCode::ChoosesNothing));
        }
    }
}

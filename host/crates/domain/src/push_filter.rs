//! Whom marketing goes to, by the tags of the customer (S17). Read live at each check, so a tag that is set today
//! holds for runs that began yesterday (S28).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::fact::FactRead;
use crate::publish::FaultCode;
use crate::said::Said;

/// Tags that a customer must have, and such that nobody who has one is written to. An empty list asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PushFilter {
    /// Only customers who have at least one of these.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub only: BTreeSet<String>,
    /// Never customers who have one of these, whatever else they have.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub never: BTreeSet<String>,
}

impl PushFilter {
    /// Whether it lets everybody pass.
    pub fn is_empty(&self) -> bool {
        self.only.is_empty() && self.never.is_empty()
    }

    /// What keeps somebody with these tags from being written to; none if nothing does. `whose` says whose filter it
    /// is: the shop's or the strategy's.
    pub fn refusal(&self, whose: &str, tags: &BTreeSet<String>) -> Option<FactRead> {
        if let Some(tag) = self.never.intersection(tags).next() {
            return Some(FactRead::new(format!("push_filter.{whose}.never"), tag.as_str()));
        }
        let passes = self.only.is_empty() || !self.only.is_disjoint(tags);
        let wanted = || self.only.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        (!passes).then(|| FactRead::new(format!("push_filter.{whose}.only"), wanted()))
    }

    /// What is wrong with it, as a path below itself with words.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&'static str, Said<FaultCode>)> {
        let unsound = |tag: &&String| tag.trim().is_empty() || tag.trim() != tag.as_str();
        let blank = [("only", &self.only), ("never", &self.never)].into_iter().flat_map(move |(list, tags)| {
            let words = |tag: &String| FaultCode::TagWithSpaces.with([("tag", tag)]);
            tags.iter().filter(unsound).map(move |tag| (list, words(tag)))
        });
        let both = self.only.intersection(&self.never);
        blank.chain(both.map(|tag| ("only", FaultCode::TagInNever.with([("tag", tag)]))))
    }
}

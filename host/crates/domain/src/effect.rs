//! What a step changes about the customer: tags, attributes, lists.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::customer::Customer;

/// A change that a step makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Effect {
    /// Tags were added or removed.
    Tags(Names),
    /// Attributes were set; `null` removed one.
    Attributes {
        /// By name.
        set: BTreeMap<String, Value>,
    },
    /// The customer was put on lists, or taken off.
    Lists(Names),
}

/// Names that are added and removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Names {
    /// Added.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub add: BTreeSet<String>,
    /// Removed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove: BTreeSet<String>,
}

impl Names {
    fn change(&self, names: &mut BTreeSet<String>) {
        names.retain(|name| !self.remove.contains(name));
        names.extend(self.add.iter().cloned());
    }
}

impl Customer {
    /// Takes a change that a step makes.
    pub fn take_effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Tags(names) => {
                names.change(&mut self.tags);
                // A source that tells all the tags it has knows nothing of ours.
                names.change(&mut self.own_tags);
            }
            Effect::Attributes { set } => self.set_attributes(set),
            Effect::Lists(names) => names.change(&mut self.lists),
        }
    }

    /// Sets attributes; `null` removes one.
    pub(crate) fn set_attributes(&mut self, set: &BTreeMap<String, Value>) {
        for (name, value) in set {
            if value.is_null() {
                self.attributes.remove(name);
            } else {
                self.attributes.insert(name.clone(), value.clone());
            }
        }
    }
}

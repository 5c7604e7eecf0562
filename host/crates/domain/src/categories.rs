//! What goods are sorted under: product types, tags and collections, and whatever else a platform has.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// What goods are sorted under. In JSON lists by kind, or a plain list where nobody says of which kind a name is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Categories {
    /// Product types.
    pub product_types: BTreeSet<String>,
    /// Tags of the products, which are no tags of customers.
    pub tags: BTreeSet<String>,
    /// Collections.
    pub collections: BTreeSet<String>,
    /// Names of no known kind.
    pub others: BTreeSet<String>,
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Kinds {
    /// Product types.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    product_types: BTreeSet<String>,
    /// Tags of the products.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<String>,
    /// Collections.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    collections: BTreeSet<String>,
    /// Names of no known kind.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    others: BTreeSet<String>,
}

impl Categories {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// The names, of whatever kind.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        [&self.product_types, &self.tags, &self.collections, &self.others].into_iter().flatten()
    }

    /// Whether a name is among them, of whatever kind (exact, case-sensitive).
    pub fn have(&self, name: &str) -> bool {
        [&self.product_types, &self.tags, &self.collections, &self.others].iter().any(|names| names.contains(name))
    }

    /// Takes what others are sorted under too.
    pub fn add(&mut self, other: &Self) {
        self.product_types.extend(other.product_types.iter().cloned());
        self.tags.extend(other.tags.iter().cloned());
        self.collections.extend(other.collections.iter().cloned());
        self.others.extend(other.others.iter().cloned());
    }
}

impl<Name: Into<String>, const N: usize> From<[Name; N]> for Categories {
    fn from(names: [Name; N]) -> Self {
        Self { others: names.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

/// Trying one form after the other could not say what is wrong with either.
impl<'de> Deserialize<'de> for Categories {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let kinds = match value.is_array() {
            true => BTreeSet::deserialize(value).map(|others| Kinds { others, ..Kinds::default() }),
            false => Kinds::deserialize(value),
        };
        let Kinds { product_types, tags, collections, others } = kinds.map_err(serde::de::Error::custom)?;
        Ok(Self { product_types, tags, collections, others })
    }
}

impl Serialize for Categories {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { product_types, tags, collections, others } = self.clone();
        match product_types.is_empty() && tags.is_empty() && collections.is_empty() {
            true => others.serialize(serializer),
            false => Kinds { product_types, tags, collections, others }.serialize(serializer),
        }
    }
}

impl JsonSchema for Categories {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Categories".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kinds = generator.subschema_for::<Kinds>();
        json_schema!({
            "description": "What goods are sorted under: lists by kind, or a plain list where the kind is not known.",
            "anyOf": [{ "type": "array", "items": { "type": "string" } }, kinds],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plain_list_is_of_no_kind_and_stays_a_plain_list() {
        let plain: Categories = serde_json::from_value(json!(["sale", "home"])).unwrap();
        assert_eq!(plain, ["home", "sale"].into());
        assert_eq!(serde_json::to_value(&plain).unwrap(), json!(["home", "sale"]));
    }

    #[test]
    fn lists_by_kind_are_told_apart_and_asked_together() {
        let written = json!({ "product_types": ["Lamp"], "tags": ["led"], "collections": ["Home"] });
        let kinds: Categories = serde_json::from_value(written.clone()).unwrap();
        assert!(["Lamp", "led", "Home"].iter().all(|name| kinds.have(name)) && !kinds.have("lamp"));
        assert_eq!(serde_json::to_value(&kinds).unwrap(), written);
        let mut more = Categories::from(["sale"]);
        more.add(&kinds);
        assert_eq!(more.all().collect::<Vec<_>>(), ["Lamp", "led", "Home", "sale"]);
    }

    #[test]
    fn a_kind_that_nobody_knows_is_refused() {
        assert!(serde_json::from_value::<Categories>(json!({ "colour": ["red"] })).is_err());
    }
}

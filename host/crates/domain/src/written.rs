//! What people write in a grammar of its own, kept as it was written: publishing names every place that is wrong, and
//! not only the first.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

/// A text that should be a `T`. What is published always is one; whoever reads it decides what else comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// It is one.
    Sound(T),
    /// It is none.
    Unsound(String),
}

impl<T: Copy> Written<T> {
    /// The value, if it is one.
    pub fn get(&self) -> Option<T> {
        match self {
            Self::Sound(value) => Some(*value),
            Self::Unsound(_) => None,
        }
    }
}

impl<T: FromStr> From<String> for Written<T> {
    fn from(text: String) -> Self {
        text.parse().map_or(Self::Unsound(text), Self::Sound)
    }
}

impl<T: FromStr> Written<T> {
    /// What is wrong with the text, if anything.
    pub fn fault(&self) -> Option<T::Err> {
        match self {
            Self::Sound(_) => None,
            Self::Unsound(text) => text.parse::<T>().err(),
        }
    }
}

impl<T: Display> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sound(value) => serializer.collect_str(value),
            Self::Unsound(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl<T: JsonSchema> JsonSchema for Written<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

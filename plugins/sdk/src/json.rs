//! JSON that says which field is wrong.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::types::Fault;

/// Money in JSON: `{"amount": "19.99", "currency": "EUR"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// A decimal number as text.
    pub amount: String,
    /// ISO 4217 code in capitals.
    pub currency: String,
}

/// The plugin's configuration, or a fault that names the field.
pub fn config<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    // A list would be taken for the fields in their order.
    if !text.trim_start().starts_with('{') {
        return Err(Fault::bad_config("a configuration is a JSON object, such as {}"));
    }
    read(text.as_bytes()).map_err(Fault::bad_config)
}

/// For a plugin without settings.
pub fn no_config(text: &str) -> Result<(), Fault> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    config::<Nothing>(text).map(|_| ())
}

/// A body that came in, or a fault that names the field.
pub fn input<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    read(bytes).map_err(Fault::bad_input)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        if path == "." { error.into_inner().to_string() } else { format!("{path}: {}", error.into_inner()) }
    })?;
    json.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// An id of another system, kept as text: some are numbers beyond what a double can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "an id is a whole number or a text")]
        enum Form {
            Number(u64),
            Text(String),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::Number(number) => number.to_string(),
            Form::Text(text) => text,
        }))
    }
}

/// A text; `null`, nothing and blanks are none. For `#[serde(default, deserialize_with)]`.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// A list where `null` means an empty one. For `#[serde(default, deserialize_with)]`.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Order {
        id: Option<Id>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Limit {
        #[allow(dead_code)]
        min_spent: Amount,
    }

    #[test]
    fn ids_beyond_two_to_the_53_stay_exact() {
        let order: Order = input(br#"{"id": 9007199254740993}"#).unwrap();
        assert_eq!(order.id, Some(Id("9007199254740993".to_owned())));
        assert_eq!(input::<Order>(br#"{"id": null}"#).unwrap().id, None);
        assert!(input::<Order>(br#"{"id": 1.5}"#).is_err());
    }

    #[test]
    fn a_fault_names_the_field() {
        let fault = config::<Limit>(r#"{"min_spent": {"amount": 5, "currency": "EUR"}}"#).unwrap_err();
        assert!(fault.message.starts_with("min_spent.amount: "), "{}", fault.message);
        let fault = config::<Limit>(r#"{"min_spend": 5}"#).unwrap_err();
        assert!(fault.message.contains("min_spend"), "{}", fault.message);
        for junk in ["", "null", "[]", "[1]", "{", "{} {}", "\"{}\""] {
            assert!(no_config(junk).is_err(), "{junk}");
        }
        assert!(no_config(" {} ").is_ok());
    }
}

//! What is said to people: an English sentence for logs and the command line, and its code with the values in it for
//! whoever says it in the reader's own language.
//!
//! Each family of sentences is a closed list of codes. What a provider or a plugin says has no code: it stays as it is.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// The values of a sentence, by the names they have in it.
pub type Values = BTreeMap<String, String>;

/// A sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<C> {
    /// Which of ours; none for words of somebody else.
    pub code: Option<C>,
    /// What stands in it.
    pub values: Values,
    /// How it reads in English.
    pub text: String,
}

impl<C> Said<C> {
    /// The same sentence, worded otherwise: by whoever found what it is about.
    pub fn worded(self, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..self }
    }
}

impl<C> From<String> for Said<C> {
    fn from(text: String) -> Self {
        Self { code: None, values: Values::new(), text }
    }
}

impl<C> From<&str> for Said<C> {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// Puts values into the places of a sentence that name them in braces. A value is never looked into: it may hold braces.
pub(crate) fn filled<C, const N: usize>(code: C, english: &str, values: [(&str, &dyn Display); N]) -> Said<C> {
    let values: Values = values.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect();
    let mut parts = english.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}').and_then(|(name, rest)| Some((values.get(name)?, rest))) {
            Some((value, rest)) => text.extend([value.as_str(), rest]),
            None => text.extend(["{", part]),
        }
    }
    Said { code: Some(code), values, text }
}

/// A code as it was kept. One that only another version knows is none: its English stands beside it.
pub(crate) fn known<'de, D: Deserializer<'de>, C: DeserializeOwned>(kept: D) -> Result<Option<C>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(kept)?).ok())
}

/// A closed list of sentences, each with its English words.
macro_rules! sentences {
    ($(#[$about:meta])* $name:ident { $($code:ident = $english:literal,)* }) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[doc = $english] $code,)*
        }

        impl $name {
            /// How it reads in English, its values by name in braces.
            pub fn english(self) -> &'static str {
                match self {
                    $(Self::$code => $english,)*
                }
            }

            /// The sentence with its values.
            pub fn with<const N: usize>(self, values: [(&str, &dyn std::fmt::Display); N]) -> $crate::said::Said<Self> {
                $crate::said::filled(self, self.english(), values)
            }
        }

        impl From<$name> for $crate::said::Said<$name> {
            fn from(code: $name) -> Self {
                code.with([])
            }
        }
    };
}
pub(crate) use sentences;

#[cfg(test)]
mod tests {
    use super::*;

    sentences! {
        /// Of a test.
        Greeting {
            Hello = "hello, {name}: you have {n}",
            Bye = "goodbye",
        }
    }

    #[test]
    fn a_sentence_has_its_code_and_its_values_beside_its_english() {
        let said = Greeting::Hello.with([("name", &"Ana"), ("n", &3)]);
        assert_eq!((said.code, said.text.as_str()), (Some(Greeting::Hello), "hello, Ana: you have 3"));
        assert_eq!(said.values, Values::from([("n".into(), "3".into()), ("name".into(), "Ana".into())]));
        assert_eq!(Said::from(Greeting::Bye).text, "goodbye");
    }

    #[test]
    fn braces_in_a_value_are_its_own() {
        assert_eq!(Greeting::Hello.with([("name", &"{n}"), ("n", &3)]).text, "hello, {n}: you have 3");
        assert_eq!(Greeting::Hello.with([("name", &"Ana")]).text, "hello, Ana: you have {n}");
    }

    #[test]
    fn words_of_somebody_else_have_no_code() {
        let said: Said<Greeting> = "Account suspended".into();
        assert_eq!((said.code, said.text.as_str()), (None, "Account suspended"));
    }
}

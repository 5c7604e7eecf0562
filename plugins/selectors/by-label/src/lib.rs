//! The first content that carries a label: a fixed one, or what an attribute, the language or the country of the
//! customer says. Where none does, the first content.

cartwright_sdk::selector_plugin!(ByLabel);

use bindings::{Choice, Descriptor, Fault, Json, Selector, candidates, customer, decision};
use cartwright_sdk::json;
use serde::Deserialize;

/// The selector.
pub struct ByLabel;

/// Where the label comes from; exactly one of them, such as `{"attribute": "colour"}`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Config {
    Label(String),
    Attribute(String),
    Customer(Trait),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Trait {
    Language,
    Country,
}

impl Selector for ByLabel {
    fn describe() -> Descriptor {
        Descriptor::new(
            "Content by label",
            "Shows the content with a label: a fixed one, or one that fits the customer.",
        )
        .config(include_str!("../config.schema.json"))
        .translations(include_str!("../translations.json"))
        .fact("customer.attribute", "To find the content named after the attribute's value.")
        .fact("customer.language", "To find the content named after the language.")
        .fact("customer.country", "To find the content named after the country.")
    }

    fn check_config(config: Json) -> Result<(), Fault> {
        json::config::<Config>(&config).map(|_| ())
    }

    fn select() -> Result<Choice, Fault> {
        let labels = match json::config(&decision::config())? {
            Config::Label(label) => vec![label],
            Config::Attribute(name) => customer::attribute(&name).into_iter().collect(),
            Config::Customer(Trait::Country) => customer::country().into_iter().collect(),
            Config::Customer(Trait::Language) => customer::language().as_deref().map(shortened).unwrap_or_default(),
        };
        Ok(choice(&labels, candidates::count(), candidates::has_label))
    }
}

/// `zh-Hant-TW`, then `zh-Hant`, then `zh`.
fn shortened(language: &str) -> Vec<String> {
    let ends = language.match_indices('-').map(|(at, _)| at).chain([language.len()]);
    let mut tags: Vec<String> = ends.map(|end| language[..end].to_owned()).collect();
    tags.reverse();
    tags
}

fn choice(labels: &[String], count: u32, has_label: impl Fn(u32, &str) -> bool) -> Choice {
    let found = labels.iter().find_map(|label| Some((label, (0..count).find(|index| has_label(*index, label))?)));
    let (candidate, reason) = match (found, labels.first()) {
        (Some((label, index)), _) => (index, format!("labelled `{label}`")),
        (None, Some(label)) => (0, format!("no content is labelled `{label}`: the first")),
        (None, None) => (0, "the customer has no such value: the first".to_owned()),
    };
    Choice { candidate, variables: Vec::new(), reason: Some(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENTS: [&[&str]; 3] = [&["en"], &["spring", "zh"], &["spring", "pt-BR"]];

    fn chosen(labels: &[&str]) -> u32 {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        choice(&labels, 3, |index, label| CONTENTS[index as usize].contains(&label)).candidate
    }

    #[test]
    fn the_first_content_with_the_label_is_chosen_else_the_first() {
        assert_eq!(chosen(&["spring"]), 1);
        assert_eq!(chosen(&["autumn"]), 0);
        assert_eq!(chosen(&[]), 0);
    }

    #[test]
    fn a_language_is_shortened_until_a_content_fits() {
        assert_eq!(shortened("zh-Hant-TW"), ["zh-Hant-TW", "zh-Hant", "zh"]);
        assert_eq!(chosen(&["zh-Hant-TW", "zh-Hant", "zh"]), 1);
        assert_eq!(chosen(&["pt-BR", "pt"]), 2);
    }

    #[test]
    fn a_configuration_names_exactly_one_way() {
        assert_eq!(json::config::<Config>(r#"{"customer": "language"}"#).unwrap(), Config::Customer(Trait::Language));
        for config in ["{}", r#"{"label": "a", "attribute": "b"}"#, r#"{"customer": "age"}"#] {
            assert!(ByLabel::check_config(config.to_owned()).is_err(), "{config}");
        }
    }
}

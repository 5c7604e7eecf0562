//! What a shop lets the script on its own pages do, and what its forms say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

use crate::contact::GENERAL;
use crate::locale;
use crate::publish::StrategyFault;
use crate::time::Span;

/// The script on a shop's pages, at `/s/{shop}.js`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storefront {
    /// Pages that may speak for their visitors: origins such as `https://shop.example`, at most 20.
    pub origins: Vec<String>,
    /// Forms by name, at most 10. A form that is filled in becomes the event `form.<name>`, with which strategies can
    /// begin.
    #[serde(default)]
    pub forms: BTreeMap<String, Form>,
}

/// A form on the shop's pages: a pop-up, or one that gives a coupon for an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Which addresses it asks for, in this order; one of them is enough.
    pub asks: Vec<FormAddress>,
    /// Whether it may be sent without a yes to marketing.
    #[serde(default)]
    pub consent: ConsentBox,
    /// The topic that the yes is for; `general` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// It opens by itself after so long on a page, once in 30 days; without, only where the page opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_after: Option<Span>,
    /// A code that is shown to whoever has filled it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The language of `texts` for visitors whose own is not among them.
    pub language: String,
    /// What it says, by language (BCP 47).
    pub texts: BTreeMap<String, FormTexts>,
}

/// An address that a form can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormAddress {
    /// E-mail.
    Email,
    /// Phone.
    Phone,
}

/// The box by which a visitor says yes to marketing; it is never ticked before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentBox {
    /// It may stay empty.
    #[default]
    Asked,
    /// The form is not sent without.
    Needed,
}

/// What a form says in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormTexts {
    /// Its heading, and its name for screen readers.
    pub title: String,
    /// What stands below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is said yes to, beside the box.
    pub consent: String,
    /// On the button; the script has a word of its own in five languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// What is said once it was filled in; the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
}

const MOST_ORIGINS: usize = 20;
const MOST_FORMS: usize = 10;
const MOST_LANGUAGES: usize = 20;
/// In characters. Everything a form says goes to every visitor.
const LONGEST_TEXT: usize = 500;
const LONGEST_CODE: usize = 64;
const LATEST_OPENING: Span = Span::hours(1);

impl Storefront {
    /// Whether a page of this origin may speak, as a browser writes the header `Origin`.
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }
}

/// What is wrong with it, in a shop with these topics.
pub(crate) fn faults(storefront: &Storefront, topics: &[String], faults: &mut Vec<StrategyFault>) {
    let mut fault = |path: String, message: String| faults.push(StrategyFault::error(path, message));
    if storefront.origins.len() > MOST_ORIGINS {
        fault("storefront.origins".into(), format!("has at most {MOST_ORIGINS}"));
    }
    for (place, origin) in storefront.origins.iter().enumerate().filter(|(_, origin)| !is_origin(origin)) {
        let message = format!("`{origin}` is no origin; write it like https://shop.example, with nothing behind it");
        fault(format!("storefront.origins[{place}]"), message);
    }
    if storefront.forms.len() > MOST_FORMS {
        fault("storefront.forms".into(), format!("has at most {MOST_FORMS}"));
    }
    for (name, form) in &storefront.forms {
        for (field, message) in form_faults(name, form, topics) {
            let dot = if field.is_empty() { "" } else { "." };
            fault(format!("storefront.forms.{name}{dot}{field}"), message);
        }
    }
}

fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
}

fn form_faults(name: &str, form: &Form, topics: &[String]) -> Vec<(String, String)> {
    let mut faults: Vec<(String, String)> = Vec::new();
    let mut fault = |field: &str, message: String| faults.push((field.to_owned(), message));
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(sound) {
        fault("", "has a name of 1 to 40 small letters, digits and `-`".into());
    }
    if form.asks.is_empty() || (form.asks.len() > 1 && form.asks[1..].contains(&form.asks[0])) || form.asks.len() > 2 {
        fault("asks", "names `email`, `phone` or both, each once".into());
    }
    if let Some(topic) = form.topic.as_ref().filter(|topic| *topic != GENERAL && !topics.contains(topic)) {
        fault("topic", format!("`{topic}` is no topic of the shop; add it to `topics`"));
    }
    if form.opens_after.is_some_and(|after| after > LATEST_OPENING) {
        fault("opens_after", "is at most an hour".into());
    }
    let is_plain = |text: &str, most: usize| {
        let length = text.chars().count();
        !text.trim().is_empty() && length <= most && !text.chars().any(|c| c.is_control() && c != '\n')
    };
    if form.code.as_deref().is_some_and(|code| !is_plain(code, LONGEST_CODE) || code.contains('\n')) {
        fault("code", format!("has 1 to {LONGEST_CODE} characters"));
    }
    if !form.texts.contains_key(&form.language) {
        fault("language", format!("`{}` is none of the languages in `texts`", form.language));
    }
    if form.texts.len() > MOST_LANGUAGES {
        fault("texts", format!("has at most {MOST_LANGUAGES} languages"));
    }
    for (language, texts) in &form.texts {
        if !locale::is_tag(language) {
            fault(&format!("texts.{language}"), "is no language; write it like `en` or `pt-BR`".into());
        }
        let FormTexts { title, text, consent, button, done } = texts;
        let all = [
            ("title", Some(title)),
            ("text", text.as_ref()),
            ("consent", Some(consent)),
            ("button", button.as_ref()),
            ("done", done.as_ref()),
        ];
        for (field, said) in all {
            if said.is_some_and(|said| !is_plain(said, LONGEST_TEXT)) {
                fault(&format!("texts.{language}.{field}"), format!("has 1 to {LONGEST_TEXT} characters"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sample(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut text = json!({
            "origins": ["https://shop.example", "http://localhost:8000"],
            "forms": { "news": {
                "asks": ["email", "phone"], "language": "en", "opens_after": "20s", "code": "HELLO5",
                "texts": { "en": { "title": "Hello", "consent": "Yes, write to me" } },
            } },
        });
        change(&mut text);
        let mut found = Vec::new();
        faults(&serde_json::from_value(text).unwrap(), &["tea".to_owned()], &mut found);
        found.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        assert_eq!(sample(|_| {}), [""; 0]);
        for wrong in ["shop.example", "https://shop.example/", "https://Shop.example", "https://shop.example:443", "*"]
        {
            assert_eq!(sample(|text| text["origins"] = json!([wrong])), ["storefront.origins[0]"], "{wrong}");
        }
    }

    #[test]
    fn a_form_says_what_it_asks_in_a_language_that_it_has() {
        let form = |field: &str, value: Value| {
            sample(|text| text["forms"]["news"][field] = value)
                .pop()
                .unwrap_or_default()
                .replace("storefront.forms.", "")
        };
        assert_eq!(form("asks", json!([])), "news.asks");
        assert_eq!(form("asks", json!(["email", "email"])), "news.asks");
        assert_eq!(form("topic", json!("coffee")), "news.topic");
        assert_eq!(form("topic", json!("tea")), "");
        assert_eq!(form("opens_after", json!("2h")), "news.opens_after");
        assert_eq!(form("code", json!(" ")), "news.code");
        assert_eq!(form("language", json!("ro")), "news.language");
        assert_eq!(form("texts", json!({ "en": { "title": "", "consent": "Yes" } })), "news.texts.en.title");
        let named = sample(|text| text["forms"] = json!({ "A b": text["forms"]["news"] }));
        assert_eq!(named, ["storefront.forms.A b"]);
    }
}

//! What a rendered text marks as a link to be shortened becomes one.
//!
//! A renderer knows neither tokens nor keys, so it marks: U+0002, the address, then U+001F and what the link is called
//! if it is called anything, then U+0003. The filter `short_link` of Liquid writes that.

use std::borrow::Cow;

use cartwright_domain::ids::MessageId;
use cartwright_domain::shop::Shop;
use cartwright_domain::short_link::{self, ShortLink};
use cartwright_domain::utm::Utm;
use serde_json::Value;
use uuid::Uuid;

const START: char = '\u{2}';
const CALLED: char = '\u{1f}';
const END: char = '\u{3}';
/// The longest name of a link, in characters.
const LONGEST_NAME: usize = 100;

/// Makes the short links of one message.
pub(crate) struct Shortener<'a> {
    pub(crate) shop: &'a Shop,
    /// What links to the shop carry.
    pub(crate) utm: Utm,
    pub(crate) message: MessageId,
    /// None where links stay long: the shop's own people are not counted.
    pub(crate) key: Option<[u8; 32]>,
    pub(crate) public_url: &'a str,
    pub(crate) links: Vec<ShortLink>,
}

impl<'a> Shortener<'a> {
    /// Puts the addresses themselves in: what the shop's own people open says nothing of customers.
    pub(crate) fn of_nobody(shop: &'a Shop) -> Self {
        let (utm, message) = (shop.utm.clone(), MessageId(Uuid::nil()));
        Self { shop, utm, message, key: None, public_url: "", links: Vec::new() }
    }

    /// Shortens what a document marks.
    pub(crate) fn shorten(&mut self, document: &mut Value) {
        self.walk(document, false);
    }

    fn walk(&mut self, value: &mut Value, is_html: bool) {
        match value {
            Value::String(text) if text.contains(START) => *text = self.text(text, is_html),
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item, false)),
            // As the renderer was told: a leaf called `html` is escaped for HTML.
            Value::Object(fields) => fields.iter_mut().for_each(|(name, field)| self.walk(field, name == "html")),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, is_html: bool) -> String {
        let mut parts = text.split(START);
        let mut shortened = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (marked, rest) = part.split_once(END).unwrap_or((part, ""));
            let (address, name) = match marked.split_once(CALLED) {
                Some((address, name)) => (address, Some(name)),
                None => (marked, None),
            };
            let name =
                name.map(|name| name.chars().take(LONGEST_NAME).collect()).filter(|name: &String| !name.is_empty());
            shortened += &match is_html {
                true => escaped(&self.link(&unescaped(address), name.map(|name| unescaped(&name)))),
                false => self.link(address, name),
            };
            shortened += rest;
        }
        shortened
    }

    fn link(&mut self, written: &str, name: Option<String>) -> String {
        let written = written.trim();
        if !short_link::is_target(written) {
            return written.to_owned();
        }
        let url = if self.shop.is_own_site(written) { self.utm.on(written) } else { written.to_owned() };
        let Some(key) = &self.key else { return url };
        let link = ShortLink::new(key, self.message, written, url, name);
        let is_known = self.links.iter().any(|known| known.token == link.token);
        if !is_known && self.links.len() >= short_link::MOST {
            return link.url;
        }
        let address = format!("{}/l/{}", self.public_url, link.token);
        if !is_known {
            self.links.push(link);
        }
        address
    }
}

/// Whether anything is marked.
pub(crate) fn has_marks(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(START),
        Value::Array(items) => items.iter().any(has_marks),
        Value::Object(fields) => fields.values().any(has_marks),
        _ => false,
    }
}

/// Nobody's name makes a link of ours: only templates do.
pub(crate) fn without_marks(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|letter| !matches!(letter, START | END | CALLED)),
        Value::Array(items) => items.iter_mut().for_each(without_marks),
        Value::Object(fields) => fields.values_mut().for_each(without_marks),
        _ => {}
    }
}

const ENTITIES: [(&str, &str); 5] = [("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;"), ("&", "&amp;")];

fn unescaped(html: &str) -> String {
    ENTITIES.iter().fold(Cow::from(html), |text, (plain, entity)| text.replace(entity, plain).into()).into_owned()
}

fn escaped(text: &str) -> String {
    ENTITIES.iter().rev().fold(Cow::from(text), |html, (plain, entity)| html.replace(plain, entity).into()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shortener(shop: &Shop) -> Shortener<'_> {
        let utm = Utm { source: Some("cartwright".into()), ..Utm::default() };
        let message = MessageId(Uuid::from_u128(7));
        Shortener { shop, utm, message, key: Some([1; 32]), public_url: "https://c.example", links: Vec::new() }
    }

    fn acorn() -> Shop {
        let id = Uuid::nil();
        let shop = json!({ "id": id, "name": "Acorn", "currency": "EUR", "sites": ["acorn.example"] });
        serde_json::from_value(shop).unwrap()
    }

    #[test]
    fn what_is_marked_becomes_a_link_and_the_rest_stays() {
        let shop = acorn();
        let mut shortener = shortener(&shop);
        let mut document =
            json!({ "text": "Go on: \u{2}https://acorn.example/c?k=1\u{1f}buy\u{3}!", "buttons": [1, "x"] });
        shortener.shorten(&mut document);
        let [link] = &shortener.links[..] else { panic!("{:?}", shortener.links) };
        assert_eq!(
            document,
            json!({ "text": format!("Go on: https://c.example/l/{}!", link.token), "buttons": [1, "x"] })
        );
        assert_eq!(link.url, "https://acorn.example/c?k=1&utm_source=cartwright");
        assert_eq!(link.name.as_deref(), Some("buy"));
    }

    #[test]
    fn html_is_read_and_written_as_html() {
        let shop = acorn();
        let mut shortener = shortener(&shop);
        let mut document = json!({ "html": "<a href=\"\u{2}https://acorn.example/c?a=1&amp;b=&lt;2\u{3}\">x</a>" });
        shortener.shorten(&mut document);
        assert_eq!(shortener.links[0].url, "https://acorn.example/c?a=1&b=<2&utm_source=cartwright");
        shortener.key = None;
        let mut long = json!({ "html": "\u{2}https://other.example/c?a=1&amp;b=2\u{3}" });
        shortener.shorten(&mut long);
        assert_eq!(long, json!({ "html": "https://other.example/c?a=1&amp;b=2" }));
    }

    #[test]
    fn one_address_is_one_link_and_no_message_has_more_than_fifty() {
        let shop = acorn();
        let mut shortener = shortener(&shop);
        let marked = |place: usize| format!("\u{2}https://other.example/{place}\u{3} ");
        let text: String = (0..60).chain(0..60).map(marked).collect();
        shortener.shorten(&mut json!([text]));
        assert_eq!(shortener.links.len(), short_link::MOST);
    }

    #[test]
    fn what_is_no_address_of_the_web_stays_as_it_is() {
        let shop = acorn();
        let mut shortener = shortener(&shop);
        let mut document = json!(["\u{2}javascript:alert(1)\u{3}", "\u{2}/cart\u{1f}buy\u{3}.", "\u{2}"]);
        shortener.shorten(&mut document);
        assert_eq!(document, json!(["javascript:alert(1)", "/cart.", ""]));
        assert!(shortener.links.is_empty());
    }

    #[test]
    fn a_name_makes_no_link() {
        let mut data = json!({ "user_name": "\u{2}https://evil.example\u{3}", "tags": ["a\u{1f}"] });
        without_marks(&mut data);
        assert_eq!(data, json!({ "user_name": "https://evil.example", "tags": ["a"] }));
    }
}

//! Links that open a chat with the shop, and how the first message tells which of them somebody came by.
//!
//! A channel's plugin declares in its schema of configurations how such a link is written, at the field that holds the
//! number or page: `"x-chat-link": "https://wa.me/{digits}?text={text}"`. The host knows no provider.

use std::collections::BTreeMap;
use std::fmt::Write;

use hmac::Mac;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::contact::Address;
use crate::publish::StrategyFault;
use crate::seal::seal;
use crate::shop::Shop;
use crate::stop_word::word_of;

/// So many a shop may have.
pub const MOST: usize = 200;
/// What the events of chat links begin with: `chat.<name>`.
pub const EVENT: &str = "chat.";
/// The annotation of a field in a schema of configurations.
const DECLARED: &str = "x-chat-link";
/// So that no seal of another kind, made by the same key, is one of these.
const KIND: &[u8] = b"chat-link\0";
const LONGEST_NAME: usize = 64;
/// What is offered, as an address says it: a QR code has room for little more.
const LONGEST_OFFER: usize = 1_800;

/// A link that opens a chat on one of the shop's channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatLink {
    /// Name of the channel.
    pub channel: String,
    /// By one of its senders; without, by its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// What tells the link by which somebody came: 3 to 32 letters, digits, `-` or `_`, once on each channel, in any
    /// case. Whoever types it without the link came by it as well.
    pub keyword: String,
    /// What the customer is offered to send; the keyword is put behind it where it is not in it.
    #[serde(default)]
    pub text: String,
}

impl ChatLink {
    /// What stands in the customer's field when the chat opens.
    pub fn offered(&self) -> String {
        let text = self.text.trim();
        if has_word(text, &self.keyword) {
            text.to_owned()
        } else {
            format!("{text} {}", self.keyword).trim().to_owned()
        }
    }

    /// Its address by what the channel's plugin declares and what the channel is set up with; none where the plugin
    /// declares nothing, or the field is empty or holds what no chat can be opened with, such as a sender's name.
    pub fn address(&self, config_schema: &Value, config: &Value) -> Option<String> {
        let fields = config_schema.get("properties")?.as_object()?;
        fields.iter().find_map(|(name, field)| {
            let declared = field.get(DECLARED)?.as_str()?;
            let value = config.get(name)?.as_str()?;
            self.written(declared, value)
        })
    }

    fn written(&self, declared: &str, value: &str) -> Option<String> {
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        let is_sms = declared.starts_with("sms:");
        // RFC 5724: nothing but a number, and its `+` as it is.
        let value = if is_sms { Some(value).filter(|value| is_number(value))?.to_owned() } else { encoded(value) };
        let address = declared
            .replace("{value}", &value)
            .replace("{digits}", &digits)
            .replace("{ref}", &encoded(&self.keyword))
            .replace("{text}", &encoded(&self.offered()));
        let is_sound = is_sms || Url::parse(&address).is_ok_and(|url| url.scheme() == "https");
        is_sound.then_some(address)
    }
}

/// A number with its country, or a short code.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// As in a query, with a blank as `%20`: not every app reads `+` as one.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => all.push(byte.into()),
            // Writing into a text does not fail.
            _ => _ = write!(all, "%{byte:02X}"),
        }
        all
    })
}

fn has_word(text: &str, keyword: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || "-_".contains(c))).any(|word| word.eq_ignore_ascii_case(keyword))
}

/// By which of a shop's links somebody came who says this on a channel.
pub fn came_by<'a>(
    links: &'a BTreeMap<String, ChatLink>,
    channel: &str,
    said: &str,
) -> Option<(&'a str, &'a ChatLink)> {
    let found = links.iter().find(|(_, link)| link.channel == channel && has_word(said, &link.keyword));
    found.map(|(name, link)| (name.as_str(), link))
}

/// Somebody comes by a link for the first time only: the id of the event by which it is told. Nobody reads out of it who
/// it was.
pub fn event_id(key: &[u8; 32], name: &str, link: &ChatLink, who: &Address) -> String {
    let who = who.stem().to_lowercase();
    let parts = [KIND, name.as_bytes(), b"\0", link.channel.as_bytes(), b"\0", who.as_bytes()];
    let seal = seal(key, &parts).finalize().into_bytes();
    format!("chat:{name}:{}", hex::encode(&seal[..16]))
}

/// Everything that is wrong with one of a shop's links.
pub fn faults(shop: &Shop, name: &str, link: &ChatLink) -> Vec<StrategyFault> {
    let mut faults = Vec::new();
    let sound = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if name.is_empty() || name.len() > LONGEST_NAME || !sound(name) {
        faults.push(StrategyFault::error("name", "has 1 to 64 letters, digits, `-` or `_`"));
    }
    if !shop.chat_links.contains_key(name) && shop.chat_links.len() >= MOST {
        faults.push(StrategyFault::error("name", format!("the shop has {MOST} chat links; delete one first")));
    }
    if !(3..=32).contains(&link.keyword.len()) || !sound(&link.keyword) {
        faults.push(StrategyFault::error("keyword", "has 3 to 32 letters, digits, `-` or `_`"));
    } else if word_of(&link.keyword).is_some() {
        let message = "is a word by which customers want to hear no more, or to hear again; choose another one";
        faults.push(StrategyFault::error("keyword", message));
    }
    let taken = shop.chat_links.iter().find(|(other, known)| {
        *other != name && known.channel == link.channel && known.keyword.eq_ignore_ascii_case(&link.keyword)
    });
    if let Some((other, _)) = taken {
        faults.push(StrategyFault::error("keyword", format!("`{other}` has it on this channel already")));
    }
    if encoded(&link.offered()).len() > LONGEST_OFFER {
        let message = "is too long for a QR code: about 1,700 Latin letters, or 190 of other scripts, have room";
        faults.push(StrategyFault::error("text", message));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::AddressKind;
    use serde_json::json;
    use uuid::Uuid;

    fn link(keyword: &str, text: &str) -> ChatLink {
        ChatLink { channel: "whatsapp".into(), sender: None, keyword: keyword.into(), text: text.into() }
    }

    fn schema(field: &str, declared: &str) -> Value {
        json!({ "properties": { "other": { "type": "string" }, field: { "type": "string", DECLARED: declared } } })
    }

    fn shop(links: &[(&str, ChatLink)]) -> Shop {
        let id = Uuid::nil();
        let mut shop: Shop = serde_json::from_value(json!({ "id": id, "name": "Acorn", "currency": "EUR" })).unwrap();
        shop.chat_links = links.iter().map(|(name, link)| ((*name).to_owned(), link.clone())).collect();
        shop
    }

    #[test]
    fn a_link_is_written_as_the_plugin_declares() {
        let spring = link("SPRING", "Hi & bye, ạ?");
        let config = json!({ "number": "+49 151-2345", "other": "x" });
        let whatsapp = schema("number", "https://wa.me/{digits}?text={text}");
        let address = spring.address(&whatsapp, &config).unwrap();
        assert_eq!(address, "https://wa.me/491512345?text=Hi%20%26%20bye%2C%20%E1%BA%A1%3F%20SPRING");
        let page = schema("page", "https://m.me/{value}?ref={ref}");
        let address = spring.address(&page, &json!({ "page": "1065" }));
        assert_eq!(address.as_deref(), Some("https://m.me/1065?ref=SPRING"));
        let sms = schema("sender", "sms:{value}?&body={text}");
        let address = |sender: &str| link("SPRING", "").address(&sms, &json!({ "sender": sender }));
        assert_eq!(address("+4915112345678").as_deref(), Some("sms:+4915112345678?&body=SPRING"));
        assert_eq!(address("80808").as_deref(), Some("sms:80808?&body=SPRING"));
        for nobody in ["Acorn", "MG0123", ""] {
            assert_eq!(address(nobody), None, "{nobody} takes no messages");
        }
        assert_eq!(spring.address(&whatsapp, &json!({})), None, "the number is not known");
        assert_eq!(spring.address(&json!({}), &config), None, "the plugin declares none");
        for hostile in ["javascript:alert('{text}')", "http://wa.me/{digits}", "//x/{digits}"] {
            assert_eq!(spring.address(&schema("number", hostile), &config), None, "{hostile}");
        }
    }

    #[test]
    fn the_keyword_stands_once_in_what_is_offered() {
        for (text, offered) in
            [("", "SPRING"), ("Hello!", "Hello! SPRING"), ("I want spring, please", "I want spring, please")]
        {
            assert_eq!(link("SPRING", text).offered(), offered);
        }
        assert_eq!(link("SPRING", "springtime").offered(), "springtime SPRING");
    }

    #[test]
    fn whoever_says_the_keyword_came_by_the_link_of_that_channel() {
        let links = shop(&[("poster", link("poster-1", "")), ("spring", link("SPRING", ""))]).chat_links;
        let came = |channel: &str, said: &str| came_by(&links, channel, said).map(|(name, _)| name);
        assert_eq!(came("whatsapp", "Xin chào, Spring!"), Some("spring"));
        assert_eq!(came("whatsapp", "(poster-1)"), Some("poster"));
        assert_eq!(came("whatsapp", "springs and poster"), None);
        assert_eq!(came("sms", "SPRING"), None);
    }

    #[test]
    fn whoever_comes_again_is_known_by_the_id_and_nobody_else_is() {
        let spring = link("SPRING", "");
        let id = |key: u8, name: &str, who: &str| {
            let who = Address { kind: AddressKind::Email, value: who.into() };
            event_id(&[key; 32], name, &spring, &who)
        };
        let first = id(1, "spring", "Ana@acorn.example");
        assert_eq!(first, id(1, "spring", "ana@acorn.example"));
        let others =
            [id(2, "spring", "ana@acorn.example"), id(1, "summer", "ana@acorn.example"), id(1, "spring", "ben@x.y")];
        assert!(others.iter().all(|other| *other != first) && !first.contains("ana"), "{first} {others:?}");
    }

    #[test]
    fn s18_a_keyword_is_no_word_of_consent_and_is_a_links_alone() {
        let shop = shop(&[("spring", link("SPRING", ""))]);
        let fields = |name: &str, link: &ChatLink| {
            faults(&shop, name, link).into_iter().map(|fault| fault.path).collect::<Vec<_>>()
        };
        assert!(fields("spring", &link("SPRING", "Hello")).is_empty(), "it may be changed");
        assert!(fields("summer", &ChatLink { channel: "sms".into(), ..link("SPRING", "") }).is_empty());
        for keyword in ["stop", "Subscribe", "UNSUBSCRIBE", "ab", "two words", "spring", "ạạạ"] {
            assert_eq!(fields("summer", &link(keyword, "")), ["keyword"], "{keyword}");
        }
        assert_eq!(fields("sum mer", &link("summer", "")), ["name"]);
        for long in ["x".repeat(1_800), "ạ".repeat(201)] {
            assert_eq!(fields("summer", &link("summer", &long)), ["text"], "{long}");
        }
        assert!(fields("summer", &link("summer", &"ạ".repeat(190))).is_empty());
    }
}

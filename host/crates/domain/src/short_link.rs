//! Short links in messages: what `/l/{token}` leads to, and who used it (S30, S34).
//!
//! A token is a function of the message and of what stands behind the link, under the shop's key: the same message
//! rendered again has the same links, and nobody guesses one.

use hmac::Mac;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::event::{Receipt, ReceiptKind};
use crate::ids::MessageId;
use crate::message::Message;
use crate::seal::seal;
use crate::time::{Span, Timestamp};

/// Letters and digits of a token.
pub const TOKEN: usize = 12;
/// So many links of one message are shortened; what comes behind them stays as it is.
pub const MOST: usize = 50;
/// The longest address that is shortened, in bytes.
const LONGEST: usize = 4_000;
/// So that no seal of another kind of link, made by the same key, is one of these.
const KIND: &[u8] = b"short\0";
/// Nobody reads so fast: what opens a link sooner after its message left is a machine that looks what is behind it.
const TOO_SOON: Span = Span::seconds(3);
/// Providers that follow clicks themselves tell of the same click about when we see it.
const SAME_CLICK: Span = Span::minutes(1);
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// One short link of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShortLink {
    /// The last part of its address.
    pub token: String,
    /// Where it leads: `http` or `https`.
    pub url: String,
    /// What the template calls it; strategies wait for a click by it, as for a button's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How often a person used it; twice within a minute is once.
    #[serde(default)]
    pub clicks: u32,
    /// When it was used first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_click_at: Option<Timestamp>,
    /// When it was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_click_at: Option<Timestamp>,
}

impl ShortLink {
    /// A link that nobody has used yet. `written` is the address as the template has it, `url` where it leads.
    pub fn new(key: &[u8; 32], message: MessageId, written: &str, url: String, name: Option<String>) -> Self {
        let token = token(key, message, written, name.as_deref());
        Self { token, url, name, clicks: 0, first_click_at: None, last_click_at: None }
    }

    /// Where it leads, as a header field can say it; none but an address of the web.
    pub fn target(&self) -> Option<String> {
        parsed(&self.url).map(String::from)
    }
}

/// Whether an address may stand behind a short link: a whole one, of the web.
pub fn is_target(address: &str) -> bool {
    address.len() <= LONGEST && parsed(address).is_some()
}

/// An address of the web.
pub(crate) fn parsed(address: &str) -> Option<Url> {
    Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether a text may be a token: looked up are no others.
pub fn is_token(text: &str) -> bool {
    text.len() == TOKEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// 71 bits of a seal over the message and the link, in letters and digits.
fn token(key: &[u8; 32], message: MessageId, written: &str, name: Option<&str>) -> String {
    let name = name.unwrap_or_default().as_bytes();
    let seal = seal(key, &[KIND, message.0.as_bytes(), written.as_bytes(), b"\0", name]).finalize().into_bytes();
    let mut number = seal.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    let digits = (0..TOKEN).map(|_| {
        let digit = DIGITS[(number % 62) as usize];
        number /= 62;
        char::from(digit)
    });
    digits.collect()
}

impl Message {
    /// Takes links in; those that it has stay as they were sent, whatever they would lead to now.
    pub fn add_links(&mut self, links: &[ShortLink]) {
        for link in links {
            if self.links.iter().all(|known| known.token != link.token) {
                self.links.push(link.clone());
            }
        }
    }

    /// Whether whoever opens a link at an instant is too fast for a person.
    pub fn is_too_soon(&self, at: Timestamp) -> bool {
        self.handed_over_at.is_none_or(|left| at < left + TOO_SOON)
    }

    /// Counts a click on one of its links. Returns whether it has this link.
    pub(crate) fn count_click(&mut self, token: &str, at: Timestamp) -> bool {
        let Some(link) = self.links.iter_mut().find(|link| link.token == token) else { return false };
        link.clicks = link.clicks.saturating_add(1);
        link.first_click_at = Some(link.first_click_at.map_or(at, |first| first.min(at)));
        link.last_click_at = Some(link.last_click_at.map_or(at, |last| last.max(at)));
        true
    }

    /// Whether a provider tells of a click that was seen here as well: it leads its readers through an address of its
    /// own to our link. One that names no address means whatever was used about then.
    pub(crate) fn is_told_again(&self, receipt: &Receipt, at: Timestamp) -> bool {
        if receipt.kind != ReceiptKind::Clicked || receipt.link.is_some() {
            return false;
        }
        let about_then = |link: &ShortLink| {
            link.first_click_at.is_some_and(|first| first <= at + SAME_CLICK)
                && link.last_click_at.is_some_and(|last| at <= last + SAME_CLICK)
        };
        match receipt.text.as_deref() {
            Some(text) => self.links.iter().any(|link| text.ends_with(&format!("/l/{}", link.token))),
            None => self.links.iter().any(about_then),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn link(key: u8, message: u128, written: &str, name: Option<&str>) -> String {
        let message = MessageId(Uuid::from_u128(message));
        ShortLink::new(&[key; 32], message, written, written.to_owned(), name.map(str::to_owned)).token
    }

    #[test]
    fn a_link_made_again_is_the_same_and_no_other_has_its_token() {
        let token = link(1, 7, "https://shop.example/a", None);
        assert_eq!(token, link(1, 7, "https://shop.example/a", None));
        assert!(is_token(&token), "{token}");
        let others = [
            link(2, 7, "https://shop.example/a", None),
            link(1, 8, "https://shop.example/a", None),
            link(1, 7, "https://shop.example/b", None),
            link(1, 7, "https://shop.example/a", Some("buy")),
        ];
        assert!(others.iter().all(|other| *other != token), "{others:?}");
    }

    #[test]
    fn only_whole_addresses_of_the_web_are_shortened() {
        for address in ["https://shop.example/cart?c=1#top", "http://shop.example"] {
            assert!(is_target(address), "{address}");
        }
        let long = format!("https://shop.example/{}", "x".repeat(LONGEST));
        for address in ["javascript:alert(1)", "/cart", "//shop.example", "mailto:a@shop.example", "", &long] {
            assert!(!is_target(address), "{address}");
        }
    }

    #[test]
    fn nothing_but_letters_and_digits_is_looked_up() {
        assert!(is_token("0123456789Az"));
        for text in ["", "0123456789A", "0123456789Azz", "0123456789A-", "0123456789Aé"] {
            assert!(!is_token(text), "{text}");
        }
    }
}

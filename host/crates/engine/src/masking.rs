//! What of a delivery nobody may read: it is kept to be looked at, and whoever looks needs no credentials.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use crate::ports::{Secret, Webhook};

/// What stands in their place.
const MASK: &str = "***";
/// Shorter ones would be found in every other word.
const SHORTEST: usize = 6;
/// Headers that hold nothing but credentials.
const HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];
/// What names of headers and parameters hold that are credentials, or prove that somebody has some.
const MARKS: [&str; 10] =
    ["authorization", "cookie", "signature", "hmac", "token", "secret", "password", "credential", "apikey", "api-key"];
/// The same where they are a word of the name of their own.
const WORDS: [&str; 5] = ["key", "sig", "sign", "auth", "pass"];

/// Finds secrets, in whichever way they are written.
pub(crate) struct Masks(Option<AhoCorasick>);

impl Masks {
    /// Of these secrets.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let secrets = secrets.into_iter().map(|secret| secret.0.as_slice()).filter(|secret| secret.len() >= SHORTEST);
        let patterns: BTreeSet<Vec<u8>> = secrets.flat_map(written).collect();
        // One may be the beginning of another.
        Self(AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns).ok())
    }

    /// The bytes without them.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let Some(secrets) = &self.0 else { return MASK.into() };
        let mut masked = Vec::with_capacity(bytes.len());
        secrets.replace_all_with_bytes(bytes, &mut masked, |_, _, masked| {
            masked.extend_from_slice(MASK.as_bytes());
            true
        });
        masked
    }

    /// The text without them.
    pub(crate) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// A path with its query, without them and without parameters whose names say that they hold some.
    pub(crate) fn path(&self, path: &str) -> String {
        let Some((path, query)) = path.split_once('?') else { return self.text(path) };
        let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if is_credential(name) => format!("{name}={MASK}"),
            _ => parameter.to_owned(),
        });
        self.text(&format!("{path}?{}", parameters.collect::<Vec<_>>().join("&")))
    }

    /// A header without them; nothing of one whose name says that it holds some.
    pub(crate) fn header(&self, (name, value): &(String, String)) -> (String, String) {
        (name.clone(), if is_credential(name) { MASK.to_owned() } else { self.text(value) })
    }
}

/// A delivery without what lets somebody in: headers with credentials, and the connection's own secrets wherever they
/// stand. What a plugin needs to understand it later stays.
pub(crate) fn mask<'a>(webhook: &Webhook, secrets: impl IntoIterator<Item = &'a Secret>) -> Webhook {
    let masks = Masks::of(secrets);
    let header = |(name, value): &(String, String)| {
        let is_credential = HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
        (name.clone(), if is_credential { MASK.to_owned() } else { masks.text(value) })
    };
    Webhook {
        method: webhook.method.clone(),
        path: masks.text(&webhook.path),
        headers: webhook.headers.iter().map(header).collect(),
        body: masks.bytes(&webhook.body).into(),
    }
}

/// A request that was kept (`method`, `path`, `headers`, `body`), as it is shown: without what its names say to be
/// credentials, or a proof of some. A plugin may need those to understand it later, so they are kept.
pub fn shown_request(kept: &Value) -> Value {
    let masks = Masks::of(&[]);
    let mut shown = kept.clone();
    if let Some(Value::String(path)) = shown.get_mut("path") {
        *path = masks.path(path);
    }
    for header in shown.get_mut("headers").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some([Value::String(name), Value::String(value)]) = header.as_array_mut().map(Vec::as_mut_slice)
            && is_credential(name)
        {
            MASK.clone_into(value);
        }
    }
    shown
}

fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|sign: char| !sign.is_ascii_alphanumeric());
    MARKS.iter().any(|mark| name.contains(mark)) || words.any(|word| WORDS.contains(&word))
}

/// A secret as it stands in a text, in an address, in a form and in JSON.
fn written(secret: &[u8]) -> Vec<Vec<u8>> {
    let escaped = |hex: fn(u8) -> String| -> String {
        let sign = |byte: &u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
            _ => hex(*byte),
        };
        secret.iter().map(sign).collect()
    };
    let upper = escaped(|byte| format!("%{byte:02X}"));
    let mut all = vec![secret.to_vec(), upper.replace("%20", "+").into_bytes(), upper.into_bytes()];
    all.push(escaped(|byte| format!("%{byte:02x}")).into_bytes());
    if let Ok(text) = std::str::from_utf8(secret) {
        let json = serde_json::Value::from(text).to_string();
        let json = json[1..json.len() - 1].to_owned();
        all.extend([json.replace('/', "\\/").into_bytes(), json.into_bytes()]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Webhook {
        Webhook {
            method: "POST".into(),
            path: "/in?token=hush-hush&x=1".into(),
            headers: vec![("Authorization".into(), "Basic YTpi".into()), ("x-token".into(), "hush-hush-more".into())],
            body: b"{\"key\":\"hush-hush\"}".to_vec().into(),
        }
    }

    #[test]
    fn no_secret_of_the_connection_is_kept_wherever_it_stood() {
        let secrets = ["hush-hush", "hush-hush-more", "x"].map(Secret::from);
        let masked = mask(&delivery(), &secrets);
        assert_eq!(masked.path, "/in?token=***&x=1");
        assert_eq!(masked.headers, [("Authorization".into(), "***".into()), ("x-token".into(), "***".into())]);
        assert_eq!(masked.body.to_vec(), b"{\"key\":\"***\"}");
    }

    #[test]
    fn what_is_no_secret_stays_as_it_came() {
        let masked = mask(&delivery(), []);
        assert_eq!((masked.path, masked.body.to_vec()), (delivery().path, delivery().body.to_vec()));
        assert_eq!(masked.headers[1].1, "hush-hush-more");
    }

    #[test]
    fn a_request_that_was_kept_is_shown_without_what_its_names_say_to_be_credentials() {
        let kept = serde_json::json!({ "method": "POST", "path": "/in?token=t&x=1",
            "headers": [["x-shopify-hmac-sha256", "Hi+uL1"], ["x-shopify-topic", "carts/update"]], "body": { "text": "{}" } });
        let mut shown = kept.clone();
        shown["path"] = "/in?token=***&x=1".into();
        shown["headers"][0][1] = "***".into();
        assert_eq!(shown_request(&kept), shown);
        assert_eq!(shown_request(&Value::from(1)), Value::from(1));
    }

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let masks = Masks::of(&[Secret::from("a \"b\"/c&d=")]);
        let ways = ["a \"b\"/c&d=", "a%20%22b%22%2Fc%26d%3D", "a%20%22b%22%2fc%26d%3d", "a+%22b%22%2Fc%26d%3D"];
        for way in ways.into_iter().chain([r#"a \"b\"/c&d="#, r#"a \"b\"\/c&d="#]) {
            assert_eq!(masks.text(&format!("<{way}>")), "<***>", "{way}");
        }
    }

    #[test]
    fn what_is_named_as_a_credential_is_not_shown_whoever_gave_it() {
        let masks = Masks::of(&[]);
        for name in ["X-Shopify-Hmac-Sha256", "webhook-signature", "X-Api-Key", "set-cookie", "x-goog-channel-token"] {
            assert_eq!(masks.header(&(name.into(), "v".into())).1, "***", "{name}");
        }
        for name in ["x-shopify-topic", "content-type", "user-agent", "x-monkey"] {
            assert_eq!(masks.header(&(name.into(), "v".into())).1, "v", "{name}");
        }
        let path = "/a/b?hub.mode=subscribe&hub.verify_token=v&sig=x&key=y&order=7";
        assert_eq!(masks.path(path), "/a/b?hub.mode=subscribe&hub.verify_token=***&sig=***&key=***&order=7");
        assert_eq!(masks.path("/a/b"), "/a/b");
    }
}

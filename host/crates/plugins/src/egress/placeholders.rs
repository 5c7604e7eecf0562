//! Secrets take the place of `{secret:name}`, plain or written for the place where it stands: base64 behind a prefix,
//! form, JSON (S44).

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartwright_engine::ports::{EgressFailure, Secret};
use zeroize::Zeroizing;

use super::refused;
use crate::guest::Rights;

const BEGIN: &[u8] = b"{secret:";

/// The secrets of a connection, and which of them may be used.
#[derive(Clone, Copy)]
pub(super) struct Secrets<'a> {
    pub(super) rights: &'a Rights,
    pub(super) values: &'a BTreeMap<String, Secret>,
}

/// A text with its secrets in place.
pub(super) struct Filled {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Whether there is a secret in it.
    pub(super) secret: bool,
}

/// A secret as it is written.
struct InPlace {
    written: Zeroizing<Vec<u8>>,
    /// Length of the placeholder.
    instead_of: usize,
}

/// How a secret is written where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// As it is.
    Plain,
    /// With percent signs, so that it can be no more than a part of a path or query.
    Percent,
}

impl<'a> Secrets<'a> {
    /// A secret by name.
    pub(super) fn value(self, name: &str) -> Result<&'a [u8], EgressFailure> {
        self.rights.secret(name).map_err(|stopped| refused(stopped.to_string()))?;
        let secret = self.values.get(name).map(|secret| secret.0.as_slice()).filter(|bytes| !bytes.is_empty());
        secret.ok_or_else(|| refused(format!("the secret `{name}` is not set; set it on the connection")))
    }

    /// A text with every placeholder filled in. What only looks like one stays as it is.
    pub(super) fn fill(self, text: &[u8], writing: Writing) -> Result<Filled, EgressFailure> {
        let mut filled = Filled { bytes: Zeroizing::new(Vec::with_capacity(text.len())), secret: false };
        let mut rest = text;
        while let Some(at) = rest.windows(BEGIN.len()).position(|window| window == BEGIN) {
            let (before, placeholder) = rest.split_at(at);
            filled.bytes.extend_from_slice(before);
            match self.one(placeholder, writing)? {
                Some(secret) => {
                    filled.bytes.extend_from_slice(&secret.written);
                    filled.secret = true;
                    rest = &placeholder[secret.instead_of..];
                }
                None => {
                    filled.bytes.extend_from_slice(BEGIN);
                    rest = &placeholder[BEGIN.len()..];
                }
            }
        }
        filled.bytes.extend_from_slice(rest);
        Ok(filled)
    }

    /// The placeholder that a text begins with, if it is one.
    fn one(self, text: &[u8], writing: Writing) -> Result<Option<InPlace>, EgressFailure> {
        let Some(end) = text.iter().take(1024).position(|byte| *byte == b'}') else { return Ok(None) };
        let Ok(inside) = std::str::from_utf8(&text[BEGIN.len()..end]) else { return Ok(None) };
        let (name, form) = inside.split_once(':').map_or((inside, None), |(name, form)| (name, Some(form)));
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !is_name {
            return Ok(None);
        }
        let value = self.value(name)?;
        let value = match form {
            None => Zeroizing::new(value.to_vec()),
            // In a URL the percent signs of below do the same.
            Some("form") if writing == Writing::Percent => Zeroizing::new(value.to_vec()),
            Some("form") => {
                Zeroizing::new(url::form_urlencoded::byte_serialize(value).collect::<String>().into_bytes())
            }
            Some("json") => in_json(name, value)?,
            Some(form) => match form.strip_prefix("base64:") {
                Some(prefix) => {
                    let joined = Zeroizing::new([prefix.as_bytes(), value].concat());
                    Zeroizing::new(STANDARD.encode(&*joined).into_bytes())
                }
                None => {
                    let known = "base64:PREFIX, form and json are known";
                    return Err(refused(format!("`{{secret:{name}:…}}` is no placeholder; {known}")));
                }
            },
        };
        let written = match writing {
            Writing::Plain => value,
            Writing::Percent => Zeroizing::new(percent(&value).into_bytes()),
        };
        Ok(Some(InPlace { written, instead_of: end + 1 }))
    }
}

/// As it stands between the quotes of a JSON string.
fn in_json(name: &str, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, EgressFailure> {
    let text = std::str::from_utf8(value).map_err(|_| refused(format!("the secret `{name}` is no text")))?;
    let quoted = Zeroizing::new(serde_json::Value::from(text).to_string());
    Ok(Zeroizing::new(quoted.as_bytes()[1..quoted.len() - 1].to_vec()))
}

pub(super) fn percent(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A colon is no separator within a segment, and bot tokens have one.
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::shop::Grants;
    use std::sync::Arc;

    fn fill(text: &str, writing: Writing) -> Result<String, String> {
        let all = Arc::new(Grants { secrets: vec!["token".into(), "other".into()], ..Grants::default() });
        let one = Arc::new(Grants { secrets: vec!["token".into(), "unset".into(), "odd".into()], ..Grants::default() });
        let declared =
            Grants { secrets: vec!["token".into(), "other".into(), "unset".into(), "odd".into()], ..(*all).clone() };
        let rights = Rights::of(Arc::new(declared), one);
        let values = BTreeMap::from([
            ("token".to_owned(), Secret::from("s3c/ret?")),
            ("other".to_owned(), Secret::from("hidden")),
            ("odd".to_owned(), Secret::from("a b&c=\"d\"\n")),
        ]);
        let secrets = Secrets { rights: &rights, values: &values };
        match secrets.fill(text.as_bytes(), writing) {
            Ok(filled) => Ok(String::from_utf8(filled.bytes.to_vec()).unwrap()),
            Err(EgressFailure::Refused(why)) => Err(why),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn s44_placeholders_are_filled_in_plain_percent_and_base64() {
        assert_eq!(fill("Bearer {secret:token}!", Writing::Plain), Ok("Bearer s3c/ret?!".to_owned()));
        assert_eq!(fill("/bot{secret:token}/x", Writing::Percent), Ok("/bots3c%2Fret%3F/x".to_owned()));
        let basic = fill("Basic {secret:token:base64:AC12:}", Writing::Plain).unwrap();
        assert_eq!(basic, format!("Basic {}", STANDARD.encode("AC12:s3c/ret?")));
        assert_eq!(fill("{secret:token}{secret:token}", Writing::Plain), Ok("s3c/ret?s3c/ret?".to_owned()));
    }

    #[test]
    fn s44_placeholders_are_filled_in_for_forms_and_for_json() {
        assert_eq!(fill("key={secret:odd:form}&x=1", Writing::Plain), Ok("key=a+b%26c%3D%22d%22%0A&x=1".to_owned()));
        let document = fill(r#"{"key": "{secret:odd:json}"}"#, Writing::Plain).unwrap();
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["key"], "a b&c=\"d\"\n");
        assert_eq!(fill("?key={secret:odd:form}", Writing::Percent), Ok("?key=a%20b%26c%3D%22d%22%0A".to_owned()));
    }

    #[test]
    fn s44_only_declared_granted_and_stored_secrets_are_filled_in() {
        assert!(fill("{secret:other}", Writing::Plain).unwrap_err().contains("not granted"));
        assert!(fill("{secret:ghost}", Writing::Plain).unwrap_err().contains("does not declare"));
        assert!(fill("{secret:unset}", Writing::Plain).unwrap_err().contains("is not set"));
        assert!(
            fill("{secret:token:hex}", Writing::Plain).unwrap_err().contains("base64:PREFIX, form and json are known")
        );
    }

    #[test]
    fn what_only_looks_like_a_placeholder_stays() {
        for text in ["{secret:", "{secret:}", "{secret:a b}", "{secret token}", "{{name}}"] {
            assert_eq!(fill(text, Writing::Plain), Ok(text.to_owned()));
        }
    }
}

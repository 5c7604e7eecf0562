//! What has to hold of an ID token (OpenID Connect Core, 3.1.3.7).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_domain::time::{Span, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::claims::Claims;
use crate::key::{Algorithm, Key};

/// How far the provider's clock may be from ours.
const SKEW: Span = Span::minutes(1);
/// The longest name that a provider may have for somebody.
const LONGEST_SUBJECT: usize = 255;

/// For whom a token has to be, and by whom.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) now: Timestamp,
}

/// Why a token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No key that is known has signed it: there may be newer ones.
    Key,
    /// Something else.
    Other(String),
}

/// What is proved: all claims, with the subject and the end of the token, which have to be there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proved {
    pub(crate) subject: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) claims: Claims,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

/// What a token proves.
pub(crate) fn proved(token: &str, keys: &[Key], expected: &Expected<'_>) -> Result<Proved, Fault> {
    let other = |why: &str| Fault::Other(why.to_owned());
    let (signed, signature) = token.rsplit_once('.').ok_or_else(|| other("the ID token is none"))?;
    let (header, payload) = signed.split_once('.').ok_or_else(|| other("the ID token is none"))?;
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| other("the ID token is not base64url"));
    let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| {
        other("the ID token is signed in a way that is not taken; choose RS256 or ES256 for this client")
    })?;
    if header.crit.is_some() || header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(other("the token is no ID token"));
    }
    let signature = bytes(signature)?;
    let mut fitting = keys.iter().filter(|key| key.fits(header.kid.as_deref(), header.alg));
    if !fitting.any(|key| key.has_signed(header.alg, signed.as_bytes(), &signature)) {
        return Err(Fault::Key);
    }
    let claims = serde_json::from_slice(&bytes(payload)?).map_err(|_| other("the ID token holds no claims"))?;
    check(claims, expected).map_err(Fault::Other)
}

fn check(claims: Claims, expected: &Expected<'_>) -> Result<Proved, String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let moment = |name: &str| claims.get(name).and_then(Value::as_f64).map(seconds);
    if text("iss") != Some(expected.issuer) {
        return Err("the ID token is another provider's".to_owned());
    }
    let audience: Vec<&Value> = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().collect(),
        one => one.into_iter().collect(),
    };
    let is_ours = |value: &&Value| value.as_str() == Some(expected.client_id);
    // A token that others get as well could be one that they were given, and hand on.
    if !audience.iter().any(is_ours) || (audience.len() > 1 && text("azp").is_none()) {
        return Err("the ID token was made for somebody else".to_owned());
    }
    if claims.contains_key("azp") && text("azp") != Some(expected.client_id) {
        return Err("the ID token was given to somebody else".to_owned());
    }
    let expires_at = moment("exp").ok_or("the ID token does not say until when it is good")? + SKEW;
    if expires_at <= expected.now {
        return Err("the ID token is too old; compare the clocks of provider and service".to_owned());
    }
    let begins = ["iat", "nbf"].into_iter().filter_map(moment).max();
    if begins.is_some_and(|begins| begins > expected.now + SKEW) {
        return Err("the ID token is of the future; compare the clocks of provider and service".to_owned());
    }
    if text("nonce") != Some(expected.nonce) {
        return Err("the ID token was made for another attempt".to_owned());
    }
    let subject = text("sub").filter(|subject| !subject.is_empty() && subject.len() <= LONGEST_SUBJECT);
    let subject = subject.ok_or("the ID token does not say whom it is about")?.to_owned();
    Ok(Proved { subject, expires_at, claims })
}

/// A time as tokens have it; one that is too large for ours is the end of time.
fn seconds(number: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "it is bounded before")]
    let millis = (number * 1_000.0).clamp(0.0, 1e15) as i64;
    Timestamp::from_millis(millis)
}

//! The cookie of a session, and the proof that a request was made by our own page: another site can make a browser
//! send the cookie, but can never read the token that goes beside it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};
use crate::router::Api;

/// The name of the cookie.
const COOKIE: &str = "cartwright-session";
/// The name of the cookie of somebody who is at the OpenID provider.
const ATTEMPT: &str = "cartwright-oidc";
/// The only addresses to which that one goes.
const ATTEMPT_PATH: &str = "/v1/session/oidc";
/// The header that carries the token.
pub(crate) const TOKEN_HEADER: HeaderName = HeaderName::from_static("cartwright-csrf");

/// The text of the session's cookie, if there is one.
pub(crate) fn of(headers: &HeaderMap) -> Option<&str> {
    named(headers, COOKIE)
}

/// The text of the cookie of an attempt to sign in at the OpenID provider.
pub(crate) fn attempt_of(headers: &HeaderMap) -> Option<&str> {
    named(headers, ATTEMPT)
}

fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The token that belongs to a cookie.
pub(crate) fn token(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("csrf {text}")))
}

/// Refuses a request that changes something and was not made by our own page.
pub(crate) fn check_token(method: &Method, headers: &HeaderMap, text: &str) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let sent = headers.get(TOKEN_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    // Hashes are compared, so that the time it takes says nothing about the token.
    let is_ours = Sha256::digest(sent) == Sha256::digest(token(text));
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    match is_ours && !elsewhere {
        true => Ok(()),
        false => Err(Problem::new(
            Code::ForgedRequest,
            "Send the header `Cartwright-Csrf` with the token that `GET /v1/session` tells.",
        )),
    }
}

/// A header that leaves the cookie in the browser, or takes it away.
pub(crate) fn leave(api: &Api, text: Option<&str>) -> Option<(HeaderName, HeaderValue)> {
    let secure = if api.options.public_url.starts_with("https:") { "; Secure" } else { "" };
    let age = match text {
        Some(_) => cartwright_domain::user::SESSION.millis() / 1000,
        None => 0,
    };
    let text = text.unwrap_or_default();
    let cookie = format!("{COOKIE}={text}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    Some((header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?))
}

/// The same for an attempt to sign in at the OpenID provider. Lax, because the browser comes back from another site.
pub(crate) fn leave_attempt(api: &Api, text: Option<&str>) -> Option<(HeaderName, HeaderValue)> {
    let secure = if api.options.public_url.starts_with("https:") { "; Secure" } else { "" };
    let age = text.map_or(0, |_| cartwright_engine::ATTEMPT.millis() / 1000);
    let text = text.unwrap_or_default();
    let cookie = format!("{ATTEMPT}={text}; Path={ATTEMPT_PATH}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    Some((header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn the_session_is_found_among_other_cookies_and_only_by_its_whole_name() {
        assert_eq!(of(&headers(&[("cookie", "a=b; cartwright-session=cws_x; c=d")])), Some("cws_x"));
        assert_eq!(of(&headers(&[("cookie", "cartwright-sessions=cws_x; my-cartwright-session=y")])), None);
    }

    #[test]
    fn what_changes_something_carries_the_token_of_its_own_session() {
        let check =
            |method: Method, pairs: &[(&'static str, &str)]| check_token(&method, &headers(pairs), "cws_x").is_ok();
        let own = token("cws_x");
        assert!(check(Method::GET, &[]));
        assert!(check(Method::POST, &[("cartwright-csrf", &own)]));
        assert!(check(Method::POST, &[("cartwright-csrf", &own), ("sec-fetch-site", "same-origin")]));
        assert!(!check(Method::POST, &[]));
        assert!(!check(Method::DELETE, &[("cartwright-csrf", &token("cws_y"))]));
        assert!(!check(Method::POST, &[("cartwright-csrf", &own), ("sec-fetch-site", "cross-site")]));
        assert!(!check(Method::POST, &[("cartwright-csrf", &own), ("sec-fetch-site", "same-site")]));
    }
}

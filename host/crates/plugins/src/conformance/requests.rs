//! What may stand in a request that a plugin asks for.

use cartwright_engine::ports::{Action, ConnectionCall, EgressFailure, Request, RequestEffect};

use super::Kit;
use crate::guest::Rights;

/// Names of headers, query fields and form fields that carry credentials.
const CREDENTIALS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "apikey",
    "api_key",
    "x-auth-token",
    "x-shopify-access-token",
    "access_token",
    "client_secret",
    "password",
];

/// Whether the host would make it, as far as that can be told without making it.
pub(super) fn within_grants(kit: &Kit<'_>, call: &ConnectionCall, request: &Request) -> Result<(), String> {
    let rights = Rights::new(&kit.plugin.descriptor, &call.plugin.config, call.plugin.grants.clone());
    match kit.runtime.ways.admits(&rights, call, request) {
        Ok(()) => Ok(()),
        Err(EgressFailure::Refused(why)) => Err(why),
        Err(other) => Err(format!("{other:?}")),
    }
}

/// Whether a credential stands in it as it is, instead of as a placeholder.
pub(super) fn literal_secret(request: &Request) -> Result<(), String> {
    let Action::Http(http) = &request.action else { return Ok(()) };
    for (name, value) in &http.headers {
        if CREDENTIALS.contains(&name.to_ascii_lowercase().as_str()) && !value.contains("{secret:") {
            return Err(format!("the header `{name}` without a placeholder"));
        }
    }
    let query = http.url.split_once('?').map_or("", |(_, query)| query);
    let form = http
        .headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("content-type") && value.contains("x-www-form-urlencoded"));
    let body = std::str::from_utf8(&http.body).ok().filter(|_| form).unwrap_or_default();
    for field in query.split('&').chain(body.split('&')) {
        let Some((name, value)) = field.split_once('=') else { continue };
        if CREDENTIALS.contains(&name.to_ascii_lowercase().as_str()) && !value.contains("{secret:") {
            return Err(format!("the field `{name}` without a placeholder"));
        }
    }
    Ok(())
}

/// What tells the provider that two requests are the same message.
pub(super) fn identity(request: &Request) -> Option<String> {
    if request.effect != RequestEffect::Send {
        return None;
    }
    let of = |headers: &[(String, String)]| {
        let is_key = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.contains("idempotency") || name == "message-id" || name == "x-request-id"
        };
        headers.iter().find(|(name, _)| is_key(name)).map(|(name, value)| format!("{name}: {value}"))
    };
    match &request.action {
        Action::Http(http) => of(&http.headers),
        Action::Mail(mail) => of(&mail.headers),
        Action::Inbox { .. } => None,
    }
}

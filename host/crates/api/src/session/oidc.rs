//! `GET /v1/session/oidc` and `GET /v1/session/oidc/callback`: a browser goes to the OpenID provider and comes back.
//! Whatever becomes of it, the browser ends at a page of the console, never at a problem in JSON.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cartwright_engine::OidcError;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::cookie;
use crate::extract::QueryOf;
use crate::problem::{Code, Problem};
use crate::router::Api;

/// Where to afterwards.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wish {
    /// An address below the console's; anything else is its beginning.
    #[serde(default)]
    to: String,
}

/// What a provider sends a browser back with; whatever else it adds is not looked at.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Brought {
    /// What the browser was sent there with.
    #[serde(default)]
    state: String,
    /// What the proof is fetched with.
    #[serde(default)]
    code: String,
    /// Why there is no code.
    error: Option<String>,
}

/// Sends a browser to the OpenID provider to sign in there.
///
/// Leaves a cookie for ten minutes, by which the browser is known when it comes back. 404 where no provider is set.
#[utoipa::path(
    get, path = "/v1/session/oidc", tag = "session", security(()), params(Wish),
    responses((status = 303, description = "To the provider, or back to the page for signing in, which says why."))
)]
pub(crate) async fn begin_oidc_session(
    State(api): State<Api>,
    QueryOf(wish): QueryOf<Wish>,
) -> Result<Response, Problem> {
    match api.engine.begin_oidc(&wish.to).await {
        Ok((text, address)) => go(&address, cookie::leave_attempt(&api, Some(&text))),
        Err(error) => refuse(&api, error),
    }
}

/// Where the OpenID provider sends the browser back to.
///
/// If it proves who somebody is who may sign in, the answer leaves the same cookie as signing in with a password.
#[utoipa::path(
    get, path = "/v1/session/oidc/callback", tag = "session", security(()), params(Brought),
    responses((status = 303, description = "To the console, or to its page for signing in, which says why not."))
)]
pub(crate) async fn end_oidc_session(
    State(api): State<Api>,
    headers: HeaderMap,
    QueryOf(brought): QueryOf<Brought>,
) -> Result<Response, Problem> {
    if let Some(error) = brought.error {
        return refuse(&api, OidcError::Unproved(format!("it sends the browser back with `{error:.100}`")));
    }
    let attempt = cookie::attempt_of(&headers).unwrap_or_default();
    match api.engine.end_oidc(attempt, &brought.state, &brought.code).await {
        Ok((_, text, to)) => {
            let cookies = cookie::leave(&api, Some(&text)).into_iter().chain(cookie::leave_attempt(&api, None));
            go(&format!("/console{to}"), cookies)
        }
        Err(error) => refuse(&api, error),
    }
}

fn go(address: &str, cookies: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Result<Response, Problem> {
    let address = HeaderValue::try_from(address).map_err(|error| Problem::internal(error.to_string()))?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, address);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in cookies {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// Back to the page for signing in, with the reason in one word; the log has all of it.
fn refuse(api: &Api, error: OidcError) -> Result<Response, Problem> {
    let reason = match &error {
        OidcError::Off => {
            return Err(Problem::new(Code::NotFound, "No OpenID provider is set; sign in with a name and a password."));
        }
        OidcError::Store(error) => return Err(error.clone().into()),
        OidcError::Over => "over",
        OidcError::Unreachable(_) => "unreachable",
        OidcError::Unproved(_) => "unproved",
        OidcError::Unverified => "unverified",
        OidcError::Elsewhere => "elsewhere",
        OidcError::Unknown => "unknown",
        OidcError::AnotherAccount => "another_account",
    };
    tracing::warn!(%error, "nobody was signed in by the OpenID provider");
    go(&format!("/console/sign-in?refused={reason}"), cookie::leave_attempt(api, None))
}

//! Who looks at the page: a visitor of the demo, or somebody who signed in with an API key. The cookie opens these
//! pages only, never `/v1`, so no other site can make a browser do anything with it.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use cartwright_domain::shop::Shop;
use cartwright_engine::ports::ApiKey;
use serde::Deserialize;

use crate::markup::{Page, escape};
use crate::problem::{Code, Problem};
use crate::router::Api;

const COOKIE: &str = "cartwright-key";

/// The shop that the page is about.
pub(super) struct Visit {
    pub(super) shop: Arc<Shop>,
    /// Whether there is anything to sign out of.
    pub(super) signed_in: bool,
}

impl FromRequestParts<Api> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Response> {
        let visit = visit(&parts.headers, api).await.map_err(IntoResponse::into_response)?;
        visit.ok_or_else(|| Redirect::to("/sign-in").into_response())
    }
}

async fn visit(headers: &HeaderMap, api: &Api) -> Result<Option<Visit>, Problem> {
    let key = match cookie(headers) {
        Some(text) => api.engine.authenticate(text).await?,
        None => None,
    };
    let shop = match (&key, &api.options.demo) {
        (Some(key), _) => shop_of(api, key).await?,
        (None, Some(demo)) => api.engine.store.shop(demo.shop()).await?,
        (None, None) => None,
    };
    Ok(shop.map(|shop| Visit { shop, signed_in: key.is_some() }))
}

/// An operator sees the first shop, by name.
async fn shop_of(api: &Api, key: &ApiKey) -> Result<Option<Arc<Shop>>, Problem> {
    match key.shop {
        Some(shop) => Ok(api.engine.store.shop(shop).await?),
        None => Ok(api.engine.store.shops().await?.into_iter().next().map(Arc::new)),
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Refuses a form that another site sent.
pub(super) fn from_here(headers: &HeaderMap) -> Result<(), Problem> {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    match site {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) => Err(Problem::new(Code::Unauthorized, "This form was sent by another site.")),
    }
}

/// A form, or what is wrong with it.
pub(super) fn filled<T>(form: Result<Form<T>, FormRejection>) -> Result<T, Problem> {
    form.map(|Form(form)| form).map_err(|rejection| Problem::field("", rejection.body_text()))
}

pub(super) async fn form() -> Response {
    page("").into_response()
}

fn page(message: &str) -> Html<String> {
    let message =
        if message.is_empty() { String::new() } else { format!("<p role=\"alert\">{}</p>\n", escape(message)) };
    Html(Page::new("Sign in").body(&format!(
        "<h1>Sign in</h1>\n{message}<form class=\"sign-in\" method=\"post\" action=\"/sign-in\">\n\
         <label for=\"key\">API key</label>\n\
         <input id=\"key\" name=\"key\" type=\"password\" autocomplete=\"off\" required autofocus>\n\
         <button>Sign in</button>\n</form>\n\
         <p class=\"quiet\">Make one with <code>cartwright key add</code>.</p>\n"
    )))
}

/// What the form holds.
#[derive(Deserialize)]
pub(super) struct SignIn {
    key: String,
}

pub(super) async fn sign_in(
    State(api): State<Api>,
    headers: HeaderMap,
    form: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, Problem> {
    from_here(&headers)?;
    let text = filled(form)?.key.trim().to_owned();
    if api.engine.authenticate(&text).await?.is_none() {
        return Ok(page("This API key does not exist, or not any more.").into_response());
    }
    Ok(leave_cookie(&api, &text, None))
}

pub(super) async fn sign_out(State(api): State<Api>, headers: HeaderMap) -> Result<Response, Problem> {
    from_here(&headers)?;
    Ok(leave_cookie(&api, "", Some(0)))
}

fn leave_cookie(api: &Api, text: &str, max_age: Option<u32>) -> Response {
    let secure = if api.options.public_url.starts_with("https:") { "; Secure" } else { "" };
    let max_age = max_age.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
    let cookie = format!("{COOKIE}={text}; Path=/; HttpOnly; SameSite=Strict{secure}{max_age}");
    let mut response = Redirect::to("/").into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))])
    }

    #[test]
    fn the_key_is_found_among_other_cookies_and_only_by_its_whole_name() {
        assert_eq!(cookie(&headers("cookie", "a=b; cartwright-key=cw_x; c=d")), Some("cw_x"));
        assert_eq!(cookie(&headers("cookie", "cartwright-keys=cw_x; my-cartwright-key=y")), None);
    }

    #[test]
    fn forms_of_other_sites_are_refused() {
        assert!(from_here(&HeaderMap::new()).is_ok());
        assert!(from_here(&headers("sec-fetch-site", "same-origin")).is_ok());
        assert!(from_here(&headers("sec-fetch-site", "cross-site")).is_err());
        assert!(from_here(&headers("sec-fetch-site", "same-site")).is_err());
    }
}

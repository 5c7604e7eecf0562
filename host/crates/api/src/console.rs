//! `/console`: the web console. Its files are handed in by the composition root; here they get their addresses, what
//! may be kept of them, and the policy that makes the browser hold them to this host.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;

use crate::markup::Page;
use crate::problem::{Code, Problem};
use crate::router::Api;

/// The files of the built console.
pub trait ConsoleFiles: Send + Sync {
    /// A file by its path, such as `index.html` or `assets/main-abc.js`; compressed ones end in `.gz`.
    fn file(&self, path: &str) -> Option<Bytes>;
}

/// The page that every address of the console begins with.
const INDEX: &str = "index.html";
/// Where the page holds the number that its styles are recognised by.
const NONCE: &str = "@NONCE@";

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/console/") }))
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", get(index))
        .route("/console/{*path}", get(show))
}

async fn index(State(api): State<Api>) -> Response {
    page(&api)
}

async fn show(State(api): State<Api>, Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    // Whatever has no ending is an address of the console itself.
    if path == INDEX || !path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return Ok(page(&api));
    }
    let files = api.options.console.as_ref();
    let compressed = takes_gzip(&headers).then(|| files?.file(&format!("{path}.gz"))).flatten();
    let encoding = compressed.is_some().then_some("gzip");
    let found = compressed.or_else(|| files?.file(&path));
    let (Some(body), Some(kind)) = (found, kind_of(&path)) else {
        return Err(Problem::new(Code::UnknownRoute, "The console has no such file; load its page again."));
    };
    // Files below `assets` are called by what is in them.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Body::from(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}

pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|encoding| encoding.split(';').next().is_some_and(|name| name.trim() == "gzip"))
}

fn kind_of(path: &str) -> Option<&'static str> {
    Some(match path.rsplit('.').next()? {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

/// The page, with a number of its own by which the browser tells our styles from what somebody slipped in.
fn page(api: &Api) -> Response {
    let Some(index) = api.options.console.as_ref().and_then(|files| files.file(INDEX)) else { return unbuilt() };
    let nonce = STANDARD_NO_PAD.encode(&api.engine.entropy.seed()[..16]);
    let html = String::from_utf8_lossy(&index).replace(NONCE, &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers: [(HeaderName, String); 2] =
        [(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store".to_owned())];
    (headers, Html(html)).into_response()
}

/// A build for developers may lack the console; it says so where the console would be.
fn unbuilt() -> Response {
    let body = "<h1>The console is not built</h1>\n<p>This is a build without it. Build the console, then the binary:</p>\n\
                <p><code>cargo xtask console &amp;&amp; cargo build</code></p>\n\
                <p>The service itself works: <a href=\"/v1/openapi.json\">its API</a>.</p>\n";
    (StatusCode::NOT_FOUND, Html(Page::new("The console is not built").body(body))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_says_whether_it_takes_gzip() {
        let of = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(of("gzip, deflate, br") && of("br;q=1.0, gzip;q=0.8"));
        assert!(!of("br") && !of("gzipped") && !takes_gzip(&HeaderMap::new()));
    }
}

//! `/g/{token}.jpg`: the pictures of a cart's goods as one, for messages that show it.
//!
//! Providers, the proxies of mail services and customers ask for it. The token names the goods under the shop's seal,
//! so nobody lets the service fetch anything else, and the same picture is made once and then remembered. A provider asks
//! for those of all messages from a few addresses of its own, so these requests are not counted by address: what
//! they cost is bounded where pictures are made.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cartwright_engine::GridError;
use cartwright_engine::ports::NoPicture;

use crate::problem::{Code, Problem};
use crate::router::Api;

/// The same token is always the same picture.
const KEEP: &str = "public, max-age=604800, immutable";
/// One whose goods were not to be had: they may be soon.
const KEEP_BROKEN: &str = "public, max-age=60";
/// When to ask again, in seconds.
const LATER: u64 = 5;

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/g/{file}", get(show))
}

async fn show(State(api): State<Api>, Path(file): Path<String>) -> Result<Response, Problem> {
    let token = file.strip_suffix(".jpg").ok_or_else(nobodys)?;
    let picture = match api.engine.image_grid(token).await {
        Ok(picture) => picture.ok_or_else(nobodys)?,
        Err(GridError::Store(error)) => return Err(error.into()),
        Err(GridError::Picture(NoPicture::NotMade)) => return Err(nobodys()),
        Err(GridError::Picture(NoPicture::Busy)) => return Ok(later()),
    };
    let keep = if picture.broken == 0 { KEEP } else { KEEP_BROKEN };
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, keep),
        // Mail is read within pages of other sites.
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    Ok((headers, picture.jpeg).into_response())
}

fn later() -> Response {
    let detail = format!("Too many pictures are being made; ask again in {LATER} s.");
    let mut response = Problem::new(Code::NotReady, detail).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(LATER));
    response
}

fn nobodys() -> Problem {
    let detail = "There is no picture of this address; copy all of it from the message.";
    Problem::new(Code::NotFound, detail)
}

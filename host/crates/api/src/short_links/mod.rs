//! `/l/{token}`: the short links in messages.
//!
//! Everybody gets to where the link leads, at once: a page with a button in between would cost sales. What looks like
//! a program is led there too and counts as nobody's click. No cookie is set, and nothing is learned of the visitor.

mod visitor;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::problem::{Code, Problem};
use crate::router::Api;
use visitor::visitor;

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/l/{token}", get(open))
}

async fn open(State(api): State<Api>, Path(token): Path<String>, request: Request) -> Result<Response, Problem> {
    let address = api.engine.open_short_link(&token, visitor(&request)).await?.ok_or_else(nobodys)?;
    let address = HeaderValue::try_from(address).map_err(|error| Problem::internal(error.to_string()))?;
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, address);
    // A browser that remembers it would not come again, and the click would not be seen.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    Ok(response)
}

fn nobodys() -> Problem {
    let detail = "This link leads nowhere any more, or is not complete; copy all of it from the message, or go to the \
                  shop's own site.";
    Problem::new(Code::NotFound, detail)
}

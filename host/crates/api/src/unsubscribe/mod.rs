//! `/u/{token}`: the page behind the link by which customers unsubscribe, and the one click of RFC 8058.
//!
//! Scanners of mail follow links, so a GET changes nothing. No cookie, no script, and no more of the customer than a
//! masked address: whoever was forwarded the mail sees the page too.

mod words;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use cartwright_engine::Subscriber;

use crate::extract::limited;
use crate::markup::{escape, leaf};
use crate::problem::{Code, Problem};
use crate::router::Api;
use words::Words;

/// Mail programs send one field, browsers one of ours.
const LONGEST_FORM: usize = 4096;
/// What the button to subscribe again sends.
const AGAIN: &str = "subscribe=again";

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/u/{token}", get(show).post(change))
}

async fn show(State(api): State<Api>, Path(token): Path<String>) -> Result<Response, Problem> {
    let subscriber = api.engine.subscriber(&token).await?.ok_or_else(nobody)?;
    Ok(page(&subscriber, false))
}

/// Whatever the form says but "again", such as `List-Unsubscribe=One-Click`, unsubscribes.
async fn change(State(api): State<Api>, Path(token): Path<String>, request: Request) -> Result<Response, Problem> {
    let form = limited(request, LONGEST_FORM).await?;
    let subscriber = api.engine.set_subscription(&token, form == AGAIN.as_bytes()).await?.ok_or_else(nobody)?;
    Ok(page(&subscriber, true))
}

fn nobody() -> Problem {
    let detail = "This link is not complete, or not ours; copy all of it from the mail, or answer the mail.";
    Problem::new(Code::NotFound, detail)
}

/// Where they stand, and one button to the other side.
fn page(subscriber: &Subscriber, is_changed: bool) -> Response {
    let words = Words::of(subscriber.language.as_deref());
    let (told, button, field) = match (subscriber.is_subscribed, is_changed) {
        (true, false) => (words.asks, words.unsubscribe, "List-Unsubscribe=One-Click"),
        (true, true) => (words.again, words.unsubscribe, "List-Unsubscribe=One-Click"),
        (false, _) => (words.done, words.subscribe, AGAIN),
    };
    let (name, value) = field.split_once('=').unwrap_or_default();
    let shop = escape(&subscriber.shop);
    let told = told.replace("{shop}", &format!("<bdi>{shop}</bdi>"));
    let address =
        subscriber.address.as_ref().map(|address| format!("<p class=\"quiet\"><bdi>{}</bdi></p>\n", escape(address)));
    let html = format!(
        "<h1>{shop}</h1>\n<p role=\"status\">{told}</p>\n{}<form method=\"post\">\n\
         <button name=\"{name}\" value=\"{value}\">{}</button>\n</form>\n",
        address.unwrap_or_default(),
        escape(button)
    );
    let mut response = Html(leaf(words.language, &subscriber.shop, &html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

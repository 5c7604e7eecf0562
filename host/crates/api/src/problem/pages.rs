//! `/errors/<code>`: what a problem means, for people. The text stands in `host/docs/errors`.

use axum::Router;
use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::{Code, Problem};
use crate::markup::{self, Page};

/// The routes of the pages.
pub(crate) fn pages<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/errors", get(index)).route("/errors/{code}", get(show))
}

async fn index() -> Response {
    let mut body = String::from("<h1>Problems</h1>\n<ul>\n");
    for code in Code::ALL {
        let (name, title, status) = (code.name(), code.title(), code.status().as_u16());
        body.push_str(&format!("<li><a href=\"/errors/{name}\"><code>{name}</code></a> ({status}): {title}</li>\n"));
    }
    body.push_str("</ul>\n");
    Html(Page::new("Problems").body(&body)).into_response()
}

async fn show(Path(name): Path<String>) -> Result<Response, Problem> {
    let Some(code) = Code::ALL.iter().find(|code| code.name() == name) else {
        return Err(Problem::new(Code::UnknownRoute, "There is no problem of this name; /errors lists them all."));
    };
    let body = markup::of_markdown(code.page());
    Ok(Html(Page::new(code.title()).body(&body)).into_response())
}

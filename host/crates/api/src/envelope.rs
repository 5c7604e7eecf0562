//! What stands around every route: the request's id, problems written as JSON, panics caught, refusals logged.

use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::markup::{self, Page, escape};
use crate::problem::{Problem, ProblemDocument};
use crate::router::Api;

/// What is known of a request before anybody looked at it.
struct Arrived {
    /// Given to it here, told to the client, and written beside everything the log says about it.
    id: String,
    method: Method,
    path: String,
    wants_page: bool,
}

/// The outermost layer.
pub(crate) async fn wrap(State(api): State<Api>, request: Request, next: Next) -> Response {
    let id: Uuid = api.engine.entropy.mint(api.engine.now()).next();
    let arrived = Arrived {
        id: id.to_string(),
        method: request.method().clone(),
        path: known_part(request.uri().path()),
        wants_page: wants_page(&request),
    };
    let span = tracing::info_span!("request", request_id = arrived.id, method = %arrived.method, path = arrived.path);
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answer = async {
        let response = handled
            .await
            .unwrap_or_else(|_| Problem::internal("a handler panicked; its message stands above").into_response());
        write_problem(response, &arrived)
    };
    let mut response = answer.instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&arrived.id) {
        response.headers_mut().insert("x-request-id", value);
    }
    markup::guard(response.headers_mut());
    response
}

/// People with a browser get a page to read; programs always get JSON.
fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/html") && !path.starts_with("/v1") && !path.starts_with("/hooks")
}

/// Webhook addresses hold a secret, and other paths may hold names of people: the log gets the first parts only.
fn known_part(path: &str) -> String {
    let length = if path.starts_with("/v1/") { 3 } else { 2 };
    path.split('/').take(length).collect::<Vec<_>>().join("/")
}

fn write_problem(mut response: Response, arrived: &Arrived) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let code = problem.code.name();
    match &problem.internal {
        Some(cause) => tracing::error!(code, cause, "request failed"),
        None => tracing::debug!(code, "request refused"),
    }
    let document = problem.document(&arrived.id);
    let (kind, body) = if arrived.wants_page {
        ("text/html; charset=utf-8", page(&document).into_bytes())
    } else {
        ("application/problem+json", serde_json::to_vec(&document).unwrap_or_default())
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    parts.headers.remove(header::CONTENT_LENGTH);
    if parts.status == StatusCode::PAYLOAD_TOO_LARGE {
        // The rest of the body is not read, so the connection cannot be used again.
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Response::from_parts(parts, Body::from(body))
}

fn page(document: &ProblemDocument) -> String {
    let body = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<p class=\"quiet\"><a href=\"{}\">{}</a> · request <span class=\"id\">{}</span></p>\n",
        escape(&document.title),
        escape(&document.detail),
        document.kind,
        document.code,
        document.request_id
    );
    Page::new(&document.title).body(&body)
}

#[cfg(test)]
mod tests {
    use super::known_part;

    #[test]
    fn the_log_never_holds_the_secret_part_of_an_address() {
        assert_eq!(known_part("/u/AZrSeal"), "/u");
        assert_eq!(known_part("/hooks/0192-secret/orders"), "/hooks");
        assert_eq!(known_part("/v1/customers/0192"), "/v1/customers");
        assert_eq!(known_part("/"), "/");
    }
}

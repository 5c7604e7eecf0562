//! Any method, any path below the connection's address, the raw body. Authentic webhooks are always answered 2xx (S02).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use cartwright_domain::ids::ConnectionId;
use cartwright_engine::WebhookAnswer;
use cartwright_engine::ports::Webhook;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::{router::UtoipaMethodRouterExt, routes};

use crate::extract::{Params, limited};
use crate::problem::{Code, NotFound, Problem};
use crate::router::Api;

/// The document shows how webhooks usually come; other methods and longer paths are taken all the same.
pub(super) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(receive_webhook).map(|_| any(receive_webhook)))
        .route("/hooks/{connection}/", any(receive_webhook))
        .route("/hooks/{connection}/{*rest}", any(receive_webhook))
}

/// Takes a webhook.
///
/// Any method and any path below the address is taken, with a body of at most 1 MiB, exactly as the sender signed it.
#[utoipa::path(
    post, path = "/hooks/{connection}", tag = "hooks", security(()),
    params(("connection" = uuid::Uuid, Path, description = "The secret id of the connection.")),
    request_body(content_type = "*/*", description = "Whatever the sender sends."),
    responses((status = 200, description = "Durable, put aside, or the sender's own handshake."), NotFound)
)]
async fn receive_webhook(State(api): State<Api>, params: Params, request: Request) -> Result<Response, Problem> {
    // Nobody learns from the answer whether a text is nearly an id.
    let unknown = || Problem::new(Code::NotFound, "There is no connection of this address.");
    let connection: ConnectionId = params.id("connection").map_err(|_| unknown())?;
    let webhook = webhook_of(request, api.options.limits.webhook).await?;
    // Whoever tells something by a GET reads the answer: SMSAPI repeats its report until it is this.
    let taken = if webhook.method == "GET" { "OK" } else { "" };
    let answer = api.engine.receive_webhook(connection, webhook).await?;
    let status = answer.status();
    match answer {
        WebhookAnswer::NotFound => Err(unknown()),
        WebhookAnswer::Unauthorized => {
            let detail = "The signature is not the one that the connection's sender makes over this body.";
            Err(Problem::new(Code::WebhookUnsigned, detail))
        }
        WebhookAnswer::TryAgain => {
            Err(Problem::new(Code::NotReady, "The connection's plugin cannot run now; send it again later."))
        }
        WebhookAnswer::Handshake { content_type, body, .. } => Ok(handshake(status, &content_type, body)),
        WebhookAnswer::Accepted => Ok(taken.into_response()),
    }
}

async fn webhook_of(request: Request, limit: usize) -> Result<Webhook, Problem> {
    let method = request.method().as_str().to_owned();
    let path = path_below(request.uri().path_and_query().map_or("/", |path| path.as_str()));
    let headers = headers_of(request.headers());
    let body = limited(request, limit).await?;
    Ok(Webhook { method, path, headers, body })
}

/// What follows the connection's own address, with the query: signatures may be over it.
fn path_below(path: &str) -> String {
    let own = path.strip_prefix("/hooks/").unwrap_or(path);
    own.find(['/', '?']).map_or("", |end| &own[end..]).to_owned()
}

fn headers_of(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// A plugin's answer goes out as data, and never as a page.
fn handshake(status: u16, content_type: &str, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).ok();
    let plain = matches!(content_type.split(';').next().map(str::trim), Some("text/plain" | "application/json"));
    let content_type = if plain { content_type } else { "text/plain; charset=utf-8" };
    let response =
        Response::builder().status(status.unwrap_or(StatusCode::OK)).header(header::CONTENT_TYPE, content_type);
    response.body(Body::from(body)).unwrap_or_else(|_| StatusCode::OK.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_sees_the_path_below_its_address_with_the_query() {
        let below = |rest: &str| path_below(&format!("/hooks/0192f3a0-0000-7000-8000-000000000001{rest}"));
        assert_eq!(below(""), "");
        assert_eq!(below("?hub.challenge=1"), "?hub.challenge=1");
        assert_eq!(below("/orders/paid?x=%2F"), "/orders/paid?x=%2F");
    }

    #[test]
    fn a_handshake_can_never_become_a_page_of_ours() {
        let redirect = WebhookAnswer::Handshake { status: 302, content_type: String::new(), body: Vec::new() };
        let response = handshake(redirect.status(), "text/html", b"<script>".to_vec());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        let response = handshake(403, "application/json", b"{}".to_vec());
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::CONTENT_TYPE]),
            (403, &"application/json".parse().unwrap())
        );
    }
}

//! `GET /v1/session`

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;

use super::SessionView;
use crate::access::cookie;
use crate::problem::Problem;
use crate::router::Api;

/// Shows who is signed in, if anybody is.
#[utoipa::path(
    get, path = "/v1/session", tag = "session", security(()),
    responses((status = 200, description = "Who is signed in.", body = SessionView))
)]
pub(crate) async fn show_session(State(api): State<Api>, headers: HeaderMap) -> Result<Json<SessionView>, Problem> {
    let text = cookie::of(&headers);
    let signed_in = match text {
        Some(text) => api.engine.signed_in(text).await?,
        None => None,
    };
    Ok(Json(super::view(&api, signed_in.as_ref().zip(text)).await?))
}

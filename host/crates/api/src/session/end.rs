//! `DELETE /v1/session`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::access::{Caller, cookie};
use crate::problem::Problem;
use crate::router::Api;

/// Signs out.
///
/// The cookie opens nothing any more.
#[utoipa::path(
    delete, path = "/v1/session", tag = "session", responses((status = 204, description = "The session is over."))
)]
pub(crate) async fn end_session(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    if let Caller::Person(person) = &caller {
        api.engine.store.end_session(&person.session.hash).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().extend(cookie::leave(&api, None));
    Ok(response)
}

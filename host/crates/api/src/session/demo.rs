//! `POST /v1/demo/session`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::SessionView;
use crate::problem::{Code, Problem};
use crate::router::Api;

/// Signs the visitor of the demo in.
#[utoipa::path(
    post, path = "/v1/demo/session", tag = "demo", security(()),
    responses((status = 200, description = "Who is signed in.", body = SessionView))
)]
pub(crate) async fn begin_demo_session(State(api): State<Api>, headers: HeaderMap) -> Result<Response, Problem> {
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    if elsewhere {
        return Err(Problem::new(Code::ForgedRequest, "Open the console of the demo itself."));
    }
    let visitor = api.engine.store.user(crate::demo::controls(&api)?.visitor()).await?;
    let absent = || Problem::internal("the visitor of the demo is gone");
    super::begin(&api, visitor.ok_or_else(absent)?).await
}

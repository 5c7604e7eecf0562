//! `GET /v1/demo/clock`

use axum::Json;
use axum::extract::State;
use cartwright_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::openapi::described;
use crate::problem::Problem;
use crate::router::Api;

/// What the clock of the demo says.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ClockView {
    /// Its now.
    pub(super) now: Timestamp,
}

described!(ClockView);

/// Shows the clock of the demo.
#[utoipa::path(get, path = "/v1/demo/clock", tag = "demo", responses((status = 200, description = "The clock.", body = ClockView)))]
pub(crate) async fn show_clock(State(api): State<Api>) -> Result<Json<ClockView>, Problem> {
    Ok(Json(ClockView { now: super::controls(&api)?.now() }))
}

//! `GET /v1/runs/{run}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::RunId;
use cartwright_domain::run::Run;

use crate::access::InShop;
use crate::extract::Params;
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type RunDocument = Described<Run>;

/// Shows a run: where it stands and when it goes on.
#[utoipa::path(
    get, path = "/v1/runs/{run}", tag = "runs", params(("run" = uuid::Uuid, Path, description = "Id of the run.")),
    responses((status = 200, description = "The run.", body = RunDocument), NotFound)
)]
pub(crate) async fn show_run(State(api): State<Api>, shop: InShop, params: Params) -> Result<Json<Run>, Problem> {
    let id: RunId = params.id("run")?;
    let run = api.engine.store.run(shop.id(), id).await?;
    run.map(Json).ok_or_else(|| Problem::not_found("run", id))
}

//! `GET /v1/runs/{run}/decisions`

use axum::extract::State;
use axum::response::Response;
use cartwright_domain::ids::RunId;

use crate::access::InShop;
use crate::extract::Params;
use crate::json_lines::json_lines;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Tells the decisions of plugins in a run, oldest first, as JSON lines.
///
/// Each line has everything that the decision was made on: `cartwright plugin replay` makes it again.
#[utoipa::path(
    get, path = "/v1/runs/{run}/decisions", tag = "runs",
    params(("run" = uuid::Uuid, Path, description = "Id of the run.")),
    responses((status = 200, description = "One `DecisionRecord` a line.", body = String, content_type = "application/jsonl"), NotFound)
)]
pub(crate) async fn list_run_decisions(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Response, Problem> {
    let id: RunId = params.id("run")?;
    let decisions = api.engine.decisions_of_run(shop.id(), id).await?;
    json_lines(&decisions.ok_or_else(|| Problem::not_found("run", id))?)
}

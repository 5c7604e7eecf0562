//! `GET /v1/runs/{run}/trace`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::RunId;
use cartwright_domain::trace::TraceEntry;

use crate::access::InShop;
use crate::extract::Params;
use crate::listing::Listing;
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type Trace = Described<Listing<TraceEntry>>;

/// Explains a run: every decision with the facts it was made on, oldest first.
#[utoipa::path(
    get, path = "/v1/runs/{run}/trace", tag = "runs", params(("run" = uuid::Uuid, Path, description = "Id of the run.")),
    responses((status = 200, description = "The whole trace.", body = Trace), NotFound)
)]
pub(crate) async fn show_trace(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<Listing<TraceEntry>>, Problem> {
    let id: RunId = params.id("run")?;
    if api.engine.store.run(shop.id(), id).await?.is_none() {
        return Err(Problem::not_found("run", id));
    }
    let items = api.engine.store.trace(shop.id(), id).await?;
    Ok(Json(Listing { items, next: None }))
}

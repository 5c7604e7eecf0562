//! `DELETE /v1/sources/{name}`

use axum::extract::State;
use axum::http::StatusCode;

use super::KIND;
use crate::access::InShop;
use crate::connections;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Removes a source with its secrets.
///
/// Its webhook address answers 404 from now on.
#[utoipa::path(
    delete, path = "/v1/sources/{name}", tag = "sources", params(("name" = String, Path, description = "Name of the source.")),
    responses((status = 204, description = "It is gone."), NotFound)
)]
pub(crate) async fn remove_source(State(api): State<Api>, shop: InShop, params: Params) -> Result<StatusCode, Problem> {
    connections::remove(&api, shop.id(), KIND, &params).await?;
    Ok(StatusCode::NO_CONTENT)
}

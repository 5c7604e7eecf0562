//! `GET /v1/sources/{name}`

use axum::Json;
use axum::extract::State;

use super::KIND;
use crate::access::InShop;
use crate::connections::{self, ConnectionView};
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Shows a source, with the names of its secrets and never their values.
#[utoipa::path(
    get, path = "/v1/sources/{name}", tag = "sources", params(("name" = String, Path, description = "Name of the source.")),
    responses((status = 200, description = "The source.", body = ConnectionView), NotFound)
)]
pub(crate) async fn show_source(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<ConnectionView>, Problem> {
    Ok(Json(connections::find(&api, shop.id(), KIND, &params).await?))
}

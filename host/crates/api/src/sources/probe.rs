//! `POST /v1/sources/{name}/probe`

use axum::Json;
use axum::extract::State;

use super::KIND;
use crate::access::InShop;
use crate::connections::{self, Probed};
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Sees whether the credentials of a source work, by a harmless request to its platform.
#[utoipa::path(
    post, path = "/v1/sources/{name}/probe", tag = "sources", params(("name" = String, Path, description = "Name of the source.")),
    responses((status = 200, description = "What the platform said.", body = Probed), NotFound)
)]
pub(crate) async fn probe_source(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<Probed>, Problem> {
    Ok(Json(connections::probe(&api, shop.id(), KIND, &params).await?))
}

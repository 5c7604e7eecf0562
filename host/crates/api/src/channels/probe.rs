//! `POST /v1/channels/{name}/probe`

use axum::Json;
use axum::extract::State;

use super::KIND;
use crate::access::InShop;
use crate::connections::{self, Probed};
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Sees whether the credentials of a channel work, by a harmless request to its provider.
#[utoipa::path(
    post, path = "/v1/channels/{name}/probe", tag = "channels", params(("name" = String, Path, description = "Name of the channel.")),
    responses((status = 200, description = "What the provider said.", body = Probed), NotFound)
)]
pub(crate) async fn probe_channel(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<Probed>, Problem> {
    Ok(Json(connections::probe(&api, shop.id(), KIND, &params).await?))
}

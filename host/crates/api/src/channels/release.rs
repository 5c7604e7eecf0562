//! `POST /v1/channels/{name}/release`

use axum::Json;
use axum::extract::State;

use super::KIND;
use crate::access::InShop;
use crate::connections::{self, ConnectionView};
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Releases what a channel holds, after the cause was put right.
///
/// Messages that are not too late go out; a channel that holds nothing stays as it is (S27).
#[utoipa::path(
    post, path = "/v1/channels/{name}/release", tag = "channels", params(("name" = String, Path, description = "Name of the channel.")),
    responses((status = 200, description = "The channel as it is now.", body = ConnectionView), NotFound)
)]
pub(crate) async fn release_channel(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<ConnectionView>, Problem> {
    api.engine.release_hold(shop.id(), &params.name("name")?).await?;
    Ok(Json(connections::find(&api, shop.id(), KIND, &params).await?))
}

//! `PUT /v1/channels/{name}`

use axum::Json;
use axum::extract::State;

use super::KIND;
use crate::access::InShop;
use crate::connections::{self, ConnectionSettings, ConnectionView};
use crate::extract::{JsonBody, Params};
use crate::problem::{Invalid, Problem};
use crate::router::Api;

/// Makes or changes a channel.
///
/// Its webhook address stays the same however often it is changed.
#[utoipa::path(
    put, path = "/v1/channels/{name}", tag = "channels", params(("name" = String, Path, description = "Name of the channel.")),
    request_body = ConnectionSettings, responses((status = 200, description = "The channel as it is now.", body = ConnectionView), Invalid)
)]
pub(crate) async fn save_channel(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(settings): JsonBody<ConnectionSettings>,
) -> Result<Json<ConnectionView>, Problem> {
    Ok(Json(connections::save(&api, shop.id(), KIND, &params, settings).await?))
}

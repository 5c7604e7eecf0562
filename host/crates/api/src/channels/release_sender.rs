//! `POST /v1/channels/{name}/senders/{sender}/release`

use axum::Json;
use axum::extract::State;

use super::KIND;
use crate::access::InShop;
use crate::connections::{self, ConnectionView};
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Releases one sender of a channel, after the cause was put right.
///
/// Messages that wait for it and are not too late go out (S27); one that the provider wants nothing of for a while is
/// used again at once.
#[utoipa::path(
    post, path = "/v1/channels/{name}/senders/{sender}/release", tag = "channels",
    params(("name" = String, Path, description = "Name of the channel."), ("sender" = String, Path, description = "Name of the sender.")),
    responses((status = 200, description = "The channel as it is now.", body = ConnectionView), NotFound)
)]
pub(crate) async fn release_sender(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<ConnectionView>, Problem> {
    let sender = params.name("sender")?;
    let channel = connections::find(&api, shop.id(), KIND, &params).await?;
    if !api.engine.release_sender(shop.id(), &channel.name, &sender).await? {
        return Err(Problem::not_found("sender", sender));
    }
    Ok(Json(connections::find(&api, shop.id(), KIND, &params).await?))
}

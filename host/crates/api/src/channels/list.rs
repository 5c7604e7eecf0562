//! `GET /v1/channels`

use axum::Json;
use axum::extract::State;

use super::KIND;
use crate::access::InShop;
use crate::connections::{self, ConnectionView};
use crate::listing::Listing;
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

type Connections = Described<Listing<ConnectionView>>;

/// Lists all channels of the shop.
#[utoipa::path(
    get, path = "/v1/channels", tag = "channels", responses((status = 200, description = "Channels.", body = Connections))
)]
pub(crate) async fn list_channels(
    State(api): State<Api>,
    shop: InShop,
) -> Result<Json<Listing<ConnectionView>>, Problem> {
    Ok(Json(Listing { items: connections::all(&api, shop.id(), KIND).await?, next: None }))
}

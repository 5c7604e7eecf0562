//! `GET /v1/plugins/{digest}`

use axum::Json;
use axum::extract::State;

use super::PluginView;
use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Shows an installed version: where it stands, since when and why, and what keeps it from deciding.
#[utoipa::path(
    get, path = "/v1/plugins/{digest}", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex.")),
    responses((status = 200, description = "The version.", body = PluginView), NotFound)
)]
pub(crate) async fn show_plugin(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<PluginView>, Problem> {
    PluginView::one(&api, shop.id(), &params).await.map(Json)
}

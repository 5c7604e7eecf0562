//! `GET /v1/plugins`

use axum::Json;
use axum::extract::State;

use super::PluginView;
use crate::access::InShop;
use crate::listing::Listing;
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

type Plugins = Described<Listing<PluginView>>;

/// Lists all installed versions of plugins, newest first.
#[utoipa::path(
    get, path = "/v1/plugins", tag = "plugins", responses((status = 200, description = "Plugins.", body = Plugins))
)]
pub(crate) async fn list_plugins(State(api): State<Api>, shop: InShop) -> Result<Json<Listing<PluginView>>, Problem> {
    let items = PluginView::of(&api, shop.id(), api.engine.store.plugins(shop.id()).await?).await?;
    Ok(Json(Listing { items, next: None }))
}

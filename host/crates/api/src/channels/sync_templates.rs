//! `POST /v1/channels/{name}/templates/sync`

use axum::Json;
use axum::extract::State;

use super::templates::TemplatesView;
use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// Asks a channel's provider for its templates, now.
///
/// What it says, or why it says nothing (`trouble`), stands in the answer. Messages that waited for a template which is
/// approved by now go out within a minute.
#[utoipa::path(
    post, path = "/v1/channels/{name}/templates/sync", tag = "channels", params(("name" = String, Path, description = "Name of the channel.")),
    responses((status = 200, description = "The templates as they are now.", body = TemplatesView), NotFound, Invalid)
)]
pub(crate) async fn sync_templates(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<TemplatesView>, Problem> {
    Ok(Json(api.engine.sync_templates(shop.id(), &params.name("name")?).await?.into()))
}

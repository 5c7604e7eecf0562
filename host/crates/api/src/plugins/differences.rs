//! `GET /v1/plugins/{digest}/differences`

use axum::Json;
use axum::extract::State;
use cartwright_domain::decision::Difference;

use super::PluginView;
use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type Differences = Described<Listing<Difference>>;

/// Lists where a shadow decided otherwise than the active version, newest first: both decisions with the facts of each.
///
/// The last 200 are kept. They hold facts about customers, and go with whomever is erased.
#[utoipa::path(
    get, path = "/v1/plugins/{digest}/differences", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex."), PageQuery),
    responses((status = 200, description = "Differences.", body = Differences), NotFound)
)]
pub(crate) async fn list_differences(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<Difference>>, Problem> {
    let list = List("differences");
    let page = list.page(query.limit, query.after.as_deref())?;
    let plugin = PluginView::one(&api, shop.id(), &params).await?;
    let found = api.engine.plugin_differences(shop.id(), &plugin.record.digest, &page).await?;
    Ok(Json(list.show(found, |difference| difference)))
}

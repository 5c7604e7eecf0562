//! `GET /v1/plugins/{digest}/logs`

use axum::Json;
use axum::extract::State;
use cartwright_domain::decision::LogEntry;

use super::PluginView;
use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type Lines = Described<Listing<LogEntry>>;

/// Lists what a version wrote into its log, newest first.
///
/// The last 1000 lines are kept for seven days. What other nodes heard in the last seconds may be missing. A line may
/// hold personal data, as far as the plugin wrote some.
#[utoipa::path(
    get, path = "/v1/plugins/{digest}/logs", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex."), PageQuery),
    responses((status = 200, description = "Lines.", body = Lines), NotFound)
)]
pub(crate) async fn list_logs(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<LogEntry>>, Problem> {
    let list = List("logs");
    let page = list.page(query.limit, query.after.as_deref())?;
    let plugin = PluginView::one(&api, shop.id(), &params).await?;
    let found = api.engine.plugin_logs(shop.id(), &plugin.record.digest, &page).await?;
    Ok(Json(list.show(found, |line| line)))
}

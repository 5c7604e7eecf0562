//! `GET /v1/plugins/{name}/audit`

use axum::Json;
use axum::extract::State;
use cartwright_domain::plugin::AuditEntry;

use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type Audit = Described<Listing<AuditEntry>>;

/// Tells who did what to a plugin, newest first: uploads, grants, promotions, roll-backs, stops, limits.
#[utoipa::path(
    get, path = "/v1/plugins/{name}/audit", tag = "plugins",
    params(("name" = String, Path, description = "Name of the plugin."), PageQuery),
    responses((status = 200, description = "The audit.", body = Audit), NotFound)
)]
pub(crate) async fn list_audit(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<AuditEntry>>, Problem> {
    let name = params.name("name")?;
    let list = List("audit");
    let page = list.page(query.limit, query.after.as_deref())?;
    if !api.engine.store.plugins(shop.id()).await?.iter().any(|record| record.name == name) {
        return Err(Problem::not_found("plugin", name));
    }
    let found = api.engine.plugin_audit(shop.id(), &name, &page).await?;
    Ok(Json(list.show(found, |entry| entry)))
}

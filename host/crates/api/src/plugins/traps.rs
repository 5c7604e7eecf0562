//! `GET /v1/plugins/{digest}/traps` and `GET /v1/plugins/{digest}/traps/{trap}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::decision::TrapRecord;
use cartwright_domain::ids::NoteId;

use super::PluginView;
use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type Traps = Described<Listing<TrapRecord>>;

/// Lists a version's failures, newest first: what it was, the back-trace, and the decision that it was to be.
///
/// The last 100 are kept. They hold facts about customers, and go with whomever is erased.
#[utoipa::path(
    get, path = "/v1/plugins/{digest}/traps", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex."), PageQuery),
    responses((status = 200, description = "Traps.", body = Traps), NotFound)
)]
pub(crate) async fn list_traps(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<TrapRecord>>, Problem> {
    let list = List("traps");
    let page = list.page(query.limit, query.after.as_deref())?;
    let plugin = PluginView::one(&api, shop.id(), &params).await?;
    let found = api.engine.plugin_traps(shop.id(), &plugin.record.digest, &page).await?;
    Ok(Json(list.show(found, |trap| trap)))
}

type Trap = Described<TrapRecord>;

/// Shows one failure. Its `decision` is what `cartwright plugin replay` takes.
#[utoipa::path(
    get, path = "/v1/plugins/{digest}/traps/{trap}", tag = "plugins",
    params(
        ("digest" = String, Path, description = "SHA-256 of the component, hex."),
        ("trap" = uuid::Uuid, Path, description = "Id of the trap.")
    ),
    responses((status = 200, description = "The trap.", body = Trap), NotFound)
)]
pub(crate) async fn show_trap(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<TrapRecord>, Problem> {
    let plugin = PluginView::one(&api, shop.id(), &params).await?;
    let id: NoteId = params.id("trap")?;
    let trap = api.engine.plugin_trap(shop.id(), &plugin.record.digest, id).await?;
    trap.map(Json).ok_or_else(|| Problem::not_found("trap", id))
}

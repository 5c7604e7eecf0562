//! `GET /v1/audit`

use axum::Json;
use axum::extract::State;
use cartwright_domain::change::Change;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

type Changes = Described<Listing<Change>>;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(list_changes))
}

/// Tells what people and programs changed in the shop over this API, newest first: who, when, which operation, and
/// what it was about. Kept for 400 days.
#[utoipa::path(
    get, path = "/v1/audit", tag = "people",
    params(PageQuery),
    responses((status = 200, description = "The changes.", body = Changes))
)]
pub(crate) async fn list_changes(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<Change>>, Problem> {
    let list = List("changes");
    let page = list.page(query.limit, query.after.as_deref())?;
    let found = api.engine.changes(shop.id(), &page).await?;
    Ok(Json(list.show(found, |change| change)))
}

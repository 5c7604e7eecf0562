//! `GET /v1/sources/{name}/deliveries`

use axum::Json;
use axum::extract::State;

use super::KIND;
use crate::access::InShop;
use crate::deliveries::{self, Deliveries, DeliveryView};
use crate::extract::{Params, QueryOf};
use crate::listing::{Listing, PageQuery};
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Lists what came in at the address of a source lately, newest first, whatever came of it.
///
/// The last 50 that were authentic are kept, and the last 50 others, for two days, without credentials; all of a shop's
/// go when anybody is erased. Of a flood that is not authentic some are noted and all are counted. What other nodes
/// heard in the last seconds may be missing. What was put aside is kept beside this, in `/v1/asides`.
#[utoipa::path(
    get, path = "/v1/sources/{name}/deliveries", tag = "sources",
    params(("name" = String, Path, description = "Name of the source."), PageQuery),
    responses((status = 200, description = "Deliveries.", body = Deliveries), NotFound)
)]
pub(crate) async fn list_source_deliveries(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<DeliveryView>>, Problem> {
    Ok(Json(deliveries::list(&api, shop.id(), KIND, &params, &query).await?))
}

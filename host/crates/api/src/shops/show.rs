//! `GET /v1/shops/{shop}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::ShopId;
use cartwright_domain::shop::Shop;

use super::ShopDocument;
use crate::access::{Caller, no_shop};
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Shows a shop.
#[utoipa::path(
    get, path = "/v1/shops/{shop}", tag = "shops", params(("shop" = uuid::Uuid, Path, description = "Id of the shop.")),
    responses((status = 200, description = "The shop.", body = ShopDocument), NotFound)
)]
pub(crate) async fn show_shop(State(api): State<Api>, caller: Caller, params: Params) -> Result<Json<Shop>, Problem> {
    Ok(Json(find(&api, &caller, &params).await?))
}

/// The shop of the address, if the key opens it.
pub(super) async fn find(api: &Api, caller: &Caller, params: &Params) -> Result<Shop, Problem> {
    let id: ShopId = params.id("shop")?;
    let shop = if caller.opens(id) { api.engine.store.shop(id).await? } else { None };
    shop.map(|shop| Shop::clone(&shop)).ok_or_else(|| no_shop(id))
}

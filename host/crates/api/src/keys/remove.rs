//! `DELETE /v1/shops/{shop}/keys/{key}`

use axum::extract::State;
use axum::http::StatusCode;
use cartwright_domain::ids::KeyId;

use crate::access::Caller;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Removes a key of a shop.
///
/// It opens nothing from now on.
#[utoipa::path(
    delete, path = "/v1/shops/{shop}/keys/{key}", tag = "keys",
    params(("shop" = uuid::Uuid, Path, description = "Id of the shop."), ("key" = uuid::Uuid, Path, description = "Id of the key.")),
    responses((status = 204, description = "It is gone."), NotFound)
)]
pub(crate) async fn remove_key(State(api): State<Api>, caller: Caller, params: Params) -> Result<StatusCode, Problem> {
    let shop = super::shop_of(&api, &caller, &params).await?;
    let key: KeyId = params.id("key")?;
    let removed = api.engine.store.remove_key(shop, key).await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("key", key)) }
}

//! `GET /v1/shops/{shop}/keys`

use axum::Json;
use axum::extract::State;

use super::KeyView;
use crate::access::Caller;
use crate::extract::Params;
use crate::listing::Listing;
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type Keys = Described<Listing<KeyView>>;

/// Lists the keys of a shop, never their text.
#[utoipa::path(
    get, path = "/v1/shops/{shop}/keys", tag = "keys", params(("shop" = uuid::Uuid, Path, description = "Id of the shop.")),
    responses((status = 200, description = "All keys of the shop.", body = Keys), NotFound)
)]
pub(crate) async fn list_keys(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
) -> Result<Json<Listing<KeyView>>, Problem> {
    let shop = super::shop_of(&api, &caller, &params).await?;
    let items = api.engine.store.keys(shop).await?.into_iter().map(KeyView::from).collect();
    Ok(Json(Listing { items, next: None }))
}

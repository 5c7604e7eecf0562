//! `GET /v1/shops`

use axum::Json;
use axum::extract::State;
use cartwright_domain::shop::Shop;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::extract::QueryOf;
use crate::listing::{List, Listing};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShopQuery {
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

type Shops = Described<Listing<Shop>>;

/// Lists the shops that the caller sees.
///
/// By id, so in the order they were made.
#[utoipa::path(get, path = "/v1/shops", tag = "shops", params(ShopQuery), responses((status = 200, description = "Shops.", body = Shops)))]
pub(crate) async fn list_shops(
    State(api): State<Api>,
    caller: Caller,
    QueryOf(query): QueryOf<ShopQuery>,
) -> Result<Json<Listing<Shop>>, Problem> {
    let list = List("shops");
    let page = list.page(query.limit, query.after.as_deref())?;
    let mut shops = Vec::new();
    match caller.shops() {
        Some(seen) => {
            for id in seen {
                shops.extend(api.engine.store.shop(id).await?.map(|shop| Shop::clone(&shop)));
            }
        }
        None => shops = api.engine.store.shops().await?,
    }
    Ok(Json(list.cut(shops, &page, |shop| shop.id.to_string())))
}

//! `GET /v1/people`

use axum::Json;
use axum::extract::State;

use super::MemberView;
use crate::access::InShop;
use crate::listing::Listing;
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

type Members = Described<Listing<MemberView>>;

/// Lists who has a role in the shop, by name.
#[utoipa::path(get, path = "/v1/people", tag = "people", responses((status = 200, description = "All of them.", body = Members)))]
pub(crate) async fn list_people(State(api): State<Api>, shop: InShop) -> Result<Json<Listing<MemberView>>, Problem> {
    let items = api.engine.store.members(shop.id()).await?.into_iter().map(MemberView::from).collect();
    Ok(Json(Listing { items, next: None }))
}

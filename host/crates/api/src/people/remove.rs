//! `DELETE /v1/people/{user}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Takes somebody's role in the shop away.
///
/// They may still have one in another shop; `cartwright user remove` forgets them altogether.
#[utoipa::path(
    delete, path = "/v1/people/{user}", tag = "people", params(("user" = uuid::Uuid, Path, description = "Id of the person.")),
    responses((status = 204, description = "They see nothing of the shop any more."), NotFound)
)]
pub(crate) async fn remove_person(State(api): State<Api>, shop: InShop, params: Params) -> Result<StatusCode, Problem> {
    let (user, _) = super::find(&api, &shop, params.id("user")?).await?;
    api.engine.store.set_role(shop.id(), user.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

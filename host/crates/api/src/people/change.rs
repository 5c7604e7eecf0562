//! `PUT /v1/people/{user}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::user::Role;
use schemars::JsonSchema;
use serde::Deserialize;

use super::MemberView;
use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// What somebody is from now on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleChange {
    /// In this shop.
    role: Role,
}

described!(RoleChange);

/// Gives somebody another role in the shop.
///
/// It holds from their next request on.
#[utoipa::path(
    put, path = "/v1/people/{user}", tag = "people", params(("user" = uuid::Uuid, Path, description = "Id of the person.")),
    request_body = RoleChange, responses((status = 200, description = "As they are now.", body = MemberView), Invalid, NotFound)
)]
pub(crate) async fn change_role(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(change): JsonBody<RoleChange>,
) -> Result<Json<MemberView>, Problem> {
    let (user, _) = super::find(&api, &shop, params.id("user")?).await?;
    api.engine.store.set_role(shop.id(), user.id, Some(change.role)).await?;
    Ok(Json((user, change.role).into()))
}

//! `POST /v1/plugins/{digest}/grants`

use axum::Json;
use axum::extract::State;
use cartwright_domain::shop::Grants;
use cartwright_engine::PluginChange;

use super::PluginView;
use crate::access::{Caller, InShop};
use crate::extract::{JsonBody, Params};
use crate::openapi::Described;
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;

type GrantsDocument = Described<Grants>;

/// Grants an installed version what it may do.
///
/// The grants take the place of those before. A version that waited for them goes on to the stage that it was uploaded
/// for; others stay at theirs. Channels and sources get their grants with each connection; for them `{}` only lets the
/// version go on.
#[utoipa::path(
    post, path = "/v1/plugins/{digest}/grants", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex.")), request_body = GrantsDocument,
    responses((status = 200, description = "The version as it is now.", body = PluginView), Invalid, NotFound, Conflicting)
)]
pub(crate) async fn grant_plugin(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    params: Params,
    JsonBody(grants): JsonBody<Grants>,
) -> Result<Json<PluginView>, Problem> {
    let digest = params.name("digest")?;
    let change = PluginChange::Grant { digest: digest.clone(), grants };
    let granted = api.engine.change_plugin(shop.id(), caller.label(), change).await?;
    granted.map(|record| Json(record.into())).ok_or_else(|| Problem::not_found("plugin", digest))
}

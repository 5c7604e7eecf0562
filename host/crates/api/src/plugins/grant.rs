//! `POST /v1/plugins/{digest}/grants`

use axum::Json;
use axum::extract::State;
use cartwright_domain::shop::Grants;

use super::PluginView;
use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::openapi::Described;
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;

type GrantsDocument = Described<Grants>;

/// Grants an installed version what it may do, and makes it active.
///
/// The grants take the place of those before. Channels and sources get theirs with each connection; for them `{}` only
/// makes the version active.
#[utoipa::path(
    post, path = "/v1/plugins/{digest}/grants", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex.")), request_body = GrantsDocument,
    responses((status = 200, description = "The version as it is now.", body = PluginView), Invalid, NotFound, Conflicting)
)]
pub(crate) async fn grant_plugin(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(grants): JsonBody<Grants>,
) -> Result<Json<PluginView>, Problem> {
    let digest = params.name("digest")?;
    let granted = api.engine.grant_plugin(shop.id(), &digest, grants).await?;
    granted.map(|record| Json(record.into())).ok_or_else(|| Problem::not_found("plugin", digest))
}

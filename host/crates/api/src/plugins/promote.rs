//! `POST /v1/plugins/{digest}/promote`

use axum::Json;
use axum::extract::State;
use cartwright_engine::PluginChange;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{PluginView, Target};
use crate::access::{Caller, InShop};
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;

/// Where a version is to go.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Promotion {
    /// The stage.
    to: Target,
    /// Of a canary: for how many of a hundred customers it decides, 1 to 99.
    #[serde(default)]
    percent: Option<u8>,
    /// Why, for the audit.
    #[serde(default)]
    why: Option<String>,
}

described!(Promotion);

/// Moves an installed version to another stage.
///
/// Before it decides for anybody, every strategy at work, every version in which runs wait and every connection is
/// checked against it; it is refused with the list of what would not be sound. The version that it replaces is
/// superseded in the same transaction, on every node; runs in flight go on.
#[utoipa::path(
    post, path = "/v1/plugins/{digest}/promote", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex.")), request_body = Promotion,
    responses((status = 200, description = "The version as it is now.", body = PluginView), Invalid, NotFound, Conflicting)
)]
pub(crate) async fn promote_plugin(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    params: Params,
    JsonBody(promotion): JsonBody<Promotion>,
) -> Result<Json<PluginView>, Problem> {
    let digest = params.name("digest")?;
    let to = promotion.to.stage(promotion.percent)?;
    let change = PluginChange::Promote { digest: digest.clone(), to, why: promotion.why };
    let moved = api.engine.change_plugin(shop.id(), caller.label(), change).await?;
    moved.map(|record| Json(record.into())).ok_or_else(|| Problem::not_found("plugin", digest))
}

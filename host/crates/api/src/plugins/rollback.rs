//! `POST /v1/plugins/{name}/rollback`

use axum::Json;
use axum::extract::State;
use cartwright_engine::PluginChange;
use schemars::JsonSchema;
use serde::Deserialize;

use super::PluginView;
use crate::access::{Caller, InShop};
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;

/// Back to what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollBack {
    /// In which major version; without, in the one that changed last.
    #[serde(default)]
    major: Option<u64>,
    /// Why, for the audit.
    #[serde(default)]
    why: Option<String>,
}

described!(RollBack);

/// Goes back to the version before.
///
/// The newest superseded version is active again, in one transaction on every node; runs in flight go on. The version
/// that is left is only installed then, so a second roll-back goes further back.
#[utoipa::path(
    post, path = "/v1/plugins/{name}/rollback", tag = "plugins",
    params(("name" = String, Path, description = "Name of the plugin.")), request_body = RollBack,
    responses((status = 200, description = "The version that is active now.", body = PluginView), Invalid, NotFound, Conflicting)
)]
pub(crate) async fn roll_back_plugin(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    params: Params,
    JsonBody(back): JsonBody<RollBack>,
) -> Result<Json<PluginView>, Problem> {
    let name = params.name("name")?;
    let change = PluginChange::RollBack { name: name.clone(), major: back.major, why: back.why };
    let active = api.engine.change_plugin(shop.id(), caller.label(), change).await?;
    active.map(|record| Json(record.into())).ok_or_else(|| Problem::not_found("plugin", name))
}

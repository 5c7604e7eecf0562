//! `POST /v1/plugins/{name}/kill` and `POST /v1/plugins/{name}/revive`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::PluginRecord;
use cartwright_engine::PluginChange;
use schemars::JsonSchema;
use serde::Deserialize;

use super::PluginView;
use crate::access::{Caller, InShop};
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// Why a plugin is stopped.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// For the audit, and for whoever looks at the runs that hold.
    why: String,
}

described!(Reason);

/// Stops a plugin in all its versions.
///
/// Runs hold at the steps that ask it and look again every minute; messages of its channels wait, and whoever sends
/// webhooks to its sources is told to come again. Nothing is lost and nothing falls to a branch for errors.
#[utoipa::path(
    post, path = "/v1/plugins/{name}/kill", tag = "plugins",
    params(("name" = String, Path, description = "Name of the plugin.")), request_body = Reason,
    responses((status = 200, description = "Its newest version, with who stopped it.", body = PluginView), Invalid, NotFound)
)]
pub(crate) async fn kill_plugin(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    params: Params,
    JsonBody(reason): JsonBody<Reason>,
) -> Result<Json<PluginView>, Problem> {
    let name = params.name("name")?;
    if reason.why.trim().is_empty() {
        return Err(Problem::field("why", "say why; whoever finds the runs that hold will ask"));
    }
    let change = PluginChange::Kill { name: name.clone(), why: reason.why };
    let newest = api.engine.change_plugin(shop.id(), caller.label(), change).await?;
    view(&api, shop.id(), newest, &name).await
}

/// Lets a stopped plugin go on. What holds for it is looked at again within a minute.
#[utoipa::path(
    post, path = "/v1/plugins/{name}/revive", tag = "plugins",
    params(("name" = String, Path, description = "Name of the plugin.")),
    responses((status = 200, description = "Its newest version.", body = PluginView), NotFound)
)]
pub(crate) async fn revive_plugin(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    params: Params,
) -> Result<Json<PluginView>, Problem> {
    let name = params.name("name")?;
    let change = PluginChange::Revive { name: name.clone() };
    let newest = api.engine.change_plugin(shop.id(), caller.label(), change).await?;
    view(&api, shop.id(), newest, &name).await
}

async fn view(api: &Api, shop: ShopId, newest: Option<PluginRecord>, name: &str) -> Result<Json<PluginView>, Problem> {
    let views = PluginView::of(api, shop, newest.into_iter().collect()).await?;
    views.into_iter().next().map(Json).ok_or_else(|| Problem::not_found("plugin", name))
}

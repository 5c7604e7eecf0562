//! `/v1/plugins`: components of the shop, and their life: an upload may do nothing until somebody grants it something,
//! and goes from stage to stage until another takes its place (S43).

mod audit;
mod decisions;
mod differences;
mod figures;
mod grant;
mod kill;
mod limit;
mod list;
mod logs;
mod promote;
mod rejected;
mod rollback;
mod show;
mod traps;
mod upload;
mod uses;

use cartwright_domain::ids::ShopId;
use cartwright_domain::plugin::{Breaker, Kill, PluginRecord, Stage};
use cartwright_domain::shop::Grants;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Params;
use crate::openapi::described;
use crate::problem::Problem;
use crate::router::Api;

/// An installed version of a plugin.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PluginView {
    /// What it is, where it stands, and what was granted.
    #[serde(flatten)]
    record: PluginRecord,
    /// Whether new decisions use it.
    active: bool,
    /// What it asks for; hosts that depend on a configuration are asked for by its connection.
    asks: Grants,
    /// Who stopped the plugin, when and why, if it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    killed: Option<Kill>,
    /// Its circuit breaker, if it failed since it came to its stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    breaker: Option<Breaker>,
}

described!(PluginView);

impl From<PluginRecord> for PluginView {
    fn from(record: PluginRecord) -> Self {
        let (active, asks) = (record.is_active(), record.descriptor.asks(&Value::Null));
        Self { record, active, asks, killed: None, breaker: None }
    }
}

impl PluginView {
    /// Views of versions with whatever keeps them from deciding.
    async fn of(api: &Api, shop: ShopId, records: Vec<PluginRecord>) -> Result<Vec<Self>, Problem> {
        let kills = api.engine.store.plugin_kills(shop).await?;
        let breakers = api.engine.store.breakers(shop).await?;
        let view = |record: PluginRecord| {
            let killed = kills.iter().find(|kill| kill.plugin == record.name).cloned();
            let breaker = breakers.iter().find(|(digest, _)| *digest == record.digest);
            let breaker = breaker.map(|(_, entry)| entry.value.clone());
            Self { killed, breaker, ..Self::from(record) }
        };
        Ok(records.into_iter().map(view).collect())
    }

    /// The version that the address names.
    async fn one(api: &Api, shop: ShopId, params: &Params) -> Result<Self, Problem> {
        let digest = params.name("digest")?;
        let mut records = api.engine.store.plugins(shop).await?;
        records.retain(|record| record.digest == digest);
        let views = Self::of(api, shop, records).await?;
        views.into_iter().next().ok_or_else(|| Problem::not_found("plugin", digest))
    }
}

/// Where somebody wants a version to go.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// It decides nothing.
    Installed,
    /// It is asked beside the active version, and compared.
    Shadow,
    /// It decides for a share of the customers.
    Canary,
    /// It decides.
    Active,
    /// Nobody wants it back.
    Retired,
}

impl Target {
    /// The stage; a canary says its share.
    fn stage(self, percent: Option<u8>) -> Result<Stage, Problem> {
        match (self, percent) {
            (Self::Canary, Some(percent)) => Ok(Stage::Canary { percent }),
            (Self::Canary, None) => {
                Err(Problem::field("percent", "a canary decides for 1 to 99 of a hundred customers; say for how many"))
            }
            (_, Some(_)) => Err(Problem::field("percent", "only a canary has a share; leave it out")),
            (Self::Installed, None) => Ok(Stage::Installed),
            (Self::Shadow, None) => Ok(Stage::Shadow),
            (Self::Active, None) => Ok(Stage::Active),
            (Self::Retired, None) => Ok(Stage::Retired),
        }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_plugins, upload::upload_plugin))
        .routes(routes!(rejected::list_rejected))
        .routes(routes!(show::show_plugin))
        .routes(routes!(grant::grant_plugin))
        .routes(routes!(promote::promote_plugin))
        .routes(routes!(limit::limit_plugin))
        .routes(routes!(rollback::roll_back_plugin))
        .routes(routes!(kill::kill_plugin))
        .routes(routes!(kill::revive_plugin))
        .routes(routes!(audit::list_audit))
        .routes(routes!(figures::show_figures))
        .routes(routes!(logs::list_logs))
        .routes(routes!(traps::list_traps))
        .routes(routes!(traps::show_trap))
        .routes(routes!(differences::list_differences))
        .routes(routes!(decisions::list_plugin_decisions))
        .routes(routes!(uses::list_uses))
}

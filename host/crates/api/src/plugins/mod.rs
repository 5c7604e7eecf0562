//! `/v1/plugins`: components of the shop. An upload may do nothing until somebody grants it something (S43).

mod grant;
mod list;
mod upload;

use cartwright_domain::plugin::PluginRecord;
use cartwright_domain::shop::Grants;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::described;
use crate::router::Api;

/// An installed version of a plugin.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PluginView {
    /// What it is, and what was granted.
    #[serde(flatten)]
    record: PluginRecord,
    /// What it asks for; hosts that depend on a configuration are asked for by its connection.
    asks: Grants,
}

described!(PluginView);

impl From<PluginRecord> for PluginView {
    fn from(record: PluginRecord) -> Self {
        Self { asks: record.descriptor.asks(&Value::Null), record }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_plugins, upload::upload_plugin))
        .routes(routes!(grant::grant_plugin))
}

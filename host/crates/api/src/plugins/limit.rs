//! `PUT /v1/plugins/{digest}/limits`

use axum::Json;
use axum::extract::State;
use cartwright_domain::plugin::PluginLimits;
use cartwright_engine::PluginChange;

use super::PluginView;
use crate::access::{Caller, InShop, Operator};
use crate::extract::{JsonBody, Params};
use crate::openapi::Described;
use crate::problem::{Invalid, NotFound, OperatorOnly, Problem};
use crate::router::Api;

type LimitsDocument = Described<PluginLimits>;

/// Changes what a version may use, with an operator's key.
///
/// Whatever is left out is as usual again.
#[utoipa::path(
    put, path = "/v1/plugins/{digest}/limits", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex.")), request_body = LimitsDocument,
    responses((status = 200, description = "The version as it is now.", body = PluginView), Invalid, NotFound, OperatorOnly)
)]
pub(crate) async fn limit_plugin(
    State(api): State<Api>,
    shop: InShop,
    _: Operator,
    caller: Caller,
    params: Params,
    JsonBody(limits): JsonBody<PluginLimits>,
) -> Result<Json<PluginView>, Problem> {
    let digest = params.name("digest")?;
    let change = PluginChange::Limit { digest: digest.clone(), limits };
    let limited = api.engine.change_plugin(shop.id(), caller.label(), change).await?;
    limited.map(|record| Json(record.into())).ok_or_else(|| Problem::not_found("plugin", digest))
}

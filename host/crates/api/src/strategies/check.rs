//! `POST /v1/strategies/check`

use axum::Json;
use axum::extract::State;
use cartwright_domain::publish::StrategyFault;
use cartwright_domain::strategy::Strategy;
use schemars::JsonSchema;
use serde::Serialize;

use super::StrategyDocument;
use crate::access::InShop;
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Invalid, Problem};
use crate::router::Api;

/// What a check found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckReport {
    /// Whether it would be published.
    publishable: bool,
    /// Errors and warnings, each with its path.
    faults: Vec<StrategyFault>,
}

described!(CheckReport);

/// Checks a strategy without publishing it.
#[utoipa::path(
    post, path = "/v1/strategies/check", tag = "strategies", request_body = StrategyDocument,
    responses((status = 200, description = "What was found.", body = CheckReport), Invalid)
)]
pub(crate) async fn check_strategy(
    State(api): State<Api>,
    shop: InShop,
    JsonBody(definition): JsonBody<Strategy>,
) -> Result<Json<CheckReport>, Problem> {
    let faults = api.engine.check_strategy(shop.id(), &definition).await?;
    Ok(Json(CheckReport { publishable: !faults.iter().any(StrategyFault::refuses), faults }))
}

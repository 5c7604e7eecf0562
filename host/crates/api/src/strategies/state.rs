//! `POST /v1/strategies/{strategy}/state`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::StrategyId;
use cartwright_domain::strategy::StrategyState;
use schemars::JsonSchema;
use serde::Deserialize;

use super::StrategyView;
use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// The state it is to have.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewState {
    /// `live` enters and sends; `paused` does neither and keeps its runs; `closed` lets runs finish and none enter;
    /// `stopped` ends them (S27).
    state: StrategyState,
}

described!(NewState);

/// Pauses, closes, stops or revives a strategy.
#[utoipa::path(
    post, path = "/v1/strategies/{strategy}/state", tag = "strategies",
    params(("strategy" = uuid::Uuid, Path, description = "Id of the strategy.")), request_body = NewState,
    responses((status = 200, description = "The strategy as it is now.", body = StrategyView), Invalid, NotFound)
)]
pub(crate) async fn set_strategy_state(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(new): JsonBody<NewState>,
) -> Result<Json<StrategyView>, Problem> {
    let id: StrategyId = params.id("strategy")?;
    if !api.engine.set_strategy_state(shop.id(), id, new.state).await? {
        return Err(Problem::not_found("strategy", id));
    }
    Ok(Json(super::find(&api, shop.id(), id).await?))
}

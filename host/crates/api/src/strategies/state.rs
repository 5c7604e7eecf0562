//! `POST /v1/strategies/{strategy}/state`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::StrategyId;
use cartwright_domain::strategy::StrategyState;
use schemars::JsonSchema;
use serde::Deserialize;

use super::StrategyView;
use crate::access::{Caller, InShop};
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Code, FieldError, Invalid, NotFound, Problem};
use crate::router::Api;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// The state it is to have.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewState {
    /// `live` enters and sends; `paused` does neither and keeps its runs; `closed` lets runs finish and none enter;
    /// `stopped` ends them (S27).
    state: StrategyState,
    /// Why, for whoever asks later; at most 500 characters.
    #[serde(default)]
    #[schemars(length(max = 500))]
    reason: Option<String>,
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
    caller: Caller,
    params: Params,
    JsonBody(new): JsonBody<NewState>,
) -> Result<Json<StrategyView>, Problem> {
    let id: StrategyId = params.id("strategy")?;
    let reason = new.reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
        let message = format!("is longer than {LONGEST_REASON} characters");
        return Err(Problem::fields(Code::InvalidRequest, vec![FieldError::new("reason", message)]));
    }
    if !api.engine.set_strategy_state(shop.id(), id, new.state, caller.label(), reason).await? {
        return Err(Problem::not_found("strategy", id));
    }
    Ok(Json(super::find(&api, shop.id(), id).await?))
}

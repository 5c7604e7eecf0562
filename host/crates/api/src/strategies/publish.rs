//! `POST /v1/strategies`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cartwright_domain::strategy::{Strategy, StrategyState};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{StrategyDocument, StrategyView};
use crate::access::InShop;
use crate::extract::{JsonBody, QueryOf};
use crate::problem::{Conflicting, Invalid, Problem};
use crate::router::Api;

/// How it begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FirstState {
    /// `live` (unless said otherwise) or `paused`.
    #[param(value_type = Option<String>)]
    state: Option<StrategyState>,
}

/// Publishes a new strategy.
///
/// The body is a strategy file. Everything that is wrong with it is told at once, each fault with its path.
#[utoipa::path(
    post, path = "/v1/strategies", tag = "strategies", params(FirstState), request_body = StrategyDocument,
    responses((status = 201, description = "The strategy in its first version.", body = StrategyView), Invalid, Conflicting)
)]
pub(crate) async fn publish_strategy(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(first): QueryOf<FirstState>,
    JsonBody(definition): JsonBody<Strategy>,
) -> Result<(StatusCode, Json<StrategyView>), Problem> {
    let state = first.state.unwrap_or(StrategyState::Live);
    let published = api.engine.publish(shop.id(), None, definition, state).await?;
    Ok((StatusCode::CREATED, Json(published.into())))
}

//! `PUT /v1/strategies/{strategy}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::StrategyId;
use cartwright_domain::strategy::Strategy;

use super::{StrategyDocument, StrategyView};
use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;

/// Publishes the next version of a strategy.
///
/// Runs that are under way stay in the version they began in (S28). The state stays as it is.
#[utoipa::path(
    put, path = "/v1/strategies/{strategy}", tag = "strategies",
    params(("strategy" = uuid::Uuid, Path, description = "Id of the strategy.")), request_body = StrategyDocument,
    responses((status = 200, description = "The strategy in its new version.", body = StrategyView), Invalid, NotFound, Conflicting)
)]
pub(crate) async fn replace_strategy(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(definition): JsonBody<Strategy>,
) -> Result<Json<StrategyView>, Problem> {
    let id: StrategyId = params.id("strategy")?;
    let known = super::find(&api, shop.id(), id).await?;
    let published = api.engine.publish(shop.id(), Some(id), definition, known.state).await?;
    Ok(Json(published.into()))
}

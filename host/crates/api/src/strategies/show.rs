//! `GET /v1/strategies/{strategy}`

use axum::Json;
use axum::extract::State;

use super::StrategyView;
use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Shows a strategy in its current version.
#[utoipa::path(
    get, path = "/v1/strategies/{strategy}", tag = "strategies",
    params(("strategy" = uuid::Uuid, Path, description = "Id of the strategy.")),
    responses((status = 200, description = "The strategy.", body = StrategyView), NotFound)
)]
pub(crate) async fn show_strategy(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<StrategyView>, Problem> {
    Ok(Json(super::find(&api, shop.id(), params.id("strategy")?).await?))
}

//! `DELETE /v1/strategies/{strategy}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{Conflicting, NotFound, Problem};
use crate::router::Api;

/// Deletes a strategy that is stopped and whose runs are over, or that nobody ever entered.
///
/// It is gone from lists and its name is free. What its runs and messages tell, their versions and its figures stay.
#[utoipa::path(
    delete, path = "/v1/strategies/{strategy}", tag = "strategies",
    params(("strategy" = uuid::Uuid, Path, description = "Id of the strategy.")),
    responses((status = 204, description = "It is gone."), NotFound, Conflicting)
)]
pub(crate) async fn remove_strategy(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<StatusCode, Problem> {
    api.engine.remove_strategy(shop.id(), params.id("strategy")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `GET /v1/customers/{customer}/why`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::{CustomerId, StrategyId};
use cartwright_domain::why::Why;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// About which strategy.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhyQuery {
    /// The strategy.
    #[param(value_type = uuid::Uuid)]
    strategy: StrategyId,
}

type Answer = Described<Why>;

/// Tells why a customer did, or did not, get something of a strategy: run by run and message by message, with the
/// values that were decided on.
///
/// For a strategy that never began for the customer: which check said no, from the event that was turned away to what
/// each message would meet at this moment.
#[utoipa::path(
    get, path = "/v1/customers/{customer}/why", tag = "customers",
    params(("customer" = uuid::Uuid, Path, description = "Id of the customer."), WhyQuery),
    responses((status = 200, description = "The answer.", body = Answer), NotFound)
)]
pub(crate) async fn why(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<WhyQuery>,
) -> Result<Json<Why>, Problem> {
    let customer: CustomerId = params.id("customer")?;
    match api.engine.why(shop.id(), customer, query.strategy).await? {
        Some(why) => Ok(Json(why)),
        None if api.engine.store.customer(shop.id(), customer).await?.is_none() => {
            Err(Problem::not_found("customer", customer))
        }
        None => Err(Problem::not_found("strategy", query.strategy)),
    }
}

//! `DELETE /v1/customers/{customer}`

use axum::extract::State;
use axum::http::StatusCode;
use cartwright_domain::ids::CustomerId;

use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Erases a customer.
///
/// Ends their runs, drops what is not handed over, and deletes what is personal from their record, messages, traces,
/// recorded events and deliveries put aside, traps and differences (S45). Counts and orders without a name stay, and a
/// keyed hash of each address, so that no import writes to it again. This cannot be undone.
#[utoipa::path(
    delete, path = "/v1/customers/{customer}", tag = "customers",
    params(("customer" = uuid::Uuid, Path, description = "Id of the customer.")),
    responses((status = 204, description = "Nothing is left of them."), NotFound)
)]
pub(crate) async fn erase_customer(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<StatusCode, Problem> {
    let id: CustomerId = params.id("customer")?;
    match api.engine.erase_customer(shop.id(), id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("customer", id)),
    }
}

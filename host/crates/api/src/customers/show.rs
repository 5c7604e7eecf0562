//! `GET /v1/customers/{customer}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::customer::Customer;
use cartwright_domain::ids::CustomerId;

use crate::access::InShop;
use crate::extract::Params;
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type CustomerDocument = Described<Customer>;

/// Shows a customer.
///
/// One that turned out to be another is answered as that other one.
#[utoipa::path(
    get, path = "/v1/customers/{customer}", tag = "customers",
    params(("customer" = uuid::Uuid, Path, description = "Id of the customer.")),
    responses((status = 200, description = "The customer.", body = CustomerDocument), NotFound)
)]
pub(crate) async fn show_customer(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<Customer>, Problem> {
    let id: CustomerId = params.id("customer")?;
    let customer = api.engine.store.customer(shop.id(), id).await?;
    customer.map(Json).ok_or_else(|| Problem::not_found("customer", id))
}

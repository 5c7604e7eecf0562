//! `GET /v1/customers`

use axum::Json;
use axum::extract::State;
use cartwright_domain::customer::Customer;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomerQuery {
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

type Customers = Described<Listing<Customer>>;

/// Lists customers, newest first.
#[utoipa::path(
    get, path = "/v1/customers", tag = "customers", params(CustomerQuery),
    responses((status = 200, description = "Customers.", body = Customers))
)]
pub(crate) async fn list_customers(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<CustomerQuery>,
) -> Result<Json<Listing<Customer>>, Problem> {
    let list = List("customers");
    let page = list.page(query.limit, query.after.as_deref())?;
    let found = api.engine.store.customers(shop.id(), &page).await?;
    Ok(Json(list.show(found, |customer| customer)))
}

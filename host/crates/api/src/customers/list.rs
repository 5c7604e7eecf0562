//! `GET /v1/customers`

use axum::Json;
use axum::extract::State;
use cartwright_domain::customer::Customer;
use cartwright_engine::ports::CustomerSearch;
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
    /// Those whom somebody looks for: an id, or how a name, a phone with its country, or an e-mail address begins. They
    /// come in the order of what they are found by.
    find: Option<String>,
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
    let search = query.find.as_deref().and_then(CustomerSearch::parse);
    // A place among all is none among those that were looked for.
    let list = List(if search.is_some() { "found customers" } else { "customers" });
    let page = list.page(query.limit, query.after.as_deref())?;
    let found = match &search {
        Some(search) => api.engine.store.find_customers(shop.id(), search, &page).await?,
        None => api.engine.store.customers(shop.id(), &page).await?,
    };
    Ok(Json(list.show(found, |customer| customer)))
}

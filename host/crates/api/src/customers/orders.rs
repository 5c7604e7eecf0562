//! `GET /v1/customers/{customer}/orders`

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::CustomerId;
use cartwright_domain::order::Order;
use cartwright_engine::ports::Wanted;
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::InShop;
use crate::extract::Params;
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// So many are shown.
const MOST: usize = 200;

/// Orders of a customer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Orders {
    /// The newest first, at most 200.
    items: Vec<Order>,
}

type Answer = Described<Orders>;

/// Lists the orders of a customer, as far as sources told of them: by these, decisions are made.
#[utoipa::path(
    get, path = "/v1/customers/{customer}/orders", tag = "customers",
    params(("customer" = uuid::Uuid, Path, description = "Id of the customer.")),
    responses((status = 200, description = "The orders.", body = Answer), NotFound)
)]
pub(crate) async fn list_orders(State(api): State<Api>, shop: InShop, params: Params) -> Result<Json<Orders>, Problem> {
    let customer: CustomerId = params.id("customer")?;
    let wanted = Wanted { customers: vec![customer], ..Wanted::default() };
    let found = api.engine.store.load(shop.id(), &wanted).await?;
    if found.customers.is_empty() {
        return Err(Problem::not_found("customer", customer));
    }
    let mut items: Vec<Order> = found.orders.into_iter().map(|entry| entry.value).collect();
    items.sort_by_key(|order| Reverse((order.placed_at, order.order_id.clone())));
    items.truncate(MOST);
    Ok(Json(Orders { items }))
}

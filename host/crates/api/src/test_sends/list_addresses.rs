//! `GET /v1/test-addresses`

use axum::Json;
use axum::extract::State;

use super::TestAddressView;
use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

type TestAddresses = Described<Listing<TestAddressView>>;

/// Lists the addresses that test sends may go to, and those that wait for their code.
#[utoipa::path(
    get, path = "/v1/test-addresses", tag = "contents", params(PageQuery),
    responses((status = 200, description = "Addresses.", body = TestAddresses))
)]
pub(crate) async fn list_test_addresses(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<TestAddressView>>, Problem> {
    let list = List("test-addresses");
    let page = list.page(query.limit, query.after.as_deref())?;
    let known = api.engine.store.test_addresses(shop.id()).await?;
    let views = known.into_iter().map(|entry| TestAddressView::from(entry.value)).collect();
    Ok(Json(list.cut(views, &page, |view: &TestAddressView| view.address.value.clone())))
}

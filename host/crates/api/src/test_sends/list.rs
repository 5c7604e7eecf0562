//! `GET /v1/test-sends`

use axum::Json;
use axum::extract::State;

use super::TestSendView;
use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

type TestSends = Described<Listing<TestSendView>>;

/// Tells who sent which test where, and what became of it, newest first; the codes that confirm addresses among them.
///
/// No test is a message to a customer: none stands in a report or counts for a cap. Those that were made of somebody's
/// data are deleted when they are erased.
#[utoipa::path(
    get, path = "/v1/test-sends", tag = "contents", params(PageQuery),
    responses((status = 200, description = "Test sends.", body = TestSends))
)]
pub(crate) async fn list_test_sends(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<TestSendView>>, Problem> {
    let list = List("test-sends");
    let page = list.page(query.limit, query.after.as_deref())?;
    let now = api.engine.now();
    let found = api.engine.store.test_sends(shop.id(), &page).await?;
    Ok(Json(list.show(found, |test| TestSendView::from(test.seen(now)))))
}

//! `GET /v1/plugins/rejected`

use axum::Json;
use axum::extract::State;
use cartwright_domain::plugin::Rejected;

use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

type RejectedUploads = Described<Listing<Rejected>>;

/// Lists the uploads that were refused, newest first: at which check, and why. The last 50 are kept, without the files.
#[utoipa::path(
    get, path = "/v1/plugins/rejected", tag = "plugins", params(PageQuery),
    responses((status = 200, description = "Refused uploads.", body = RejectedUploads))
)]
pub(crate) async fn list_rejected(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Listing<Rejected>>, Problem> {
    let list = List("rejected");
    let found = api.engine.rejected_uploads(shop.id(), &list.page(query.limit, query.after.as_deref())?).await?;
    Ok(Json(list.show(found, |rejected| rejected)))
}

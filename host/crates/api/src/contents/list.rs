//! `GET /v1/contents`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ContentView;
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
pub(crate) struct ContentQuery {
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

type Contents = Described<Listing<ContentView>>;

/// Lists contents by name, each in its newest revision.
#[utoipa::path(
    get, path = "/v1/contents", tag = "contents", params(ContentQuery),
    responses((status = 200, description = "Contents.", body = Contents))
)]
pub(crate) async fn list_contents(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<ContentQuery>,
) -> Result<Json<Listing<ContentView>>, Problem> {
    let list = List("contents");
    let page = list.page(query.limit, query.after.as_deref())?;
    let found = api.engine.store.contents_page(shop.id(), &page).await?;
    Ok(Json(list.show(found, |(content, revision)| ContentView::new(content, revision))))
}

//! `GET /v1/contents/{name}`

use axum::Json;
use axum::extract::State;

use super::ContentView;
use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Shows a content in its newest revision.
#[utoipa::path(
    get, path = "/v1/contents/{name}", tag = "contents", params(("name" = String, Path, description = "Name of the content.")),
    responses((status = 200, description = "The content.", body = ContentView), NotFound)
)]
pub(crate) async fn show_content(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<ContentView>, Problem> {
    let name = params.name("name")?;
    let contents = api.engine.store.contents(shop.id()).await?;
    let found = contents.into_iter().find(|(content, _)| content.name == name);
    found
        .map(|(content, revision)| Json(ContentView::new(content, revision)))
        .ok_or_else(|| Problem::not_found("content", name))
}

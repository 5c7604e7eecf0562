//! `PUT /v1/contents/{name}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::content::Content;
use cartwright_engine::SavedContent;

use super::ContentView;
use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::openapi::Described;
use crate::problem::{Invalid, Problem};
use crate::router::Api;

type ContentDocument = Described<Content>;

/// Saves a content as its next revision.
///
/// Templates are checked by the shop's renderer, and variants by what their channel can send.
#[utoipa::path(
    put, path = "/v1/contents/{name}", tag = "contents", params(("name" = String, Path, description = "Name of the content.")),
    request_body = ContentDocument, responses((status = 200, description = "The content in its new revision.", body = ContentView), Invalid)
)]
pub(crate) async fn save_content(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(content): JsonBody<Content>,
) -> Result<Json<ContentView>, Problem> {
    let name = params.name("name")?;
    if content.name != name {
        return Err(Problem::field("name", format!("must be `{name}`, as in the address")));
    }
    let SavedContent { revision, warnings } = api.engine.save_content(shop.id(), content.clone()).await?;
    // What was made of it stands there too.
    let saved = api.engine.store.contents(shop.id()).await?.into_iter().find(|(saved, _)| saved.name == content.name);
    let (content, revision) = saved.unwrap_or((content, revision));
    Ok(Json(ContentView { warnings, ..ContentView::new(content, revision) }))
}

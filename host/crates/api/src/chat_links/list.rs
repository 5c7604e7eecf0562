//! `GET /v1/chat-links`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ChatLinkView;
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
pub(crate) struct ChatLinkQuery {
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

type ChatLinks = Described<Listing<ChatLinkView>>;

/// Lists chat links by name.
#[utoipa::path(
    get, path = "/v1/chat-links", tag = "chat-links", params(ChatLinkQuery),
    responses((status = 200, description = "Chat links.", body = ChatLinks))
)]
pub(crate) async fn list_chat_links(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<ChatLinkQuery>,
) -> Result<Json<Listing<ChatLinkView>>, Problem> {
    let list = List("chat-links");
    let page = list.page(query.limit, query.after.as_deref())?;
    let links = api.engine.chat_links(shop.id()).await?;
    let views = links.into_iter().map(ChatLinkView::from).collect();
    Ok(Json(list.cut(views, &page, |view| view.name.clone())))
}

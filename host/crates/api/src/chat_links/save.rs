//! `PUT /v1/chat-links/{name}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::chat_link::ChatLink;

use super::ChatLinkView;
use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::openapi::Described;
use crate::problem::{Invalid, Problem};
use crate::router::Api;

type ChatLinkDocument = Described<ChatLink>;

/// Saves a chat link, new or in the place of the one with its name.
///
/// Its channel's plugin declares how such a link is written; a channel without a number or page of its own has none.
#[utoipa::path(
    put, path = "/v1/chat-links/{name}", tag = "chat-links",
    params(("name" = String, Path, description = "Name of the link.")), request_body = ChatLinkDocument,
    responses((status = 200, description = "The link, with its address.", body = ChatLinkView), Invalid)
)]
pub(crate) async fn save_chat_link(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(link): JsonBody<ChatLink>,
) -> Result<Json<ChatLinkView>, Problem> {
    let saved = api.engine.save_chat_link(shop.id(), &params.name("name")?, link).await?;
    Ok(Json(saved.into()))
}

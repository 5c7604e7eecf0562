//! `GET /v1/messages/{message}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::MessageId;

use super::view::MessageView;
use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Shows a message: what it says, where it went, and what became of it.
#[utoipa::path(
    get, path = "/v1/messages/{message}", tag = "messages",
    params(("message" = uuid::Uuid, Path, description = "Id of the message.")),
    responses((status = 200, description = "The message.", body = MessageView), NotFound)
)]
pub(crate) async fn show_message(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<MessageView>, Problem> {
    let id: MessageId = params.id("message")?;
    let message = api.engine.store.message(shop.id(), id).await?;
    message.map(|message| Json(message.into())).ok_or_else(|| Problem::not_found("message", id))
}

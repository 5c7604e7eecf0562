//! `DELETE /v1/chat-links/{name}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Forgets a chat link.
///
/// The chat still opens where it is printed; whoever comes by it is not told of any more.
#[utoipa::path(
    delete, path = "/v1/chat-links/{name}", tag = "chat-links",
    params(("name" = String, Path, description = "Name of the link.")),
    responses((status = 204, description = "It is forgotten."), NotFound)
)]
pub(crate) async fn remove_chat_link(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<StatusCode, Problem> {
    let name = params.name("name")?;
    match api.engine.remove_chat_link(shop.id(), &name).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("chat link", name)),
    }
}

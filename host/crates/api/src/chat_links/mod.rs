//! `/v1/chat-links`: links and QR codes that open a chat with the shop, and tell where somebody came from.

mod list;
mod qr;
mod remove;
mod save;

use cartwright_domain::chat_link::ChatLink;
use cartwright_engine::ListedChatLink;
use schemars::JsonSchema;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::described;
use crate::router::Api;

/// A link that opens a chat.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChatLinkView {
    /// Unique in the shop. Whoever comes by it is told as the event `chat.<name>`.
    name: String,
    /// As it was saved.
    #[serde(flatten)]
    link: ChatLink,
    /// What stands in the customer's field when the chat opens.
    offered: String,
    /// Where it leads; absent where its channel cannot open a chat any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

described!(ChatLinkView);

impl From<ListedChatLink> for ChatLinkView {
    fn from(listed: ListedChatLink) -> Self {
        let ListedChatLink { name, link, address } = listed;
        Self { name, offered: link.offered(), link, address }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_chat_links))
        .routes(routes!(save::save_chat_link, remove::remove_chat_link))
        .routes(routes!(qr::show_qr_code))
}

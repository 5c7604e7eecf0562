//! `GET /v1/messages/stream`

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use cartwright_engine::ports::MessageFilter;
use futures_util::stream::Stream;

use super::view::MessageView;
use crate::access::InShop;
use crate::live::{self, NEWEST};
use crate::problem::Problem;
use crate::router::Api;

/// Tells of messages as they are decided and as they change, as server-sent events.
///
/// The first event is `ready`. Then each `message` holds a message of the shop as it is now: a new one, or one of the
/// 50 newest that has changed. The answer ends after a quarter of a minute: ask again.
#[utoipa::path(
    get, path = "/v1/messages/stream", tag = "messages",
    responses((status = 200, description = "Events.", body = String, content_type = "text/event-stream"))
)]
pub(crate) async fn stream_messages(
    State(api): State<Api>,
    shop: InShop,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let shop = shop.id();
    let look = move |api: Api| async move {
        let found = api.engine.store.messages(shop, &MessageFilter::default(), &NEWEST).await?;
        Ok(found.items.into_iter().map(MessageView::from).collect())
    };
    live::tell(api, "message", look).await
}

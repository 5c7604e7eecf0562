//! `GET /v1/messages/stream`

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use cartwright_domain::ids::{MessageId, ShopId};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_engine::ports::{MessageFilter, PageRequest};
use futures_util::stream::{self, Stream, StreamExt};

use super::view::MessageView;
use crate::access::InShop;
use crate::problem::Problem;
use crate::router::Api;

/// Between two looks at the shop.
const EVERY: Span = Span::seconds(2);
/// Then whoever listens has to come again, and is asked again who they are.
const LOOKS: u32 = 8;
/// The newest messages are looked at, so many of them.
const NEWEST: u32 = 50;

/// When each of the newest messages last changed.
type Known = BTreeMap<MessageId, Timestamp>;

/// Tells of messages as they are decided and as they change, as server-sent events.
///
/// The first event is `ready`. Then each `message` holds a message of the shop as it is now: a new one, or one of the
/// 50 newest whose state has changed. The answer ends after a quarter of a minute: ask again.
#[utoipa::path(
    get, path = "/v1/messages/stream", tag = "messages",
    responses((status = 200, description = "Events.", body = String, content_type = "text/event-stream"))
)]
pub(crate) async fn stream_messages(
    State(api): State<Api>,
    shop: InShop,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let shop = shop.id();
    let (known, _) = look(&api, shop, &Known::new()).await?;
    let changes = stream::unfold((api, known, LOOKS), move |(api, known, looks)| async move {
        let looks = looks.checked_sub(1)?;
        api.engine.clock.sleep_until(api.engine.now() + EVERY).await;
        // Whoever listens comes again, and is told then what is the matter.
        let (known, changed) = look(&api, shop, &known).await.ok()?;
        let events: Vec<_> = changed.into_iter().filter_map(|view| event(&view)).map(Ok).collect();
        Some((stream::iter(events), (api, known, looks)))
    });
    let ready = stream::iter([Ok(Event::default().event("ready").data("{}"))]);
    Ok(Sse::new(ready.chain(changes.flatten())))
}

/// The newest messages, and those among them that are not as they were known, oldest first.
async fn look(api: &Api, shop: ShopId, known: &Known) -> Result<(Known, Vec<MessageView>), Problem> {
    let page = PageRequest { after: None, limit: NEWEST };
    let found = api.engine.store.messages(shop, &MessageFilter::default(), &page).await?.items;
    let now: Known = found.iter().map(|message| (message.id, message.changed_at)).collect();
    let changed = found.into_iter().rev().filter(|message| known.get(&message.id) != Some(&message.changed_at));
    Ok((now, changed.map(MessageView::from).collect()))
}

fn event(view: &MessageView) -> Option<Event> {
    Event::default().event("message").json_data(view).ok()
}

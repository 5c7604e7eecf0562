//! `GET /v1/runs/stream`

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use cartwright_engine::ports::RunFilter;
use futures_util::stream::Stream;

use crate::access::InShop;
use crate::live::{self, NEWEST};
use crate::problem::Problem;
use crate::router::Api;

/// Tells of runs as they begin and as they go on, as server-sent events.
///
/// The first event is `ready`. Then each `run` holds a run of the shop as it is now: a new one, or one of the 50 newest
/// that has changed. The answer ends after a quarter of a minute: ask again.
#[utoipa::path(
    get, path = "/v1/runs/stream", tag = "runs",
    responses((status = 200, description = "Events.", body = String, content_type = "text/event-stream"))
)]
pub(crate) async fn stream_runs(
    State(api): State<Api>,
    shop: InShop,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let shop = shop.id();
    let look = move |api: Api| async move {
        let found = api.engine.store.runs(shop, &RunFilter::default(), &NEWEST).await?;
        Ok(found.items)
    };
    live::tell(api, "run", look).await
}

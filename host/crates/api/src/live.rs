//! Lists that are told of while they change, as server-sent events.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::Future;

use axum::response::sse::{Event, Sse};
use cartwright_domain::time::Span;
use cartwright_engine::ports::{PageRequest, StoreError};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Serialize;

use crate::problem::Problem;
use crate::router::Api;

/// Between two looks at the shop.
const EVERY: Span = Span::seconds(2);
/// Then whoever listens has to come again, and is asked again who they are.
const LOOKS: u32 = 8;
/// The newest of a list, which are looked at.
pub(crate) const NEWEST: PageRequest = PageRequest { after: None, limit: 50 };

/// Tells of what `look` finds, newest first, as it comes and as it changes: first `ready`, then a `name` for each that
/// is not as it was, oldest first. What is there at the beginning is known.
pub(crate) async fn tell<T, Look, Found>(
    api: Api,
    name: &'static str,
    look: Look,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem>
where
    T: Serialize,
    Look: Fn(Api) -> Found + Send + 'static,
    Found: Future<Output = Result<Vec<T>, StoreError>> + Send,
{
    let known = documents(look(api.clone()).await?).into_iter().collect::<BTreeSet<_>>();
    let changes = stream::unfold((api, look, known, LOOKS), move |(api, look, known, looks)| async move {
        let looks = looks.checked_sub(1)?;
        api.engine.clock.sleep_until(api.engine.now() + EVERY).await;
        // Whoever listens comes again, and is told then what is the matter.
        let found = documents(look(api.clone()).await.ok()?);
        let changed = found.iter().rev().filter(|document| !known.contains(*document));
        let events: Vec<_> = changed.map(|document| Ok(Event::default().event(name).data(document))).collect();
        Some((stream::iter(events), (api, look, found.into_iter().collect(), looks)))
    });
    let ready = stream::iter([Ok(Event::default().event("ready").data("{}"))]);
    Ok(Sse::new(ready.chain(changes.flatten())))
}

/// Each as it is told, on a line.
fn documents<T: Serialize>(found: Vec<T>) -> Vec<String> {
    found.iter().filter_map(|one| serde_json::to_string(one).ok()).collect()
}

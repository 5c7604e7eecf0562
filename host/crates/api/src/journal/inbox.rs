//! `GET /v1/inbox`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::MessageId;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::InboxEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

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
pub(crate) struct InboxQuery {
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A message of the local channel `inbox`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct InboxView {
    /// The message that it is.
    message: MessageId,
    /// When it arrived.
    at: Timestamp,
    /// To whom.
    to: String,
    /// What it says: `text`, `image`, `buttons`.
    document: Value,
}

type Inbox = Described<Listing<InboxView>>;

impl From<InboxEntry> for InboxView {
    fn from(entry: InboxEntry) -> Self {
        Self { message: entry.message, at: entry.at, to: entry.to, document: entry.document }
    }
}

/// Lists the shop's local inbox, newest first.
#[utoipa::path(
    get, path = "/v1/inbox", tag = "inbox", params(InboxQuery), responses((status = 200, description = "Entries.", body = Inbox))
)]
pub(crate) async fn list_inbox(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<InboxQuery>,
) -> Result<Json<Listing<InboxView>>, Problem> {
    let list = List("inbox");
    let page = list.page(query.limit, query.after.as_deref())?;
    let found = api.engine.store.inbox(shop.id(), &page).await?;
    Ok(Json(list.show(found, InboxView::from)))
}

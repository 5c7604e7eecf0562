//! `GET /v1/replies`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::CustomerId;
use cartwright_engine::ports::{Page, ReplyFilter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::ReplyView;
use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

/// Which replies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReplyQuery {
    /// Those of a customer.
    #[param(value_type = Option<uuid::Uuid>)]
    customer: Option<CustomerId>,
    /// Those over a channel, by name.
    channel: Option<String>,
    /// Only those that ask for an answer and have none.
    #[serde(default)]
    unanswered: bool,
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

type Replies = Described<Listing<ReplyView>>;

/// Lists what customers wrote, newest first.
#[utoipa::path(
    get, path = "/v1/replies", tag = "replies", params(ReplyQuery),
    responses((status = 200, description = "Replies.", body = Replies))
)]
pub(crate) async fn list_replies(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<ReplyQuery>,
) -> Result<Json<Listing<ReplyView>>, Problem> {
    let list = List("replies");
    let page = list.page(query.limit, query.after.as_deref())?;
    let ReplyQuery { customer, channel, unanswered, .. } = query;
    let filter = ReplyFilter { customer, channel, waiting_only: unanswered };
    let found = api.engine.store.replies(shop.id(), &filter, &page).await?;
    let items = ReplyView::all(&api, shop.id(), found.items).await?;
    Ok(Json(list.show(Page { items, next: found.next }, |view| view)))
}

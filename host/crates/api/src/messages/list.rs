//! `GET /v1/messages`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::{CustomerId, RunId};
use cartwright_engine::ports::MessageFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::MessageView;
use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing};
use crate::openapi::Described;
use crate::problem::Problem;
use crate::router::Api;

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageQuery {
    /// Those of a run.
    #[param(value_type = Option<uuid::Uuid>)]
    run: Option<RunId>,
    /// Those to a customer.
    #[param(value_type = Option<uuid::Uuid>)]
    customer: Option<CustomerId>,
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

type Messages = Described<Listing<MessageView>>;

/// Lists messages, newest first.
#[utoipa::path(
    get, path = "/v1/messages", tag = "messages", params(MessageQuery),
    responses((status = 200, description = "Messages.", body = Messages))
)]
pub(crate) async fn list_messages(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<MessageQuery>,
) -> Result<Json<Listing<MessageView>>, Problem> {
    let list = List("messages");
    let page = list.page(query.limit, query.after.as_deref())?;
    let filter = MessageFilter { run: query.run, customer: query.customer };
    let found = api.engine.store.messages(shop.id(), &filter, &page).await?;
    Ok(Json(list.show(found, MessageView::from)))
}

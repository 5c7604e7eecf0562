//! `GET /v1/asides`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::ConnectionId;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::Aside;
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

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsideQuery {
    /// Those of a channel or source, by its id.
    #[param(value_type = Option<uuid::Uuid>)]
    connection: Option<ConnectionId>,
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// An authentic delivery that could not be taken (S02).
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AsideView {
    /// When it came.
    received_at: Timestamp,
    /// The connection it came in at.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionId>,
    /// Why it was put aside.
    reason: String,
    /// The delivery as it came, without credentials.
    raw: Value,
}

type Asides = Described<Listing<AsideView>>;

impl From<Aside> for AsideView {
    fn from(aside: Aside) -> Self {
        Self { received_at: aside.received_at, connection: aside.connection, reason: aside.reason, raw: aside.raw }
    }
}

/// Lists deliveries that were authentic but could not be taken, newest first.
#[utoipa::path(
    get, path = "/v1/asides", tag = "events", params(AsideQuery), responses((status = 200, description = "Deliveries.", body = Asides))
)]
pub(crate) async fn list_asides(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<AsideQuery>,
) -> Result<Json<Listing<AsideView>>, Problem> {
    let list = List("asides");
    let page = list.page(query.limit, query.after.as_deref())?;
    let found = api.engine.store.asides(shop.id(), query.connection, &page).await?;
    Ok(Json(list.show(found, AsideView::from)))
}

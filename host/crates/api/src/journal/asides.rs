//! `GET /v1/asides` and `POST /v1/asides/{aside}/take-in`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::ConnectionId;
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::KeptAside;
use cartwright_engine::shown_request;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::listing::{List, Listing};
use crate::openapi::{Described, described};
use crate::problem::{NotFound, Problem};
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
    /// Id: its number in the shop.
    id: String,
    /// When it came.
    received_at: Timestamp,
    /// The connection it came in at.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionId>,
    /// Why it was put aside, the last time that it was tried.
    reason: String,
    /// When it was taken in after all.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_at: Option<Timestamp>,
    /// The delivery as it came, without credentials.
    raw: Value,
}

described!(AsideView);

type Asides = Described<Listing<AsideView>>;

impl From<KeptAside> for AsideView {
    fn from(KeptAside { number, aside, taken_at }: KeptAside) -> Self {
        Self {
            id: number.to_string(),
            received_at: aside.received_at,
            connection: aside.connection,
            reason: aside.reason,
            taken_at,
            raw: shown_request(&aside.raw),
        }
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

/// Tries a delivery once more that was put aside.
///
/// After its plugin was upgraded, or whatever the reason named was put right. What of it was taken in before is known
/// by its id and stays as it is. The answer tells how it stands now: `taken_at`, or why it could not be taken in again;
/// one that was taken in stays so.
#[utoipa::path(
    post, path = "/v1/asides/{aside}/take-in", tag = "events",
    params(("aside" = String, Path, description = "Id of the delivery.")),
    responses((status = 200, description = "The delivery as it stands now.", body = AsideView), NotFound)
)]
pub(crate) async fn take_aside_in(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<AsideView>, Problem> {
    let number: i64 = params.id("aside")?;
    let kept = api.engine.take_again(shop.id(), number).await?;
    let kept = kept.ok_or_else(|| Problem::not_found("delivery put aside", number))?;
    Ok(Json(kept.into()))
}

//! What came in at a channel or source lately: what both lists of it have in common.

use cartwright_domain::delivery::{Delivery, DeliveryOutcome, RawRequest};
use cartwright_domain::ids::{NoteId, ShopId};
use cartwright_domain::shop::ConnectionKind;
use cartwright_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::connections;
use crate::extract::Params;
use crate::listing::{List, Listing, PageQuery};
use crate::openapi::{Described, described};
use crate::problem::Problem;
use crate::router::Api;

/// A delivery to a channel or source, and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeliveryView {
    /// Ours.
    id: NoteId,
    /// When it came.
    received_at: Timestamp,
    /// What came of it.
    outcome: DeliveryOutcome,
    /// The HTTP status that it was answered with.
    status: u16,
    /// How many events, receipts and decisions on templates were in it.
    told: u32,
    /// How many of them were known before.
    known: u32,
    /// Why it was put aside, or not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What to do about it, where there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step: Option<&'static str>,
    /// As it came, without credentials: of a long body its first 64 KiB.
    request: RawRequest,
}

described!(DeliveryView);

/// A page of them.
pub(crate) type Deliveries = Described<Listing<DeliveryView>>;

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, received_at, outcome, status, told, known, reason, request } = delivery;
        Self { id, received_at, outcome, status, told, known, reason, next_step: outcome.next_step(), request }
    }
}

/// What came in lately at the one that the address names.
pub(crate) async fn list(
    api: &Api,
    shop: ShopId,
    kind: ConnectionKind,
    params: &Params,
    query: &PageQuery,
) -> Result<Listing<DeliveryView>, Problem> {
    let list = List("deliveries");
    let page = list.page(query.limit, query.after.as_deref())?;
    let connection = connections::id_of(api, shop, kind, params).await?;
    let found = api.engine.deliveries(shop, connection, &page).await?;
    Ok(list.show(found, DeliveryView::from))
}

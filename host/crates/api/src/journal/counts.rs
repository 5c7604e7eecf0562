//! `GET /v1/counts`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::InShop;
use crate::openapi::described;
use crate::problem::Problem;
use crate::router::Api;

/// What was counted, by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Counts {
    /// Such as `webhook_refused` and `webhook_put_aside`.
    counts: BTreeMap<String, u64>,
}

described!(Counts);

/// Shows what was counted: webhooks refused, put aside, clocks ahead.
#[utoipa::path(get, path = "/v1/counts", tag = "events", responses((status = 200, description = "Counts.", body = Counts)))]
pub(crate) async fn show_counts(State(api): State<Api>, shop: InShop) -> Result<Json<Counts>, Problem> {
    let counts = api.engine.store.counts(shop.id()).await?.into_iter().collect();
    Ok(Json(Counts { counts }))
}

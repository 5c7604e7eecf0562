//! `GET /v1/plugins/{digest}/figures`

use axum::Json;
use axum::extract::State;
use cartwright_domain::plugin::{Breaker, Figures, Kill};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::IntoParams;

use super::PluginView;
use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::openapi::described;
use crate::problem::{Code, FieldError, NotFound, Problem};
use crate::router::Api;

/// Figures are asked for this many days at most.
const DAYS: u32 = 90;

/// Over which time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FiguresQuery {
    /// Days back, today among them, 1 to 90; 7 unless said otherwise.
    days: Option<u32>,
}

/// What a version did in service, over all nodes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FiguresView {
    /// Over all these days.
    total: Figures,
    /// Each day in UTC, such as `2026-11-21`.
    days: BTreeMap<String, Figures>,
    /// Its circuit breaker, if it failed since it came to its stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    breaker: Option<Breaker>,
    /// Who stopped the plugin, if it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    killed: Option<Kill>,
}

described!(FiguresView);

/// Tells what a version did: calls, subjects, times, memory, failures by what they were, its circuit breaker.
///
/// Times fall into buckets that double, so a percentile is the end of one. What other nodes counted in the last seconds
/// may be missing.
#[utoipa::path(
    get, path = "/v1/plugins/{digest}/figures", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex."), FiguresQuery),
    responses((status = 200, description = "Figures.", body = FiguresView), NotFound)
)]
pub(crate) async fn show_figures(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<FiguresQuery>,
) -> Result<Json<FiguresView>, Problem> {
    let days = query.days.unwrap_or(7);
    if !(1..=DAYS).contains(&days) {
        let message = format!("must be 1 to {DAYS}, not {days}");
        return Err(Problem::fields(Code::InvalidQuery, vec![FieldError::new("days", message)]));
    }
    let PluginView { record, breaker, killed, .. } = PluginView::one(&api, shop.id(), &params).await?;
    let figures = api.engine.plugin_figures(shop.id(), &record.digest, days).await?;
    Ok(Json(FiguresView { total: figures.total, days: figures.days, breaker, killed }))
}

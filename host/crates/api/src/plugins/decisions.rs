//! `GET /v1/plugins/{digest}/decisions`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::PluginView;
use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::json_lines::json_lines;
use crate::problem::{Code, FieldError, NotFound, Problem};
use crate::router::Api;

/// More than these are not told at once.
const MOST: u32 = 10_000;

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionsQuery {
    /// At most this many, 1 to 10000; 1000 unless said otherwise.
    limit: Option<u32>,
}

/// Tells the decisions of a version, newest run first, as JSON lines.
///
/// Each line has everything that the decision was made on, so that `cartwright plugin replay` can make it again and
/// `cartwright plugin diff` can let another version make it. The lines hold facts about customers.
#[utoipa::path(
    get, path = "/v1/plugins/{digest}/decisions", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex."), DecisionsQuery),
    responses((status = 200, description = "One `DecisionRecord` a line.", body = String, content_type = "application/jsonl"), NotFound)
)]
pub(crate) async fn list_plugin_decisions(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<DecisionsQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(1_000);
    if !(1..=MOST).contains(&limit) {
        let message = format!("must be 1 to {MOST}, not {limit}");
        return Err(Problem::fields(Code::InvalidQuery, vec![FieldError::new("limit", message)]));
    }
    let plugin = PluginView::one(&api, shop.id(), &params).await?;
    let decisions = api.engine.decisions_of_plugin(shop.id(), &plugin.record.digest, limit).await?;
    json_lines(&decisions)
}

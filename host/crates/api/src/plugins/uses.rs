//! `GET /v1/plugins/{digest}/uses`

use axum::Json;
use axum::extract::State;
use cartwright_engine::DayUse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::access::InShop;
use crate::extract::{Params, QueryOf};
use crate::listing::Listing;
use crate::openapi::{Described, described};
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Since when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsesQuery {
    /// The first day, such as `2026-11-01`, in UTC; all, unless said.
    since: Option<String>,
}

/// What a version used on a day.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UseView {
    /// Such as `2026-11-21`, in UTC.
    day: String,
    /// `fact` (with personal data), `host` or `secret`.
    kind: String,
    /// The fact, the host with its port, or the name of the secret.
    name: String,
    /// Decisions that read the fact, requests to the host, or times that the secret was filled in, signed with or
    /// compared.
    times: u64,
}

described!(UseView);

type Uses = Described<Listing<UseView>>;

impl From<DayUse> for UseView {
    fn from(DayUse { day, kind, name, times }: DayUse) -> Self {
        Self { day, kind: kind.name().to_owned(), name, times }
    }
}

/// Lists what a version used of what it was granted, by day.
#[utoipa::path(
    get, path = "/v1/plugins/{digest}/uses", tag = "plugins",
    params(("digest" = String, Path, description = "SHA-256 of the component, hex."), UsesQuery),
    responses((status = 200, description = "What it used.", body = Uses), NotFound)
)]
pub(crate) async fn list_uses(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    QueryOf(query): QueryOf<UsesQuery>,
) -> Result<Json<Listing<UseView>>, Problem> {
    let digest = params.name("digest")?;
    if !api.engine.store.plugins(shop.id()).await?.iter().any(|record| record.digest == digest) {
        return Err(Problem::not_found("plugin", digest));
    }
    let uses = api.engine.uses(shop.id(), &digest, query.since.as_deref().unwrap_or_default()).await?;
    Ok(Json(Listing { items: uses.into_iter().map(UseView::from).collect(), next: None }))
}

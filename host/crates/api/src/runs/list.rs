//! `GET /v1/runs`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::{CustomerId, StrategyId, VersionId};
use cartwright_domain::run::{EndReason, Run};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::RunFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing};
use crate::openapi::Described;
use crate::problem::{Code, FieldError, Problem};
use crate::router::Api;

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunQuery {
    /// Those of a strategy.
    #[param(value_type = Option<uuid::Uuid>)]
    strategy: Option<StrategyId>,
    /// Those of a customer.
    #[param(value_type = Option<uuid::Uuid>)]
    customer: Option<CustomerId>,
    /// Only those that are not over.
    #[serde(default)]
    active: bool,
    /// Those in a version.
    #[param(value_type = Option<uuid::Uuid>)]
    version: Option<VersionId>,
    /// Those at a step.
    step: Option<String>,
    /// Those that are over for a reason, such as `converted`.
    #[param(value_type = Option<String>)]
    end: Option<EndReason>,
    /// Those that came to be at this instant or later.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Those that came to be before this instant.
    #[param(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

type Runs = Described<Listing<Run>>;

/// Lists runs, newest first.
#[utoipa::path(
    get, path = "/v1/runs", tag = "runs", params(RunQuery), responses((status = 200, description = "Runs.", body = Runs))
)]
pub(crate) async fn list_runs(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<RunQuery>,
) -> Result<Json<Listing<Run>>, Problem> {
    let list = List("runs");
    let page = list.page(query.limit, query.after.as_deref())?;
    if query.step.is_some() && query.strategy.is_none() {
        let message = "belongs to a strategy; name it with `strategy`";
        return Err(Problem::fields(Code::InvalidQuery, vec![FieldError::new("step", message)]));
    }
    let filter = RunFilter {
        strategy: query.strategy,
        customer: query.customer,
        active_only: query.active,
        version: query.version,
        step: query.step,
        end: query.end.map(EndReason::name),
        from: query.from,
        until: query.until,
    };
    let found = api.engine.store.runs(shop.id(), &filter, &page).await?;
    Ok(Json(list.show(found, |run| run)))
}

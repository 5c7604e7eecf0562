//! `GET /v1/strategies/{strategy}/versions/{number}/preview` and `POST …/move-runs`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::StrategyId;
use cartwright_domain::moving::{Fates, Preview};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// Which runs are to move.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveRuns {
    /// Only those that wait at these steps; without, all of them, those that still settle among them.
    #[serde(default)]
    steps: Option<BTreeSet<String>>,
}

described!(MoveRuns);

/// What becomes of runs that wait in other versions of a strategy.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RunsPreview {
    /// The version that they are moved to.
    version: u32,
    /// All together.
    total: Fates,
    /// By the step that they wait at.
    steps: Vec<StepPreview>,
}

described!(RunsPreview);

/// The runs of a step.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StepPreview {
    /// Its name; absent for those that still settle.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// What becomes of them.
    #[serde(flatten)]
    counts: Fates,
}

impl RunsPreview {
    fn of(version: u32, counted: Preview) -> Self {
        let total = counted.total();
        let steps = counted.0.into_iter().map(|(step, counts)| StepPreview { step, counts });
        Self { version, total, steps: steps.collect() }
    }
}

/// Counts what would become of waiting runs.
///
/// Of the runs that wait in other versions of the strategy, by step: how many would stay in their version, because the
/// step is of another kind in this one; how many would move; how many would leave, because their step is gone; and how
/// many of those that move would wait no longer. Nothing changes (S28).
#[utoipa::path(
    get, path = "/v1/strategies/{strategy}/versions/{number}/preview", tag = "strategies",
    params(
        ("strategy" = uuid::Uuid, Path, description = "Id of the strategy."),
        ("number" = u32, Path, description = "Number of the version."),
    ),
    responses((status = 200, description = "What would become of them.", body = RunsPreview), NotFound)
)]
pub(crate) async fn preview_moving_runs(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<RunsPreview>, Problem> {
    let (id, number) = version_of(&params)?;
    let counted = api.engine.preview_move(shop.id(), id, number).await?;
    Ok(Json(RunsPreview::of(number, counted.ok_or_else(|| missing(id, number))?)))
}

/// Moves waiting runs to a version.
///
/// To any version of the strategy, a later or an earlier one. What a run has already made stays with the version that
/// it was made in; the trace of each run tells of the move. The answer counts what became of them (S28).
#[utoipa::path(
    post, path = "/v1/strategies/{strategy}/versions/{number}/move-runs", tag = "strategies",
    params(
        ("strategy" = uuid::Uuid, Path, description = "Id of the strategy."),
        ("number" = u32, Path, description = "Number of the version."),
    ),
    request_body = MoveRuns,
    responses((status = 200, description = "What became of them.", body = RunsPreview), Invalid, NotFound)
)]
pub(crate) async fn move_waiting_runs(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(wanted): JsonBody<MoveRuns>,
) -> Result<Json<RunsPreview>, Problem> {
    let (id, number) = version_of(&params)?;
    let moved = api.engine.move_runs(shop.id(), id, number, wanted.steps.as_ref()).await?;
    Ok(Json(RunsPreview::of(number, moved.ok_or_else(|| missing(id, number))?)))
}

fn version_of(params: &Params) -> Result<(StrategyId, u32), Problem> {
    let id = params.id("strategy")?;
    let number = params.name("number")?;
    Ok((id, number.parse().map_err(|_| missing(id, &number))?))
}

fn missing(strategy: StrategyId, number: impl std::fmt::Display) -> Problem {
    Problem::not_found("version", format!("{number} of strategy {strategy}"))
}

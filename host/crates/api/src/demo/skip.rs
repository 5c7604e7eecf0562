//! `POST /v1/demo/skip`

use axum::Json;
use axum::extract::State;
use cartwright_domain::time::{Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Invalid, Problem};
use crate::router::Api;

/// The furthest that one skip goes.
const FURTHEST: Span = Span::days(366);

/// How far to skip.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skip {
    /// Such as `4h` or `1d 12h`; at most 366 days.
    by: Span,
}

/// Where the clock stands after a skip.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SkipReport {
    /// Where it stood.
    from: Timestamp,
    /// Where it stands.
    now: Timestamp,
    /// Instants on the way at which something was due.
    stops: u32,
}

described!(Skip, SkipReport);

/// Skips the clock of the demo ahead.
///
/// It moves from due instant to due instant and settles each, so that a skip equals waiting.
#[utoipa::path(
    post, path = "/v1/demo/skip", tag = "demo", request_body = Skip,
    responses((status = 200, description = "Where it stands now.", body = SkipReport), Invalid)
)]
pub(crate) async fn skip(State(api): State<Api>, JsonBody(skip): JsonBody<Skip>) -> Result<Json<SkipReport>, Problem> {
    let controls = super::controls(&api)?;
    let skipped = controls.skip(check_span(skip.by)?).await?;
    Ok(Json(SkipReport { from: skipped.from, now: skipped.to, stops: skipped.stops }))
}

/// A span that the clock can be skipped by.
fn check_span(by: Span) -> Result<Span, Problem> {
    if by > Span::ZERO && by <= FURTHEST {
        Ok(by)
    } else {
        Err(Problem::field(
            "by",
            format!("{by} cannot be skipped; a clock moves ahead only, and at most {FURTHEST} at once"),
        ))
    }
}

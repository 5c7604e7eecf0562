//! `POST /v1/strategies/preview`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::CustomerId;
use cartwright_domain::run::Run;
use cartwright_domain::strategy::Strategy;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::why::Why;
use cartwright_engine::{Preview, PreviewError, SimulatedRun};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::InShop;
use crate::extract::JsonBody;
use crate::messages::MessageView;
use crate::openapi::described;
use crate::problem::{Code, Invalid, NotFound, Problem};
use crate::router::Api;

/// The furthest that an order is put off.
const FURTHEST: Span = Span::days(366);

/// What is tried.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewRequest {
    /// The strategy, published or not.
    strategy: Strategy,
    /// Whom; somebody made up without.
    #[serde(default)]
    customer: Option<CustomerId>,
    /// When that happens which begins a run; now without.
    #[serde(default)]
    at: Option<Timestamp>,
    /// So much later the customer places an order, such as `2h`; never without.
    #[serde(default)]
    order_after: Option<Span>,
}

/// What would happen.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PreviewReport {
    /// Runs of the strategy, by their beginning.
    runs: Vec<PreviewedRun>,
    /// Why none began, where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
    /// The moment after which nothing more would happen.
    ended_at: Timestamp,
}

/// A run that would begin.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PreviewedRun {
    /// Where it would stand at last.
    run: Run,
    /// Every decision with the facts it was made on, oldest first.
    trace: Vec<TraceEntry>,
    /// What would be sent.
    messages: Vec<MessageView>,
}

described!(PreviewRequest, PreviewReport);

impl From<SimulatedRun> for PreviewedRun {
    fn from(of: SimulatedRun) -> Self {
        let messages = of.messages.into_iter().map(MessageView::from).collect();
        Self { run: of.run, trace: of.trace, messages }
    }
}

impl From<PreviewError> for Problem {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::NoCustomer => Self::new(Code::NotFound, "This shop has no such customer."),
            PreviewError::Publish(error) => error.into(),
            PreviewError::Store(error) => error.into(),
        }
    }
}

/// Tells what would happen to one customer.
///
/// The same engine plays the strategy in memory, from a moment until nothing is due any more, with the shop's settings,
/// contents, channels and plugins, and with the customer as they are. What begins the run is made up. Nothing is sent,
/// and nothing is kept.
#[utoipa::path(
    post, path = "/v1/strategies/preview", tag = "strategies", request_body = PreviewRequest,
    responses((status = 200, description = "What would happen.", body = PreviewReport), Invalid, NotFound)
)]
pub(crate) async fn preview_strategy(
    State(api): State<Api>,
    shop: InShop,
    JsonBody(wanted): JsonBody<PreviewRequest>,
) -> Result<Json<PreviewReport>, Problem> {
    let Some(previews) = &api.options.previews else {
        return Err(Problem::new(Code::UnknownRoute, "This service was put together without previews."));
    };
    let order_after = wanted.order_after;
    if let Some(span) = order_after.filter(|span| *span <= Span::ZERO || *span > FURTHEST) {
        return Err(Problem::field(
            "order_after",
            format!("{span} is no time that an order can come later; at most {FURTHEST}"),
        ));
    }
    let at = wanted.at.unwrap_or_else(|| api.engine.now());
    let preview = Preview { strategy: wanted.strategy, customer: wanted.customer, at, order_after };
    let previewed = previews.preview(shop.id(), preview).await?;
    Ok(Json(PreviewReport {
        runs: previewed.runs.into_iter().map(PreviewedRun::from).collect(),
        why: previewed.why,
        ended_at: previewed.ended_at,
    }))
}

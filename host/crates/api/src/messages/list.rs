//! `GET /v1/messages`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::{CustomerId, RunId, StrategyId, VersionId};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::MessageFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::MessageView;
use crate::access::InShop;
use crate::extract::QueryOf;
use crate::listing::{List, Listing};
use crate::openapi::Described;
use crate::problem::{Code, FieldError, Problem};
use crate::router::Api;

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageQuery {
    /// Those of a run.
    #[param(value_type = Option<uuid::Uuid>)]
    run: Option<RunId>,
    /// Those to a customer.
    #[param(value_type = Option<uuid::Uuid>)]
    customer: Option<CustomerId>,
    /// Those of a strategy.
    #[param(value_type = Option<uuid::Uuid>)]
    strategy: Option<StrategyId>,
    /// Those that were made in a version of a strategy.
    #[param(value_type = Option<uuid::Uuid>)]
    version: Option<VersionId>,
    /// Those that a step made.
    step: Option<String>,
    /// Those that stand so, such as `skipped`.
    #[param(value_type = Option<String>)]
    state: Option<StateName>,
    /// Those that stand so for a reason, such as `capped_by_shop`.
    reason: Option<String>,
    /// Those decided at this instant or later.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Those decided before this instant.
    #[param(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// At most this many, 1 to 200.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Where a message stands, as a word.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateName {
    Queued,
    HandedOver,
    Held,
    Accepted,
    Rejected,
    Uncertain,
    Skipped,
    HeldOut,
}

impl StateName {
    fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::HandedOver => "handed_over",
            Self::Held => "held",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Uncertain => "uncertain",
            Self::Skipped => "skipped",
            Self::HeldOut => "held_out",
        }
    }
}

type Messages = Described<Listing<MessageView>>;

/// Lists messages, newest first.
#[utoipa::path(
    get, path = "/v1/messages", tag = "messages", params(MessageQuery),
    responses((status = 200, description = "Messages.", body = Messages))
)]
pub(crate) async fn list_messages(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<MessageQuery>,
) -> Result<Json<Listing<MessageView>>, Problem> {
    let list = List("messages");
    let page = list.page(query.limit, query.after.as_deref())?;
    if query.step.is_some() && query.strategy.is_none() {
        let message = "belongs to a strategy; name it with `strategy`";
        return Err(Problem::fields(Code::InvalidQuery, vec![FieldError::new("step", message)]));
    }
    let filter = MessageFilter {
        run: query.run,
        customer: query.customer,
        strategy: query.strategy,
        version: query.version,
        step: query.step,
        state: query.state.map(|state| state.name().to_owned()),
        reason: query.reason,
        from: query.from,
        until: query.until,
    };
    let found = api.engine.store.messages(shop.id(), &filter, &page).await?;
    Ok(Json(list.show(found, MessageView::from)))
}

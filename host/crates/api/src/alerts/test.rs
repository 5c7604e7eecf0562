//! `POST /v1/alerts/test`

use axum::Json;
use axum::extract::State;
use cartwright_domain::alert::AlertTarget;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::access::{Caller, InShop};
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;
use crate::test_sends::TestSendView;

/// Whom to tell: one of the shop's `alerts`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct TestAlert(AlertTarget);

described!(TestAlert);

/// Sends a sample of an alert to one of those who are told of the shop's alerts.
///
/// It goes through the channel's own plugin and provider, at most 20 in an hour; a channel that is held sends nothing.
/// The answer tells what the provider said, and what to do if that was no; `GET /v1/test-sends` tells it later.
#[utoipa::path(
    post, path = "/v1/alerts/test", tag = "alerts", request_body = TestAlert,
    responses((status = 200, description = "What became of it.", body = TestSendView), NotFound, Conflicting, Invalid)
)]
pub(crate) async fn send_test_alert(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    JsonBody(TestAlert(target)): JsonBody<TestAlert>,
) -> Result<Json<TestSendView>, Problem> {
    Ok(Json(api.engine.send_test_alert(shop.id(), &target, caller.label()).await?.into()))
}

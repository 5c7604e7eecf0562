//! `POST /v1/contents/{name}/test-send`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::CustomerId;
use cartwright_engine::TestDraft;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::access::{Caller, InShop};
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;
use crate::test_sends::TestSendView;

/// What is to be sent, and where.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestSendRequest {
    /// The channel, by name: the variant of its kind is sent.
    channel: String,
    /// A confirmed address of the shop's own people.
    to: String,
    /// In a language; without, in that of the customer.
    #[serde(default)]
    language: Option<String>,
    /// With the data of a customer; without, with that of a made-up one with a cart.
    #[serde(default)]
    customer: Option<CustomerId>,
}

described!(TestSendRequest);

/// Sends a content, in its newest revision, to a confirmed address of the shop's own people.
///
/// It goes through the channel's own plugin and provider. It waits for no window and asks for no consent, because no
/// customer has it, and it counts for no cap and in no report; but a channel or content that is held sends nothing. Its
/// subject, or its text, begins with `[Test]`, where the channel has either, and nobody is unsubscribed by its link.
///
/// The answer tells what the provider said, and what to do if that was no. It is handed over before the provider is
/// called and never sent again by itself: whoever got no answer finds it in `GET /v1/test-sends`.
#[utoipa::path(
    post, path = "/v1/contents/{name}/test-send", tag = "contents",
    params(("name" = String, Path, description = "Name of the content.")), request_body = TestSendRequest,
    responses((status = 200, description = "What became of it.", body = TestSendView), NotFound, Conflicting, Invalid)
)]
pub(crate) async fn send_test(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    params: Params,
    JsonBody(asked): JsonBody<TestSendRequest>,
) -> Result<Json<TestSendView>, Problem> {
    let TestSendRequest { channel, to, language, customer } = asked;
    let by = caller.label().to_owned();
    let draft = TestDraft { content: params.name("name")?, channel, to, language, customer, by };
    Ok(Json(api.engine.send_test(shop.id(), &draft).await?.into()))
}

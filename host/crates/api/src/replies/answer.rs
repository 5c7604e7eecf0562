//! `POST /v1/replies/{reply}/answer`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::ReplyId;
use cartwright_domain::reply::ReplySend;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::access::{Caller, InShop};
use crate::extract::{JsonBody, Params};
use crate::openapi::{Described, described};
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;

/// What the customer is to read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerRequest {
    /// As it is written; the channel may take less than 4096 characters.
    text: String,
}

described!(AnswerRequest);

type Answer = Described<ReplySend>;

/// Answers a reply on the channel that it came over.
///
/// It waits for no quiet hours, counts for no cap and needs no consent, because it answers somebody who wrote; only one
/// whose last word there was that they want to hear no more is not answered. It is queued with this, and sent at most
/// once; the same text to the same reply is one answer, unless it came to nothing.
#[utoipa::path(
    post, path = "/v1/replies/{reply}/answer", tag = "replies",
    params(("reply" = uuid::Uuid, Path, description = "Id of the reply.")), request_body = AnswerRequest,
    responses((status = 200, description = "The answer.", body = Answer), NotFound, Conflicting, Invalid)
)]
pub(crate) async fn answer_reply(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    params: Params,
    JsonBody(asked): JsonBody<AnswerRequest>,
) -> Result<Json<ReplySend>, Problem> {
    let id: ReplyId = params.id("reply")?;
    Ok(Json(api.engine.answer_reply(shop.id(), id, &asked.text, caller.label()).await?))
}

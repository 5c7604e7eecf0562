//! `/v1/replies`: what customers write, and what people of the shop answer.

mod answer;
mod list;
mod show;

use cartwright_domain::ids::ShopId;
use cartwright_domain::reply::{NoAnswer, Reply, ReplySend, SendKind};
use cartwright_engine::AnswerError;
use cartwright_engine::ports::{KeptReply, ReplySendFilter};
use schemars::JsonSchema;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::described;
use crate::problem::{Code, Problem};
use crate::router::Api;

/// What a customer wrote, with what was sent because of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReplyView {
    /// What was written.
    #[serde(flatten)]
    reply: Reply,
    /// Whether it asks for an answer and has none. An answer is one to everything that the customer wrote on the channel
    /// before.
    waits: bool,
    /// The answers to it, oldest first.
    answers: Vec<ReplySend>,
    /// To whom it was told, and what became of that.
    notices: Vec<ReplySend>,
}

/// A reply, and whether it can be answered now.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ShownReply {
    /// The reply.
    #[serde(flatten)]
    reply: ReplyView,
    /// Why it cannot be answered; absent where it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<Closed>,
}

/// Why a reply cannot be answered.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Closed {
    /// The code of the problem that an answer comes to.
    code: String,
    /// Why, and what to do instead.
    detail: String,
}

described!(ReplyView, ShownReply);

impl ReplyView {
    /// Replies with what was sent because of each, asked for at once.
    async fn all(api: &Api, shop: ShopId, kept: Vec<KeptReply>) -> Result<Vec<Self>, Problem> {
        let replies = kept.iter().map(|kept| kept.reply.id).collect();
        let filter = ReplySendFilter { replies, ..ReplySendFilter::default() };
        let sends: Vec<ReplySend> =
            api.engine.store.reply_sends(shop, &filter).await?.into_iter().map(|entry| entry.value).collect();
        let of = |kept: &KeptReply, kind: SendKind| {
            let own = sends.iter().filter(|send| send.reply == kept.reply.id && send.kind == kind);
            own.cloned().collect()
        };
        let view = |kept: KeptReply| Self {
            answers: of(&kept, SendKind::Answer),
            notices: of(&kept, SendKind::Notice),
            waits: kept.waits,
            reply: kept.reply,
        };
        Ok(kept.into_iter().map(view).collect())
    }
}

impl From<AnswerError> for Problem {
    fn from(error: AnswerError) -> Self {
        let said = error.to_string();
        match error {
            AnswerError::Missing(reply) => Self::not_found("reply", reply),
            AnswerError::Empty | AnswerError::Refused(NoAnswer::TooLong(_)) => Self::field("text", said),
            AnswerError::Refused(NoAnswer::WindowClosed { .. }) => Self::new(Code::WindowClosed, said),
            AnswerError::NoChannel | AnswerError::Refused(_) => Self::new(Code::NotAnswerable, said),
            AnswerError::Store(error) => error.into(),
        }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_replies))
        .routes(routes!(show::show_reply))
        .routes(routes!(answer::answer_reply))
}

//! `GET /v1/replies/{reply}`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::ReplyId;

use super::{Closed, ReplyView, ShownReply};
use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Shows what a customer wrote, what was sent because of it, and whether it can be answered now.
#[utoipa::path(
    get, path = "/v1/replies/{reply}", tag = "replies",
    params(("reply" = uuid::Uuid, Path, description = "Id of the reply.")),
    responses((status = 200, description = "The reply.", body = ShownReply), NotFound)
)]
pub(crate) async fn show_reply(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<ShownReply>, Problem> {
    let id: ReplyId = params.id("reply")?;
    let missing = || Problem::not_found("reply", id);
    let kept = api.engine.store.reply(shop.id(), id).await?.ok_or_else(missing)?;
    let closed = match api.engine.may_answer(shop.id(), &kept.reply).await {
        Ok(()) => None,
        Err(why) => {
            let problem = Problem::from(why);
            Some(Closed { code: problem.code.name().to_owned(), detail: problem.detail })
        }
    };
    let reply = ReplyView::all(&api, shop.id(), vec![kept]).await?.pop().ok_or_else(missing)?;
    Ok(Json(ShownReply { reply, closed }))
}

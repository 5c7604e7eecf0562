//! `/v1/people`: who has a role in a shop. Owners give and take roles; a link makes somebody new.

mod change;
mod invite;
mod list;
mod remove;

use cartwright_domain::ids::UserId;
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::{Role, User};
use schemars::JsonSchema;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::InShop;
use crate::openapi::described;
use crate::problem::Problem;
use crate::router::Api;

/// Somebody in a shop.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MemberView {
    /// Id.
    id: UserId,
    /// What they sign in with.
    name: String,
    /// What they are in this shop.
    role: Role,
    /// Since when they sign in here at all.
    created_at: Timestamp,
}

described!(MemberView);

impl From<(User, Role)> for MemberView {
    fn from((user, role): (User, Role)) -> Self {
        Self { id: user.id, name: user.name, role, created_at: user.created_at }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_people))
        .routes(routes!(invite::invite_person))
        .routes(routes!(change::change_role, remove::remove_person))
}

/// Somebody who has a role in the shop: nobody else's role is anybody's business there.
async fn find(api: &Api, shop: &InShop, user: UserId) -> Result<(User, Role), Problem> {
    let members = api.engine.store.members(shop.id()).await?;
    members.into_iter().find(|(member, _)| member.id == user).ok_or_else(|| Problem::not_found("person", user))
}

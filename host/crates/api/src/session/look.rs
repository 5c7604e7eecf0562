//! `POST /v1/links/look`

use axum::Json;
use axum::extract::State;
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::{Purpose, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Code, Problem};
use crate::router::Api;

/// A link that works once.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkText {
    /// What stands behind `#` in its address.
    link: String,
}

/// What a link is good for.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LinkView {
    /// To become the first operator, an operator, somebody in a shop, or to choose another password.
    purpose: LinkPurpose,
    /// The shop in which it gives a role.
    #[serde(skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// The role.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// Whose password it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Until when.
    expires_at: Timestamp,
}

/// What a link is good for, in one word.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum LinkPurpose {
    /// To become the first operator.
    First,
    /// To become an operator.
    Operate,
    /// To get a role in a shop.
    Join,
    /// To choose another password.
    NewPassword,
}

described!(LinkText, LinkView);

/// Looks at a link without using it up.
#[utoipa::path(
    post, path = "/v1/links/look", tag = "session", security(()), request_body = LinkText,
    responses((status = 200, description = "What it is good for.", body = LinkView))
)]
pub(crate) async fn look_at_link(
    State(api): State<Api>,
    JsonBody(asked): JsonBody<LinkText>,
) -> Result<Json<LinkView>, Problem> {
    let link = api.engine.link(&asked.link).await?.ok_or_else(gone)?;
    let bare =
        LinkView { purpose: LinkPurpose::Operate, shop: None, role: None, name: None, expires_at: link.expires_at };
    Ok(Json(match link.purpose {
        Purpose::First => LinkView { purpose: LinkPurpose::First, ..bare },
        Purpose::Operate => bare,
        Purpose::Join { shop, role } => {
            let shop = api.engine.store.shop(shop).await?.ok_or_else(gone)?;
            LinkView { purpose: LinkPurpose::Join, shop: Some(shop.name.clone()), role: Some(role), ..bare }
        }
        Purpose::NewPassword { user } => {
            let user = api.engine.store.user(user).await?.ok_or_else(gone)?;
            LinkView { purpose: LinkPurpose::NewPassword, name: Some(user.name), ..bare }
        }
    }))
}

/// The answer to a link that is none, or none any more.
pub(super) fn gone() -> Problem {
    Problem::new(Code::LinkGone, "The link was used already, or its time is over; ask for another.")
}

//! `POST /v1/people/invitations`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cartwright_domain::time::Timestamp;
use cartwright_domain::user::{Purpose, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::InShop;
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Invalid, Problem};
use crate::router::Api;

/// What somebody is to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invitation {
    /// In this shop.
    role: Role,
}

/// A link to hand to somebody.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct InvitationLink {
    /// It works once, and is never shown again.
    url: String,
    /// Until when.
    expires_at: Timestamp,
}

described!(Invitation, InvitationLink);

/// Makes a link by which somebody gets a role in the shop.
#[utoipa::path(
    post, path = "/v1/people/invitations", tag = "people", request_body = Invitation,
    responses((status = 201, description = "The link.", body = InvitationLink), Invalid)
)]
pub(crate) async fn invite_person(
    State(api): State<Api>,
    shop: InShop,
    JsonBody(invitation): JsonBody<Invitation>,
) -> Result<(StatusCode, Json<InvitationLink>), Problem> {
    let purpose = Purpose::Join { shop: shop.id(), role: invitation.role };
    let (link, text) = api.engine.make_link(purpose).await?;
    let url = format!("{}/console/welcome#{text}", api.options.public_url);
    Ok((StatusCode::CREATED, Json(InvitationLink { url, expires_at: link.expires_at })))
}

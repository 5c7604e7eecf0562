//! `POST /v1/links/redeem`

use axum::extract::State;
use axum::response::Response;
use cartwright_engine::RedeemError;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{SessionView, look};
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Invalid, Problem};
use crate::router::Api;

/// What the holder of a link chose.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    /// What stands behind `#` in its address.
    link: String,
    /// A name to sign in with; left out where the link only changes a password.
    #[serde(default)]
    name: String,
    /// A password of 10 to 200 characters.
    password: String,
}

described!(Chosen);

/// Uses a link up, and signs its holder in.
#[utoipa::path(
    post, path = "/v1/links/redeem", tag = "session", security(()), request_body = Chosen,
    responses((status = 200, description = "Who is signed in.", body = SessionView), Invalid)
)]
pub(crate) async fn redeem_link(
    State(api): State<Api>,
    JsonBody(chosen): JsonBody<Chosen>,
) -> Result<Response, Problem> {
    let user = api.engine.redeem(&chosen.link, &chosen.name, &chosen.password).await?;
    super::begin(&api, user).await
}

impl From<RedeemError> for Problem {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Gone => look::gone(),
            RedeemError::Name(message) => Self::field("name", message),
            RedeemError::Password(message) => Self::field("password", message),
            RedeemError::Store(error) => error.into(),
        }
    }
}

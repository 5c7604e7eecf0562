//! `POST /v1/test-addresses`

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::AskedAddress;
use crate::access::{Caller, InShop};
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;

/// An address that somebody types.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTestAddress {
    /// The channel over which its code goes, by name.
    channel: String,
    /// The address, as the channel knows it: a phone number with its country, an e-mail address, a handle.
    to: String,
}

described!(NewTestAddress);

/// Sends a code to an address, by which somebody shows that it is the shop's own.
///
/// Over any channel that is connected, at most 20 in an hour. An address that is confirmed already gets no code.
#[utoipa::path(
    post, path = "/v1/test-addresses", tag = "contents", request_body = NewTestAddress,
    responses(
        (status = 200, description = "The address, and what became of its code.", body = AskedAddress),
        NotFound, Conflicting, Invalid
    )
)]
pub(crate) async fn ask_test_address(
    State(api): State<Api>,
    shop: InShop,
    caller: Caller,
    JsonBody(asked): JsonBody<NewTestAddress>,
) -> Result<Json<AskedAddress>, Problem> {
    let NewTestAddress { channel, to } = asked;
    let (address, sent) = api.engine.ask_test_address(shop.id(), &channel, &to, caller.label()).await?;
    Ok(Json(AskedAddress::new(address, sent)))
}

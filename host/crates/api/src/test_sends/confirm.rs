//! `POST /v1/test-addresses/confirm`

use axum::Json;
use axum::extract::State;
use cartwright_domain::contact::{Address, AddressKind};
use cartwright_engine::ConfirmError;
use schemars::JsonSchema;
use serde::Deserialize;

use super::TestAddressView;
use crate::access::InShop;
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// The code that somebody found at an address.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypedCode {
    /// The kind of the address.
    kind: AddressKind,
    /// The address, as it is listed.
    value: String,
    /// Six digits.
    code: String,
}

described!(TypedCode);

/// Takes the code that was sent to an address: from now on test sends may go there.
#[utoipa::path(
    post, path = "/v1/test-addresses/confirm", tag = "contents", request_body = TypedCode,
    responses((status = 200, description = "The address, confirmed.", body = TestAddressView), NotFound, Invalid)
)]
pub(crate) async fn confirm_test_address(
    State(api): State<Api>,
    shop: InShop,
    JsonBody(typed): JsonBody<TypedCode>,
) -> Result<Json<TestAddressView>, Problem> {
    let address = Address { kind: typed.kind, value: typed.value };
    let confirmed = api.engine.confirm_test_address(shop.id(), &address, &typed.code).await;
    confirmed.map(|known| Json(known.into())).map_err(|error| match error {
        ConfirmError::Missing => Problem::not_found("test address", &address.value),
        ConfirmError::Code(why) => Problem::field("code", why.to_string()),
        ConfirmError::Store(error) => error.into(),
    })
}

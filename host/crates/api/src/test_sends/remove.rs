//! `DELETE /v1/test-addresses/{kind}/{value}`

use axum::extract::State;
use axum::http::StatusCode;
use cartwright_domain::contact::Address;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

use crate::access::InShop;
use crate::extract::Params;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// Forgets an address for test sends; nothing goes there any more.
#[utoipa::path(
    delete, path = "/v1/test-addresses/{kind}/{value}", tag = "contents",
    params(
        ("kind" = String, Path, description = "`phone`, `email` or `handle`."),
        ("value" = String, Path, description = "The address, as it is listed."),
    ),
    responses((status = 204, description = "It is forgotten."), NotFound)
)]
pub(crate) async fn remove_test_address(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<StatusCode, Problem> {
    let value = params.text("value").to_owned();
    let missing = || Problem::not_found("test address", &value);
    let kind = IntoDeserializer::<Error>::into_deserializer(params.text("kind"));
    let kind = Deserialize::deserialize(kind).map_err(|_| missing())?;
    let address = Address { kind, value: value.clone() };
    match api.engine.store.remove_test_address(shop.id(), &address).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(missing()),
    }
}

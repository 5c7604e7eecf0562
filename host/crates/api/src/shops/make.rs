//! `POST /v1/shops`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cartwright_domain::money::Currency;
use cartwright_domain::shop::Shop;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ShopDocument;
use crate::access::Operator;
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Invalid, OperatorOnly, Problem};
use crate::router::Api;

/// A shop to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShop {
    /// What people call it.
    name: String,
    /// The currency of its reports.
    currency: Currency,
    /// IANA zone of its local times; UTC unless said.
    #[serde(default)]
    time_zone: Option<String>,
    /// Country (ISO 3166-1 alpha-2) of phone numbers in local form.
    #[serde(default)]
    country: Option<String>,
}

described!(NewShop);

/// Makes a shop.
#[utoipa::path(
    post, path = "/v1/shops", tag = "shops", request_body = NewShop,
    responses((status = 201, description = "The shop.", body = ShopDocument), Invalid, OperatorOnly)
)]
pub(crate) async fn make_shop(
    State(api): State<Api>,
    _: Operator,
    JsonBody(new): JsonBody<NewShop>,
) -> Result<(StatusCode, Json<Shop>), Problem> {
    let shop = api.engine.make_shop(&new.name, new.currency, new.time_zone.as_deref(), new.country.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(shop)))
}

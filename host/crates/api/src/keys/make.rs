//! `POST /v1/shops/{shop}/keys`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::KeyView;
use crate::access::Caller;
use crate::extract::{JsonBody, Params, check_name};
use crate::openapi::described;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// A key to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What it is for, such as `storefront`.
    label: String,
}

/// A key just made.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MadeKey {
    /// The key as it is listed.
    #[serde(flatten)]
    view: KeyView,
    /// The key itself. It is never shown again.
    key: String,
}

described!(NewKey, MadeKey);

/// Makes a key of a shop.
///
/// The answer holds the key's text, this once.
#[utoipa::path(
    post, path = "/v1/shops/{shop}/keys", tag = "keys", params(("shop" = uuid::Uuid, Path, description = "Id of the shop.")),
    request_body = NewKey, responses((status = 201, description = "The key.", body = MadeKey), Invalid, NotFound)
)]
pub(crate) async fn make_key(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
    JsonBody(new): JsonBody<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    let shop = super::shop_of(&api, &caller, &params).await?;
    check_name(&new.label).map_err(|message| Problem::field("label", message))?;
    let (key, text) = api.engine.make_key(Some(shop), &new.label).await?;
    Ok((StatusCode::CREATED, Json(MadeKey { view: key.into(), key: text })))
}

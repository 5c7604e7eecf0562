//! `/v1/shops/{shop}/keys`: API keys. A key is shown once, when it is made; only its hash is kept.

mod list;
mod make;
mod remove;

use cartwright_domain::ids::{KeyId, ShopId};
use cartwright_domain::time::Timestamp;
use cartwright_engine::ports::ApiKey;
use schemars::JsonSchema;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Caller, no_shop};
use crate::extract::Params;
use crate::openapi::described;
use crate::problem::Problem;
use crate::router::Api;

/// A key as it is listed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyView {
    /// Its id, to remove it by.
    id: KeyId,
    /// What it is for.
    label: String,
    /// When it was made.
    created_at: Timestamp,
}

described!(KeyView);

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self { id: key.id, label: key.label, created_at: key.created_at }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(list::list_keys, make::make_key)).routes(routes!(remove::remove_key))
}

/// The shop of the address, if the key opens it and it exists.
async fn shop_of(api: &Api, caller: &Caller, params: &Params) -> Result<ShopId, Problem> {
    let id: ShopId = params.id("shop")?;
    let known = caller.opens(id) && api.engine.store.shop(id).await?.is_some();
    if known { Ok(id) } else { Err(no_shop(id)) }
}

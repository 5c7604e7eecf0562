//! `GET` and `PUT /v1/shops/{shop}/trust`

use axum::Json;
use axum::extract::State;
use cartwright_domain::trust::{TrustPolicy, TrustedKey, key_id};
use cartwright_engine::Trusted;
use schemars::JsonSchema;
use serde::Serialize;

use super::show;
use crate::access::Caller;
use crate::extract::{JsonBody, Params};
use crate::openapi::{Described, described};
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

type TrustDocument = Described<TrustPolicy>;

/// Which signatures a shop trusts, and what follows.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrustView {
    /// What the shop said.
    #[serde(flatten)]
    policy: TrustPolicy,
    /// What holds: with what the operator demands of every shop.
    effective: TrustPolicy,
    /// The keys that hold, by the ids that signatures show.
    key_ids: Vec<TrustedKeyView>,
    /// Versions at work that would be warned of or refused if they were installed now.
    distrusted: Vec<DistrustView>,
}

/// A trusted key.
#[derive(Debug, Serialize, JsonSchema)]
struct TrustedKeyView {
    /// As minisign shows it.
    key_id: String,
    /// Whose it is.
    name: String,
}

/// A version that no trusted key has signed.
#[derive(Debug, Serialize, JsonSchema)]
struct DistrustView {
    /// Name and version.
    plugin: String,
    /// SHA-256 of the component, hex.
    digest: String,
    /// Why, and what to do.
    why: String,
}

described!(TrustView);

impl From<Trusted> for TrustView {
    fn from(trusted: Trusted) -> Self {
        let key_of =
            |TrustedKey { name, key }: &TrustedKey| Some(TrustedKeyView { key_id: key_id(key)?, name: name.clone() });
        let distrusted = trusted.distrusted.into_iter().map(|(record, why)| DistrustView {
            plugin: format!("{}@{}", record.name, record.version),
            digest: record.digest,
            why: why.to_string(),
        });
        Self {
            key_ids: trusted.effective.keys.iter().filter_map(key_of).collect(),
            distrusted: distrusted.collect(),
            policy: trusted.policy,
            effective: trusted.effective,
        }
    }
}

/// Shows which signatures a shop trusts.
#[utoipa::path(
    get, path = "/v1/shops/{shop}/trust", tag = "shops",
    params(("shop" = uuid::Uuid, Path, description = "Id of the shop.")),
    responses((status = 200, description = "Its trust.", body = TrustView), NotFound)
)]
pub(crate) async fn show_trust(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
) -> Result<Json<TrustView>, Problem> {
    let shop = show::find(&api, &caller, &params).await?;
    Ok(Json(api.engine.trust(shop.id).await?.into()))
}

/// Says which signatures a shop trusts.
///
/// `off` installs every component, `warn` with a warning where no trusted key has signed it, `require` refuses those.
/// Versions at work stay at work; the answer names those that could not be installed any more.
#[utoipa::path(
    put, path = "/v1/shops/{shop}/trust", tag = "shops", request_body = TrustDocument,
    params(("shop" = uuid::Uuid, Path, description = "Id of the shop.")),
    responses((status = 200, description = "Its trust as it is now.", body = TrustView), Invalid, NotFound)
)]
pub(crate) async fn save_trust(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
    JsonBody(policy): JsonBody<TrustPolicy>,
) -> Result<Json<TrustView>, Problem> {
    let shop = show::find(&api, &caller, &params).await?;
    Ok(Json(api.engine.set_trust(shop.id, policy).await?.into()))
}

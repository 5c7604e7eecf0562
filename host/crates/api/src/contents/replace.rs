//! `GET` and `POST /v1/contents/{name}/replace`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::StrategyId;
use cartwright_engine::Replacing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Conflicting, Invalid, NotFound, Problem};
use crate::router::Api;

/// What takes the place of others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplaceContent {
    /// The newest revision, as it was looked at.
    revision: u32,
}

described!(ReplaceContent);

/// Where a content's newest revision takes the place of another.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReplacingView {
    /// The newest revision.
    revision: u32,
    /// Runs that wait in these versions.
    waiting: u64,
    /// Versions that say something else so far.
    versions: Vec<PlaceView>,
}

described!(ReplacingView);

/// A version that says something else so far.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlaceView {
    /// Of which strategy.
    strategy: StrategyId,
    /// Its name.
    name: String,
    /// The version's number.
    version: u32,
    /// Runs that wait in it.
    waiting: u64,
}

impl From<Replacing> for ReplacingView {
    fn from(replacing: Replacing) -> Self {
        let place = |place: cartwright_engine::Place| PlaceView {
            strategy: place.strategy,
            name: place.name,
            version: place.number,
            waiting: place.waiting,
        };
        Self {
            revision: replacing.revision,
            waiting: replacing.versions.iter().map(|place| place.waiting).sum(),
            versions: replacing.versions.into_iter().map(place).collect(),
        }
    }
}

/// Counts where a content's newest revision would take the place of another.
///
/// Versions keep the revision that they were published with. Told are those that runs wait in, and those that new runs
/// take, if they say something else than the newest revision. Nothing changes (S28).
#[utoipa::path(
    get, path = "/v1/contents/{name}/replace", tag = "contents", params(("name" = String, Path, description = "Name of the content.")),
    responses((status = 200, description = "Where it would.", body = ReplacingView), NotFound)
)]
pub(crate) async fn preview_replacing_content(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<ReplacingView>, Problem> {
    let name = params.name("name")?;
    let replacing = api.engine.preview_replacing(shop.id(), &name).await?;
    replacing.map(|replacing| Json(replacing.into())).ok_or_else(|| Problem::not_found("content", name))
}

/// Puts a content's newest revision in the place of every other.
///
/// For messages that were not handed over yet, of runs that wait and of runs to come. What was handed over stays as it
/// was said, and reports count the two apart, as `NAME` and `NAME@REVISION` (S28).
#[utoipa::path(
    post, path = "/v1/contents/{name}/replace", tag = "contents", params(("name" = String, Path, description = "Name of the content.")),
    request_body = ReplaceContent,
    responses((status = 200, description = "Where it did.", body = ReplacingView), Invalid, NotFound, Conflicting)
)]
pub(crate) async fn replace_content(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(wanted): JsonBody<ReplaceContent>,
) -> Result<Json<ReplacingView>, Problem> {
    let replaced = api.engine.replace_content(shop.id(), &params.name("name")?, wanted.revision).await?;
    Ok(Json(replaced.into()))
}

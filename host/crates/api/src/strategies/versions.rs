//! `GET /v1/strategies/{strategy}/versions`

use axum::Json;
use axum::extract::State;
use cartwright_domain::ids::StrategyId;
use cartwright_domain::strategy::Version;

use crate::access::InShop;
use crate::extract::Params;
use crate::listing::Listing;
use crate::openapi::Described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

type Versions = Described<Listing<Version>>;

/// Lists all versions of a strategy, newest first.
///
/// As they were published; `replaced` names the contents in whose place a newer revision stands by now.
#[utoipa::path(
    get, path = "/v1/strategies/{strategy}/versions", tag = "strategies",
    params(("strategy" = uuid::Uuid, Path, description = "Id of the strategy.")),
    responses((status = 200, description = "Versions with what they say.", body = Versions), NotFound)
)]
pub(crate) async fn list_strategy_versions(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<Listing<Version>>, Problem> {
    let id: StrategyId = params.id("strategy")?;
    let store = &api.engine.store;
    let mut items = store.versions_of(shop.id(), id).await?;
    let ids: Vec<_> = items.iter().map(|version| version.id).collect();
    for replacement in store.replacements(shop.id(), &ids).await? {
        if let Some(version) = items.iter_mut().find(|version| version.id == replacement.version) {
            version.replaced.insert(replacement.content.name, replacement.revision);
        }
    }
    // A strategy is made together with its first version, so one without is none.
    if items.is_empty() { Err(Problem::not_found("strategy", id)) } else { Ok(Json(Listing { items, next: None })) }
}

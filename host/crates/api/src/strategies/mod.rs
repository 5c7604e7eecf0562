//! `/v1/strategies`: the strategy file is the body, and every save is a new immutable version (S28).

mod check;
mod list;
mod moving;
mod preview;
mod publish;
mod remove;
mod replace;
mod show;
mod state;
mod versions;

use cartwright_domain::ids::{ShopId, StrategyId};
use cartwright_domain::publish::StrategyFault;
use cartwright_domain::strategy::{Strategy, StrategyRecord, StrategyState, Version};
use cartwright_domain::time::Timestamp;
use cartwright_engine::Published;
use schemars::JsonSchema;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::{Described, described};
use crate::problem::Problem;
use crate::router::Api;

type StrategyDocument = Described<Strategy>;

/// A strategy with the version that new runs take.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StrategyView {
    /// Over all its versions.
    id: StrategyId,
    /// Unique in the shop.
    name: String,
    /// Whether it enters and sends (S27).
    state: StrategyState,
    /// Number of the version: 1, 2, 3 …
    version: u32,
    /// When that version was published.
    published_at: Timestamp,
    /// What it says.
    definition: Strategy,
    /// What is worth a look and was let pass; only told when it is published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<StrategyFault>,
}

described!(StrategyView);

impl StrategyView {
    fn of(record: StrategyRecord, version: Version) -> Self {
        Self {
            id: record.id,
            name: record.name,
            state: record.state,
            version: version.number,
            published_at: version.published_at,
            definition: version.definition,
            warnings: Vec::new(),
        }
    }
}

impl From<Published> for StrategyView {
    fn from(published: Published) -> Self {
        Self { warnings: published.warnings, ..Self::of(published.record, published.version) }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_strategies, publish::publish_strategy))
        .routes(routes!(check::check_strategy))
        .routes(routes!(preview::preview_strategy))
        .routes(routes!(show::show_strategy, replace::replace_strategy, remove::remove_strategy))
        .routes(routes!(state::set_strategy_state))
        .routes(routes!(versions::list_strategy_versions))
        .routes(routes!(moving::preview_moving_runs))
        .routes(routes!(moving::move_waiting_runs))
}

/// A strategy of the shop with its current version.
async fn find(api: &Api, shop: ShopId, id: StrategyId) -> Result<StrategyView, Problem> {
    let strategies = api.engine.store.strategies(shop).await?;
    let missing = || Problem::not_found("strategy", id);
    let record = strategies.into_iter().find(|record| record.id == id).ok_or_else(missing)?;
    let versions = api.engine.store.versions(shop, &[record.current]).await?;
    let version = versions
        .into_iter()
        .next()
        .ok_or_else(|| Problem::internal(format!("strategy {id} has no current version")))?;
    Ok(StrategyView::of(record, version))
}

//! `/v1/sources`: where events come in. What they share with channels stands in `connections.rs`.

mod backfill;
mod deliveries;
mod list;
mod probe;
mod remove;
mod save;
mod show;

use cartwright_domain::shop::ConnectionKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

const KIND: ConnectionKind = ConnectionKind::Source;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_sources))
        .routes(routes!(show::show_source, save::save_source, remove::remove_source))
        .routes(routes!(probe::probe_source))
        .routes(routes!(deliveries::list_source_deliveries))
        .routes(routes!(backfill::backfill_source))
}

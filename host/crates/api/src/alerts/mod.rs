//! `/v1/alerts`: what only people can put right, and what was.

mod list;
mod metrics;
mod test;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_alerts))
        .routes(routes!(metrics::show_metrics))
        .routes(routes!(test::send_test_alert))
}

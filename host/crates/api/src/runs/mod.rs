//! `/v1/runs`: each customer's way through a strategy, and why it went that way.

mod decisions;
mod list;
mod show;
mod stream;
mod trace;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_runs))
        .routes(routes!(stream::stream_runs))
        .routes(routes!(show::show_run))
        .routes(routes!(trace::show_trace))
        .routes(routes!(decisions::list_run_decisions))
}

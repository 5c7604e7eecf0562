//! What came in and what was put down: the local inbox, deliveries put aside, and what was counted.

mod asides;
mod counts;
mod inbox;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(inbox::list_inbox))
        .routes(routes!(asides::list_asides))
        .routes(routes!(asides::take_aside_in))
        .routes(routes!(counts::show_counts))
}

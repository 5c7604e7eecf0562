//! `/v1/events` and `/v1/identify`: what happened in the shop, told by the shop itself.

mod identify;
mod post;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(post::post_events)).routes(routes!(identify::identify))
}

//! `/v1/reports`: what came of it all, counted.

mod messages;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(messages::report_messages))
}

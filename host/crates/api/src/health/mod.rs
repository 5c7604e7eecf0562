//! `/healthz` and `/readyz`: for whoever runs the service.

mod live;
mod ready;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(live::healthz)).routes(routes!(ready::readyz))
}

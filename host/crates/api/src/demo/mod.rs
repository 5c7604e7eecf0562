//! `/v1/demo`: the clock of `cartwright demo`. These routes do not exist in `serve`.

mod clock;
mod skip;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::options::DemoControls;
use crate::problem::{Code, Problem};
use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(clock::show_clock)).routes(routes!(skip::skip))
}

pub(crate) fn controls(api: &Api) -> Result<&Arc<dyn DemoControls>, Problem> {
    let absent = || Problem::new(Code::UnknownRoute, "Only `cartwright demo` has a clock that can be skipped ahead.");
    api.options.demo.as_ref().ok_or_else(absent)
}

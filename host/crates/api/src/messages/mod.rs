//! `/v1/messages`: what was or will be said to whom, and what became of it.

mod list;
mod show;
mod stream;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;
pub(crate) use view::MessageView;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_messages))
        .routes(routes!(stream::stream_messages))
        .routes(routes!(show::show_message))
}

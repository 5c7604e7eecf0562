//! `/hooks/{connection}`: what the other side of a channel or source tells us. No key: the sender's signature is checked
//! by the plugin that knows the sender.

mod receive;

use utoipa_axum::router::OpenApiRouter;

use crate::router::Api;

pub(crate) fn operations() -> OpenApiRouter<Api> {
    receive::operations()
}

//! `/v1/contents`: what messages say. Saving makes the next revision; published versions keep theirs (S28).

mod list;
mod preview;
mod replace;
mod save;
mod show;
mod test_send;

use cartwright_domain::content::Content;
use cartwright_domain::publish::StrategyFault;
use schemars::JsonSchema;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::described;
use crate::router::Api;

/// A content in its newest revision.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContentView {
    /// Unique in the shop.
    name: String,
    /// 1, 2, 3 …
    revision: u32,
    /// What it says.
    content: Content,
    /// When it was just saved: what is worth a look, such as a template that its provider has not approved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<StrategyFault>,
}

described!(ContentView);

impl ContentView {
    fn new(content: Content, revision: u32) -> Self {
        Self { name: content.name.clone(), revision, content, warnings: Vec::new() }
    }
}

pub(crate) fn operations() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_contents))
        .routes(routes!(preview::preview_content))
        .routes(routes!(test_send::send_test))
        .routes(routes!(show::show_content, save::save_content))
        .routes(routes!(replace::preview_replacing_content, replace::replace_content))
}

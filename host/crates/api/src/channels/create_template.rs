//! `POST /v1/channels/{name}/templates`

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::templates::TemplateView;
use crate::access::InShop;
use crate::extract::{JsonBody, Params};
use crate::openapi::described;
use crate::problem::{Invalid, NotFound, Problem};
use crate::router::Api;

/// Which content the template is made from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTemplate {
    /// A content of the shop, by name: its variant for this channel says what the provider is to approve.
    content: String,
    /// In which language; without, in the content's default one.
    #[serde(default)]
    locale: Option<String>,
}

described!(NewTemplate);

/// Asks a channel's provider to approve the template that a content names.
///
/// What the provider looks at stands in the variant, as the channel's content schema says (of WhatsApp the field
/// `definition`). It is asked once: where its answer is lost, `POST …/templates/sync` tells whether it has it.
#[utoipa::path(
    post, path = "/v1/channels/{name}/templates", tag = "channels", params(("name" = String, Path, description = "Name of the channel.")),
    request_body = NewTemplate,
    responses((status = 200, description = "The template, mostly still to be looked at.", body = TemplateView), NotFound, Invalid)
)]
pub(crate) async fn create_template(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
    JsonBody(NewTemplate { content, locale }): JsonBody<NewTemplate>,
) -> Result<Json<TemplateView>, Problem> {
    let made = api.engine.create_template(shop.id(), &params.name("name")?, &content, locale.as_deref()).await?;
    Ok(Json(made.into()))
}

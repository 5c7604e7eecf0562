//! `POST /v1/contents/preview`

use axum::Json;
use axum::extract::State;
use cartwright_domain::content::Content;
use cartwright_domain::ids::CustomerId;
use cartwright_domain::sms::Length;
use cartwright_engine::{NoPreview, TemplateStanding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::InShop;
use crate::channels::TemplateView;
use crate::extract::JsonBody;
use crate::openapi::described;
use crate::problem::{Code, Invalid, NotFound, Problem};
use crate::router::Api;

/// What is to be seen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentPreviewRequest {
    /// The content as it is written so far.
    content: Content,
    /// Short name of the channel.
    channel: String,
    /// In a language; without, in that of the customer.
    #[serde(default)]
    language: Option<String>,
    /// For a customer; without, for a made-up one with a cart.
    #[serde(default)]
    customer: Option<CustomerId>,
}

described!(ContentPreviewRequest);

/// A content as a customer would get it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContentPreviewView {
    /// The locale of the variant that was chosen.
    locale: String,
    /// What it says.
    document: Value,
    /// What the providers of the channels that it could go out over say of the template that it names; those that were
    /// not asked yet say nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    templates: Vec<TemplateStandingView>,
    /// The length of its text, as a text message (S25).
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<Length>,
    /// The same with long names and titles.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest: Option<Length>,
}

/// What a channel's provider says of the template that a content names.
#[derive(Debug, Serialize, JsonSchema)]
struct TemplateStandingView {
    /// The channel, by name.
    channel: String,
    /// What the content names it by.
    name: String,
    /// The template; none where the provider does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<TemplateView>,
}

described!(ContentPreviewView);

impl From<TemplateStanding> for TemplateStandingView {
    fn from(TemplateStanding { channel, name, template }: TemplateStanding) -> Self {
        Self { channel, name, template: template.map(TemplateView::from) }
    }
}

/// Shows what a content would say, whether it is saved or not.
///
/// It is rendered by the shop's own renderer with what is known of the customer now. Nothing is sent and nothing is
/// kept.
#[utoipa::path(
    post, path = "/v1/contents/preview", tag = "contents", request_body = ContentPreviewRequest,
    responses((status = 200, description = "What it says.", body = ContentPreviewView), Invalid, NotFound)
)]
pub(crate) async fn preview_content(
    State(api): State<Api>,
    shop: InShop,
    JsonBody(asked): JsonBody<ContentPreviewRequest>,
) -> Result<Json<ContentPreviewView>, Problem> {
    let ContentPreviewRequest { content, channel, language, customer } = asked;
    let preview = api.engine.preview_content(shop.id(), &content, &channel, language.as_deref(), customer).await;
    let preview = preview.map_err(|error| match error {
        NoPreview::NoCustomer => Problem::not_found("customer", customer.map(|id| id.to_string()).unwrap_or_default()),
        NoPreview::NoVariant => Problem::field("channel", error.to_string()),
        NoPreview::Fault(fault) => Problem::fields(Code::ContentFaults, vec![fault.into()]),
        NoPreview::Failed(failure) => Problem::new(Code::ContentFaults, failure.to_string()),
        NoPreview::Store(error) => error.into(),
    })?;
    Ok(Json(ContentPreviewView {
        locale: preview.locale,
        document: preview.document,
        templates: preview.templates.into_iter().map(TemplateStandingView::from).collect(),
        length: preview.length,
        longest: preview.longest,
    }))
}

//! `GET /v1/channels/{name}/templates`, and what the operations on templates show.

use axum::Json;
use axum::extract::State;
use cartwright_domain::template::{Template, TemplateBook, TemplateState};
use cartwright_domain::time::Timestamp;
use cartwright_engine::TemplateFailure;
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::InShop;
use crate::extract::Params;
use crate::openapi::described;
use crate::problem::{NotFound, Problem};
use crate::router::Api;

/// A template that a channel's provider keeps.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TemplateView {
    /// What contents name it by.
    name: String,
    /// What people call it at the provider, where that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// BCP 47; empty where the provider names none.
    locale: String,
    /// Only an approved one is sent; messages that name another wait (S17).
    state: TemplateState,
    /// The provider's words on it, such as why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// What to do, unless it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step: Option<&'static str>,
    /// As of when.
    told_at: Timestamp,
}

/// What is known of a channel's templates.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TemplatesView {
    /// By name and locale.
    items: Vec<TemplateView>,
    /// When the provider last told all of them; until then nothing is held for a template that is not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_at: Option<Timestamp>,
    /// When it is asked again; none where it cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    /// Why it did not tell them the last time it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

described!(TemplateView, TemplatesView);

impl From<Template> for TemplateView {
    fn from(template: Template) -> Self {
        let next_step = template.state.next_step();
        let Template { name, title, locale, state, words, told_at } = template;
        Self { name, title, locale, state, words, next_step, told_at }
    }
}

impl From<TemplateBook> for TemplatesView {
    fn from(book: TemplateBook) -> Self {
        let TemplateBook { due_at, listed_at, trouble, templates, .. } = book;
        Self { items: templates.into_iter().map(TemplateView::from).collect(), listed_at, due_at, trouble }
    }
}

impl From<TemplateFailure> for Problem {
    fn from(failure: TemplateFailure) -> Self {
        let said = failure.to_string();
        match failure {
            TemplateFailure::NoChannel(name) => Self::not_found("channel", name),
            TemplateFailure::NoContent(name) => Self::not_found("content", name),
            TemplateFailure::NotAble(..) => Self::field("plugin", said),
            TemplateFailure::NoVariant(_) => Self::field("locale", said),
            TemplateFailure::NoName(_) | TemplateFailure::Refused(_) | TemplateFailure::Task(_) => {
                Self::field("content", said)
            }
            TemplateFailure::Store(error) => error.into(),
        }
    }
}

/// Lists the templates of a channel whose provider approves what is sent, as far as it has told them.
///
/// It is asked every hour, and tells changes by webhook where it can. A channel whose provider approves nothing has an
/// empty list.
#[utoipa::path(
    get, path = "/v1/channels/{name}/templates", tag = "channels", params(("name" = String, Path, description = "Name of the channel.")),
    responses((status = 200, description = "The templates.", body = TemplatesView), NotFound)
)]
pub(crate) async fn list_templates(
    State(api): State<Api>,
    shop: InShop,
    params: Params,
) -> Result<Json<TemplatesView>, Problem> {
    let name = params.name("name")?;
    let book = api.engine.template_book(shop.id(), &name).await?;
    Ok(Json(book.ok_or_else(|| Problem::not_found("channel", name))?.into()))
}

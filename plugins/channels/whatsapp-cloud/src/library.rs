//! The templates of a business account: which there are, and asking Meta to approve one.
//!
//! The content of such a template is `{"template": name, "definition": {"category": …, "components": […]}}`; the
//! components are Meta's own words, with an `example` for each parameter.

use cartwright_sdk::json;
use cartwright_sdk::serde_json::{Value, json};
use serde::Deserialize;

use crate::answer::odd;
use crate::bindings::{Completion, Fault, HttpRequest, HttpResponse, Request, Template, TemplateState, connection};
use crate::template::language;
use crate::{Config, answer};

/// As many as an account that is not verified can have.
const PAGE: &str = "250";

#[derive(Deserialize)]
struct Content {
    template: String,
    language: Option<String>,
    definition: Option<Definition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    category: String,
    components: Vec<Value>,
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<Known>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Deserialize)]
struct Known {
    name: String,
    language: String,
    status: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    components: Vec<Value>,
    rejected_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Paging {
    next: Option<String>,
}

pub(crate) fn list(config: &Config) -> Result<Request, Fault> {
    let fields = "name,language,status,category,components,rejected_reason";
    let request = HttpRequest::get(config.templates()?).query("fields", fields).query("limit", PAGE);
    Ok(Request::asking(request.bearer("access_token")))
}

pub(crate) fn listed(response: &HttpResponse) -> Completion {
    let Some(list) = response.json::<Listed>().filter(|_| response.status < 300) else { return odd(response) };
    if list.paging.next.is_some() {
        connection::log(&format!("Meta knows more than {PAGE} templates; the first {PAGE} are listed"));
    }
    Completion::Templates(list.data.into_iter().map(Known::template).collect())
}

pub(crate) fn create(config: &Config, template: &Template) -> Result<Request, Fault> {
    let content: Content = json::input(template.content.as_bytes())?;
    let Some(definition) = content.definition else {
        return Err(Fault::bad_input("definition: is missing; say category and components, as Meta writes them"));
    };
    if content.template != template.name {
        return Err(Fault::bad_input(format!("template: `{}` is not `{}`", content.template, template.name)));
    }
    let body = json!({
        "name": template.name,
        "language": content.language.unwrap_or_else(|| language(&template.locale)),
        "category": definition.category,
        "components": definition.components,
    });
    // It changes something at Meta, so it is made once; a template whose answer got lost is found in the list.
    Ok(Request::sending(HttpRequest::post(config.templates()?).bearer("access_token").json(&body)))
}

pub(crate) fn created(template: Template, response: &HttpResponse) -> Completion {
    #[derive(Deserialize)]
    struct Created {
        status: String,
    }
    match response.json::<Created>() {
        Some(created) if response.status < 300 => {
            let (state, words) = state(&created.status, None);
            Completion::Created(Template { state, words, ..template })
        }
        _ => answer::odd(response),
    }
}

impl Known {
    fn template(self) -> Template {
        let (state, words) = state(&self.status, self.rejected_reason.filter(|reason| reason != "NONE"));
        let definition = json!({ "category": self.category, "components": self.components });
        let content = json!({ "template": self.name, "language": self.language, "definition": definition });
        let locale = self.language.replace('_', "-");
        Template { name: self.name, locale, content: content.to_string(), state, words }
    }
}

/// Meta's many states, each with its own word where ours says less.
pub(crate) fn state(status: &str, reason: Option<String>) -> (TemplateState, Option<String>) {
    let state = match status {
        "PENDING" => return (TemplateState::Pending, reason),
        "APPROVED" => return (TemplateState::Approved, reason),
        "REJECTED" => return (TemplateState::Rejected, reason),
        "PAUSED" => return (TemplateState::Paused, reason),
        "IN_APPEAL" => TemplateState::Pending,
        "REINSTATED" | "FLAGGED" | "UNARCHIVED" => TemplateState::Approved,
        "LOCKED" | "ARCHIVED" => TemplateState::Paused,
        // Disabled, deleted, over the limit, or a word that is new: it cannot be sent.
        _ => TemplateState::Rejected,
    };
    (state, Some(reason.map_or_else(|| status.to_owned(), |reason| format!("{status}: {reason}"))))
}

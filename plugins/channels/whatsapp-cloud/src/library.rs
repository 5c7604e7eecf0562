//! The templates of a business account: which there are, and asking Meta to approve one.
//!
//! The content of such a template is `{"template": name, "definition": {"category": …, "components": […]}}`; the
//! components are Meta's own words, with an `example` for each parameter.

use cartwright_sdk::json;
use cartwright_sdk::serde_json::{self, Value, json};
use serde::{Deserialize, Serialize};

use crate::answer::odd;
use crate::bindings::{
    Completion, Fault, HttpRequest, HttpResponse, Request, Step, Template, TemplateState, connection,
};
use crate::template::language;
use crate::{Config, answer};

/// As many as an account that is not verified can have.
const PAGE: &str = "250";
/// A task has five rounds.
const PAGES: usize = 5;
/// Between two rounds 64 KiB are kept.
const MOST_KEPT: usize = 60 * 1_024;

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
    cursors: Option<Cursors>,
}

#[derive(Deserialize)]
struct Cursors {
    after: Option<String>,
}

/// Where the listing stands.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Listing {
    pages: usize,
    known: Vec<Brief>,
}

/// All that there is room for of a template on an earlier page.
#[derive(Serialize, Deserialize)]
struct Brief {
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "l")]
    language: String,
    #[serde(rename = "s")]
    status: String,
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// One page, the first or the one behind a cursor.
pub(crate) fn list(config: &Config, after: Option<&str>) -> Result<Request, Fault> {
    let fields = "name,language,status,category,components,rejected_reason";
    let mut request = HttpRequest::get(config.templates()?).query("fields", fields).query("limit", PAGE);
    if let Some(cursor) = after {
        request = request.query("after", cursor);
    }
    Ok(Request::asking(request.bearer("access_token")))
}

/// What a page says, and the next one where there is one.
pub(crate) fn listed(config: &Config, listing: Listing, response: &HttpResponse) -> Result<Step, Fault> {
    let Some(page) = response.json::<Listed>().filter(|_| response.status < 300) else {
        return Ok(Step::Done(odd(response)));
    };
    // The address of the next page holds the token; the last page has a cursor as well, and no address.
    let after = page.paging.next.and(page.paging.cursors).and_then(|cursors| cursors.after);
    let Some(after) = after else { return Ok(done(listing.known, page.data)) };
    let Listing { pages, mut known } = listing;
    let so_far = known.len();
    known.extend(page.data.iter().map(Known::brief));
    let next = Listing { pages: pages + 1, known };
    let state = serde_json::to_vec(&next).unwrap_or_default();
    if next.pages == PAGES || state.len() > MOST_KEPT {
        connection::log(&format!("Meta knows more than {} templates; the rest are not listed", next.known.len()));
        let earlier = next.known.into_iter().take(so_far).collect();
        return Ok(done(earlier, page.data));
    }
    Ok(Step::call(list(config, Some(&after))?, state))
}

fn done(earlier: Vec<Brief>, page: Vec<Known>) -> Step {
    let earlier = earlier.into_iter().map(Brief::template);
    Step::Done(Completion::Templates(earlier.chain(page.into_iter().map(Known::template)).collect()))
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

impl Brief {
    /// What it consists of is not known any more; it can be named all the same.
    fn template(self) -> Template {
        let (state, words) = state(&self.status, self.reason);
        let content = json!({ "template": self.name, "language": self.language });
        let locale = self.language.replace('_', "-");
        Template { name: self.name, locale, content: content.to_string(), state, words }
    }
}

impl Known {
    fn brief(&self) -> Brief {
        let reason = self.rejected_reason.clone().filter(|reason| reason != "NONE");
        Brief { name: self.name.clone(), language: self.language.clone(), status: self.status.clone(), reason }
    }

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

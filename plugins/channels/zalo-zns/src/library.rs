//! The templates that Zalo knows. The list says little of each, so as many as the rounds of a task allow are asked for
//! one by one: their parameters and price.

use cartwright_sdk::json::Id;
use cartwright_sdk::serde_json::{self, json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::Config;
use crate::answer::{data, odd, refusal};
use crate::bindings::{Completion, Fault, Instant, Pending, Request, Response, Step, Template, TemplateState};

const PAGE: &str = "100";
const AT_ONCE: usize = 4;
/// Rounds of details; the list was one before.
const ROUNDS: u8 = 4;

/// Where the listing stands.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Listing {
    round: u8,
    /// How many of the known have been asked for.
    asked: usize,
    known: Vec<Known>,
}

#[derive(Serialize, Deserialize)]
struct Known {
    id: String,
    name: String,
    status: String,
    words: Option<String>,
    parameters: Vec<String>,
}

pub(crate) fn begin(config: &Config) -> Step {
    let list = config.get("/template/all").query("offset", "0").query("limit", PAGE);
    Step::call(Request::asking(list), state(&Listing::default()))
}

pub(crate) fn resume(
    config: &Config,
    mut listing: Listing,
    responses: &[Response],
    now: Instant,
) -> Result<Step, Fault> {
    if listing.round == 0 {
        let Some(Response::Http(list)) = responses.first() else {
            return Ok(Step::Done(Completion::Failed(unanswered())));
        };
        if let Some(rejection) = refusal(list, now) {
            return Ok(Step::Done(Completion::Failed(rejection)));
        }
        let Some(listed) = data::<Vec<Listed>>(list) else { return Ok(Step::Done(odd(list))) };
        listing.known = listed.into_iter().map(Listed::known).collect();
    } else {
        let from = listing.asked.saturating_sub(responses.len());
        for (known, response) in listing.known[from..].iter_mut().zip(responses) {
            // What cannot be told of one template is left out.
            if let Some(info) = response.http().and_then(data::<Info>) {
                known.words = info.words();
                known.parameters = info.params.into_iter().map(|parameter| parameter.name).collect();
            }
        }
    }
    let next: Vec<Request> =
        listing.known[listing.asked..].iter().take(AT_ONCE).map(|known| info(config, known)).collect();
    if next.is_empty() || listing.round == ROUNDS {
        return Ok(Step::Done(Completion::Templates(listing.known.into_iter().map(Known::template).collect())));
    }
    listing.round += 1;
    listing.asked += next.len();
    Ok(Step::Call(Pending { requests: next, state: state(&listing) }))
}

fn info(config: &Config, known: &Known) -> Request {
    Request::asking(config.get("/template/info/v2").query("template_id", &known.id))
}

fn unanswered() -> crate::bindings::Rejection {
    crate::bindings::Rejection::new(crate::bindings::RejectionClass::Transient, None, "Zalo did not answer")
}

fn state(listing: &Listing) -> Vec<u8> {
    // Text keys and no floats: there is nothing here that JSON cannot say.
    serde_json::to_vec(listing).unwrap_or_default()
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "templateId")]
    id: Id,
    #[serde(rename = "templateName")]
    name: String,
    status: String,
}

impl Listed {
    fn known(self) -> Known {
        Known { id: self.id.0, name: self.name, status: self.status, words: None, parameters: Vec::new() }
    }
}

#[derive(Deserialize)]
struct Info {
    price: Option<Id>,
    #[serde(rename = "templateTag")]
    tag: Option<String>,
    #[serde(rename = "templateQuality")]
    quality: Option<String>,
    reason: Option<String>,
    #[serde(rename = "listParams", default)]
    params: Vec<Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
}

impl Info {
    fn words(&self) -> Option<String> {
        let price = self.price.as_ref().map(|price| format!("{} VND", price.0));
        let quality = self.quality.as_ref().map(|quality| format!("quality {quality}"));
        let words: Vec<String> =
            [self.reason.clone(), price, self.tag.clone(), quality].into_iter().flatten().collect();
        Some(words.join(", ")).filter(|words| !words.is_empty())
    }
}

impl Known {
    /// The content is one that can be sent: each parameter with a place for its value.
    fn template(self) -> Template {
        let state = match self.status.as_str() {
            "ENABLE" => TemplateState::Approved,
            "PENDING_REVIEW" => TemplateState::Pending,
            "DISABLE" => TemplateState::Paused,
            // Rejected, deleted, or a word that is new: it cannot be sent.
            _ => TemplateState::Rejected,
        };
        let data: BTreeMap<&str, &str> = self.parameters.iter().map(|name| (name.as_str(), "")).collect();
        let content = json!({ "template_id": self.id, "data": data }).to_string();
        Template { name: self.name, locale: "vi".to_owned(), content, state, words: self.words }
    }
}

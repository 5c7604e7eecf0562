//! What an answer of the Graph API means to Messenger: a code, often made clear by a subcode.

use serde::Deserialize;

use crate::bindings::RejectionClass::{self, *};
use crate::bindings::{Completion, HttpResponse, Instant, Outcome, Rejection};

#[derive(Deserialize)]
struct Refused {
    error: Error,
}

#[derive(Deserialize)]
struct Error {
    code: i64,
    error_subcode: Option<i64>,
    #[serde(default)]
    message: String,
}

/// The subcode decides where it is known, else the code. A new one costs one line.
pub(crate) fn class(code: i64, subcode: i64) -> RejectionClass {
    match (code, subcode) {
        // More than 24 hours since the customer's last word.
        (10, 2018278) => WindowClosed,
        // The page may not send for now.
        (10, 1893063) => SenderPolicy,
        // Sooner than was agreed with the customer.
        (4, 2018354) | (9, 2018352) => FrequencyCap,
        // Nobody has this id, or not to this page.
        (100, 2018001) => InvalidRecipient,
        // The customer blocked the page or is gone.
        (551, _) => NotOnChannel,
        (1, 99) => Unknown,
        (4 | 613 | 80006, _) => RateLimited(None),
        (10 | 190 | 200..=299, _) => Auth,
        (368, _) => SenderPolicy,
        (1 | 2 | 1200, _) => Transient,
        (100, _) => BadRequest,
        _ => Unknown,
    }
}

pub(crate) fn refusal(response: &HttpResponse, now: Instant) -> Option<Rejection> {
    let again = || RateLimited(response.retry_after(now));
    match response.json::<Refused>() {
        Some(Refused { error: Error { code, error_subcode, message } }) => {
            let class = match class(code, error_subcode.unwrap_or_default()) {
                RateLimited(_) => again(),
                class => class,
            };
            let code = error_subcode.map_or(code.to_string(), |subcode| format!("{code}/{subcode}"));
            Some(Rejection::new(class, Some(code), message))
        }
        None if response.status == 429 => Some(Rejection::new(again(), Some("429".to_owned()), "too many requests")),
        None => None,
    }
}

/// Of an answer that is no refusal.
pub(crate) fn to_send(response: &HttpResponse) -> Outcome {
    #[derive(Deserialize)]
    struct Taken {
        message_id: String,
    }
    match response.json::<Taken>().filter(|taken| response.status < 300 && !taken.message_id.is_empty()) {
        Some(Taken { message_id }) => Outcome::accepted(message_id),
        None => Outcome::uncertain(format!("HTTP {} without a message_id and without an error", response.status)),
    }
}

/// Of an answer that is no refusal.
pub(crate) fn to_probe(response: &HttpResponse) -> Completion {
    #[derive(Deserialize)]
    struct Page {
        name: String,
    }
    match response.json::<Page>().filter(|_| response.status < 300) {
        Some(Page { name }) => Completion::Probed(name),
        None => {
            let text = format!("HTTP {} is no answer of the Graph API", response.status);
            Completion::Failed(Rejection::new(Transient, Some(response.status.to_string()), text))
        }
    }
}

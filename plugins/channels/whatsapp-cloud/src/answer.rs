//! What an answer of the Graph API means.

use serde::Deserialize;

use crate::bindings::{Completion, HttpResponse, Instant, Outcome, Rejection, RejectionClass};
use crate::errors::{GraphError, class};

#[derive(Deserialize)]
struct Accepted {
    messages: Vec<AcceptedMessage>,
}

#[derive(Deserialize)]
struct AcceptedMessage {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    error: GraphError,
}

/// Of an answer that is no refusal.
pub(crate) fn to_send(response: &HttpResponse) -> Outcome {
    let accepted = response.json::<Accepted>().and_then(|accepted| accepted.messages.into_iter().next());
    match accepted {
        Some(message) if response.status < 300 && !message.id.is_empty() => Outcome::accepted(message.id),
        _ => Outcome::uncertain(format!("HTTP {} without a message id and without an error", response.status)),
    }
}

/// Of an answer that is no refusal.
pub(crate) fn to_probe(response: &HttpResponse) -> Completion {
    #[derive(Deserialize)]
    struct Number {
        display_phone_number: String,
        verified_name: Option<String>,
    }
    match response.json::<Number>() {
        Some(Number { display_phone_number, verified_name: Some(name) }) if response.status < 300 => {
            Completion::Probed(format!("{name}, {display_phone_number}"))
        }
        Some(number) if response.status < 300 => Completion::Probed(number.display_phone_number),
        _ => odd(response),
    }
}

/// What a question that may be asked again comes to when the answer is not one of the Graph API.
pub(crate) fn odd(response: &HttpResponse) -> Completion {
    let text = format!("HTTP {} is no answer of the Graph API", response.status);
    Completion::Failed(Rejection::new(RejectionClass::Transient, Some(response.status.to_string()), text))
}

/// The provider's own error decides, whatever the status; 429 needs none.
pub(crate) fn refusal(response: &HttpResponse, now: Instant) -> Option<Rejection> {
    let again = response.retry_after(now);
    match response.json::<Refused>() {
        Some(Refused { error }) => {
            let class = match class(error.code) {
                RejectionClass::RateLimited(_) => RejectionClass::RateLimited(again),
                class => class,
            };
            Some(Rejection::new(class, Some(error.code.to_string()), error.words()))
        }
        None if response.status == 429 => {
            Some(Rejection::new(RejectionClass::RateLimited(again), Some("429".to_owned()), "too many requests"))
        }
        None => None,
    }
}

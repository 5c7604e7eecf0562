//! What an answer of the Graph API means.

use serde::Deserialize;

use crate::bindings::{HttpResponse, Instant, Outcome, RejectionClass};
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

pub(crate) fn to_send(response: &HttpResponse, now: Instant) -> Outcome {
    refusal(response, now).unwrap_or_else(|| {
        let accepted = response.json::<Accepted>().and_then(|accepted| accepted.messages.into_iter().next());
        match accepted {
            Some(message) if response.status < 300 && !message.id.is_empty() => Outcome::accepted(message.id),
            _ => Outcome::uncertain(format!("HTTP {} without a message id and without an error", response.status)),
        }
    })
}

pub(crate) fn to_probe(response: &HttpResponse, now: Instant) -> Outcome {
    #[derive(Deserialize)]
    struct Number {
        id: String,
    }
    refusal(response, now).unwrap_or_else(|| match response.json::<Number>() {
        Some(number) if response.status < 300 => Outcome::accepted(number.id),
        _ => Outcome::uncertain(format!("HTTP {} is no answer of the Graph API", response.status)),
    })
}

/// The provider's own error decides, whatever the status; 429 needs none.
fn refusal(response: &HttpResponse, now: Instant) -> Option<Outcome> {
    let again = response.retry_after(now);
    match response.json::<Refused>() {
        Some(Refused { error }) => {
            let class = match class(error.code) {
                RejectionClass::RateLimited(_) => RejectionClass::RateLimited(again),
                class => class,
            };
            Some(Outcome::rejected(class, Some(error.code.to_string()), error.words()))
        }
        None if response.status == 429 => {
            Some(Outcome::rejected(RejectionClass::RateLimited(again), Some("429".to_owned()), "too many requests"))
        }
        None => None,
    }
}

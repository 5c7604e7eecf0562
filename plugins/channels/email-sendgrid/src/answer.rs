//! What an answer of SendGrid means. It has no codes: the status and the field that is wrong say what it is.

use serde::Deserialize;

use crate::bindings::RejectionClass::{self, *};
use crate::bindings::{Completion, HttpResponse, Instant, Outcome, Rejection};

#[derive(Deserialize)]
struct Refused {
    errors: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    message: String,
    field: Option<String>,
}

pub(crate) fn refusal(response: &HttpResponse, now: Instant) -> Option<Rejection> {
    if response.status < 400 {
        return None;
    }
    let error = response.json::<Refused>().and_then(|refused| refused.errors.into_iter().next());
    // A server that failed without a word may have taken the mail.
    if error.is_none() && response.status >= 500 {
        return None;
    }
    let Error { message, field } = error.unwrap_or(Error { message: "no words".to_owned(), field: None });
    let class = match class(response.status, &message, field.as_deref().unwrap_or_default()) {
        RateLimited(_) => RateLimited(again(response, now)),
        class => class,
    };
    let text = field.map_or(message.clone(), |field| format!("{field}: {message}"));
    Some(Rejection::new(class, Some(response.status.to_string()), text))
}

fn class(status: u16, message: &str, field: &str) -> RejectionClass {
    match status {
        400 if field.contains(".to.") => InvalidRecipient,
        401 if message.contains("credits") => Billing,
        // The key, or a sender that is not verified.
        401 | 403 => Auth,
        413 => TooLarge,
        429 => RateLimited(None),
        500.. => Transient,
        400..=499 => BadRequest,
        _ => Unknown,
    }
}

/// SendGrid names the second at which it takes mail again.
fn again(response: &HttpResponse, now: Instant) -> Option<Instant> {
    let reset = response.header("x-ratelimit-reset").and_then(|text| text.trim().parse::<u32>().ok());
    reset.map(|seconds| i64::from(seconds) * 1_000).filter(|at| *at > now).or_else(|| response.retry_after(now))
}

/// Of an answer that is no refusal.
pub(crate) fn to_send(response: &HttpResponse) -> Outcome {
    match response.header("x-message-id").filter(|id| response.status < 300 && !id.is_empty()) {
        Some(id) => Outcome::accepted(id),
        None => Outcome::uncertain(format!("HTTP {} without X-Message-Id and without an error", response.status)),
    }
}

/// Of an answer that is no refusal.
pub(crate) fn to_probe(response: &HttpResponse) -> Completion {
    #[derive(Deserialize)]
    struct Scopes {
        scopes: Vec<String>,
    }
    match response.json::<Scopes>().filter(|_| response.status < 300) {
        Some(Scopes { scopes }) if scopes.iter().any(|scope| scope == "mail.send") => {
            Completion::Probed("the key may send mail".to_owned())
        }
        Some(_) => Completion::Failed(Rejection::new(Auth, None, "the key has not the right Mail Send")),
        None => {
            let text = format!("HTTP {} is no answer of SendGrid", response.status);
            Completion::Failed(Rejection::new(Transient, Some(response.status.to_string()), text))
        }
    }
}

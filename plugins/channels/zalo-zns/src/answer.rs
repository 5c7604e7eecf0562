//! What an answer of Zalo means. Refusals come with the status 200; `error` is 0 where there is none.

use cartwright_sdk::json::Id;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bindings::{Completion, HttpResponse, Instant, Outcome, Rejection, RejectionClass, connection};
use crate::errors::class;

#[derive(Deserialize)]
struct Answer<T> {
    error: i64,
    data: Option<T>,
}

#[derive(Deserialize)]
struct Quota {
    #[serde(rename = "dailyQuota")]
    daily: Id,
    #[serde(rename = "remainingQuota")]
    remaining: Id,
}

pub(crate) fn refusal(response: &HttpResponse, now: Instant) -> Option<Rejection> {
    #[derive(Deserialize)]
    struct Refused {
        error: i64,
        message: Option<String>,
        /// As the tokens' side words it.
        error_description: Option<String>,
    }
    match response.json::<Refused>().filter(|refused| refused.error != 0) {
        Some(Refused { error, message, error_description }) => {
            let text = message.or(error_description).unwrap_or_else(|| "no words".to_owned());
            Some(Rejection::new(class(error, now), Some(error.to_string()), text))
        }
        None if response.status == 429 => {
            let again = RejectionClass::RateLimited(response.retry_after(now));
            Some(Rejection::new(again, Some("429".to_owned()), "too many requests"))
        }
        None => None,
    }
}

/// What a good answer holds.
pub(crate) fn data<T: DeserializeOwned>(response: &HttpResponse) -> Option<T> {
    response.json::<Answer<T>>().filter(|answer| answer.error == 0 && response.status < 300)?.data
}

/// Of an answer that is no refusal.
pub(crate) fn to_send(response: &HttpResponse) -> Outcome {
    #[derive(Deserialize)]
    struct Taken {
        msg_id: String,
        quota: Option<Quota>,
    }
    match data::<Taken>(response).filter(|taken| !taken.msg_id.is_empty()) {
        Some(Taken { msg_id, quota }) => {
            if let Some(quota) = quota.filter(|quota| quota.remaining.0 == "0") {
                connection::log(&format!("that was the last of {} notices today", quota.daily.0));
            }
            Outcome::accepted(msg_id)
        }
        None => Outcome::uncertain(format!("HTTP {} without a msg_id and without an error", response.status)),
    }
}

/// Of an answer that is no refusal.
pub(crate) fn to_probe(response: &HttpResponse) -> Completion {
    match data::<Quota>(response) {
        Some(quota) => Completion::Probed(format!("{} of {} notices left today", quota.remaining.0, quota.daily.0)),
        None => odd(response),
    }
}

/// Of an answer that is no refusal. The tokens themselves are the host's.
pub(crate) fn to_refresh(response: &HttpResponse) -> Completion {
    #[derive(Deserialize)]
    struct Renewed {
        #[serde(rename = "access_token")]
        _access_token: String,
    }
    match response.json::<Renewed>().filter(|_| response.status < 300) {
        Some(_) => Completion::Refreshed,
        None => odd(response),
    }
}

/// What a question that may be asked again comes to when the answer is not one of Zalo's.
pub(crate) fn odd(response: &HttpResponse) -> Completion {
    let text = format!("HTTP {} is no answer of Zalo", response.status);
    Completion::Failed(Rejection::new(RejectionClass::Transient, Some(response.status.to_string()), text))
}

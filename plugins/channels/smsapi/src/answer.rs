//! What an answer of SMSAPI means. A refusal comes with the status 200 as well.

use cartwright_sdk::Amount;
use cartwright_sdk::serde_json::{Number, Value};
use serde::Deserialize;

use crate::bindings::{Acceptance, Completion, HttpResponse, Instant, Outcome, Price, Rejection, RejectionClass};
use crate::errors::{ALREADY_SENT, class};

#[derive(Deserialize)]
struct Refused {
    error: i64,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Taken {
    list: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    points: Option<Value>,
    error: Option<i64>,
}

pub(crate) fn to_send(id: &str, response: &HttpResponse, point: Option<&Amount>, now: Instant) -> Outcome {
    match refusal(response, now) {
        // The first time went out; its reports name it by our own id.
        Some(rejection) if rejection.details.code == Some(ALREADY_SENT.to_string()) => return Outcome::accepted(id),
        Some(rejection) => return Outcome::Rejected(rejection),
        None => {}
    }
    let message = response.json::<Taken>().and_then(|taken| taken.list.into_iter().next());
    match message.filter(|message| response.status < 300 && !message.id.is_empty()) {
        Some(Message { error: Some(code), .. }) if code != 0 => {
            Outcome::rejected(class(code), Some(code.to_string()), "refused for this number")
        }
        Some(message) => {
            let price = message.points.as_ref().and_then(|points| cost(points, point?));
            Outcome::Accepted(Acceptance { provider_id: message.id, price })
        }
        // Whether it went out or not: under the same `idx` it goes out once.
        None => {
            let text = format!("HTTP {} without an id and without an error", response.status);
            Outcome::rejected(RejectionClass::Transient, Some(response.status.to_string()), text)
        }
    }
}

pub(crate) fn to_probe(response: &HttpResponse, now: Instant) -> Completion {
    #[derive(Deserialize)]
    struct Profile {
        name: Option<String>,
        username: Option<String>,
        points: Option<Number>,
    }
    if let Some(rejection) = refusal(response, now) {
        return Completion::Failed(rejection);
    }
    match response.json::<Profile>().filter(|_| response.status < 300) {
        Some(Profile { name, username, points }) if name.is_some() || username.is_some() => {
            let name = name.or(username).unwrap_or_default();
            let points = points.map_or("its points are not told".to_owned(), |points| format!("{points} points left"));
            Completion::Probed(format!("{name}, {points}"))
        }
        _ => {
            let text = format!("HTTP {} is no answer of SMSAPI", response.status);
            Completion::Failed(Rejection::new(RejectionClass::Transient, Some(response.status.to_string()), text))
        }
    }
}

fn refusal(response: &HttpResponse, now: Instant) -> Option<Rejection> {
    let again = || RejectionClass::RateLimited(response.retry_after(now));
    match (response.json::<Refused>(), response.status) {
        (Some(Refused { error, message }), _) => {
            let class = match class(error) {
                RejectionClass::RateLimited(_) => again(),
                class => class,
            };
            Some(Rejection::new(class, Some(error.to_string()), message))
        }
        (None, 429) => Some(Rejection::new(again(), Some("429".to_owned()), "too many requests")),
        // The newer part of the API has errors of its own form.
        (None, 401 | 403) => {
            Some(Rejection::new(RejectionClass::Auth, Some(response.status.to_string()), "the token is refused"))
        }
        _ => None,
    }
}

fn cost(points: &Value, point: &Amount) -> Option<Price> {
    let points = match points {
        Value::String(text) => micros(text),
        Value::Number(number) => micros(&number.to_string()),
        _ => None,
    }?;
    let micros = i128::from(points) * i128::from(micros(&point.amount)?) / 1_000_000;
    Some(Price { micros: i64::try_from(micros).ok()?, currency: point.currency.clone() })
}

/// Millionths of `0.165`.
pub(crate) fn micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<6.6}").parse().ok()
}

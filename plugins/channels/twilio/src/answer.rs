//! What an answer of Twilio means.

use serde::Deserialize;

use crate::bindings::{Completion, HttpResponse, Instant, Outcome, Price, Rejection, RejectionClass};
use crate::errors::class;

#[derive(Deserialize)]
struct Refused {
    code: i64,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Message {
    sid: String,
    /// A message can be taken and be refused at once.
    error_code: Option<i64>,
    error_message: Option<String>,
    price: Option<String>,
    price_unit: Option<String>,
}

/// Twilio's own code decides; a server that failed says nothing of the message.
pub(crate) fn refusal(response: &HttpResponse, now: Instant) -> Option<Rejection> {
    let limited = RejectionClass::RateLimited(response.retry_after(now));
    match response.json::<Refused>().filter(|_| response.status >= 400) {
        Some(Refused { code, message }) => match class(code) {
            RejectionClass::Unknown if response.status >= 500 => None,
            RejectionClass::RateLimited(_) => Some(Rejection::new(limited, Some(code.to_string()), message)),
            class => Some(Rejection::new(class, Some(code.to_string()), message)),
        },
        None if response.status == 429 => Some(Rejection::new(limited, Some("429".to_owned()), "too many requests")),
        None => None,
    }
}

/// Of an answer that is no refusal.
pub(crate) fn to_send(response: &HttpResponse) -> Outcome {
    match response.json::<Message>().filter(|message| response.status < 300 && !message.sid.is_empty()) {
        Some(Message { error_code: Some(code), error_message, .. }) => {
            Outcome::rejected(class(code), Some(code.to_string()), error_message.unwrap_or_default())
        }
        Some(message) => Outcome::accepted(message.sid),
        None => Outcome::uncertain(format!("HTTP {} without a SID and without an error", response.status)),
    }
}

/// Of an answer that is no refusal. The price stays empty until the carrier has taken the message.
pub(crate) fn to_price(response: &HttpResponse) -> Completion {
    match response.json::<Message>().filter(|_| response.status < 300) {
        Some(Message { price: Some(price), price_unit: Some(currency), .. }) => match micros(&price) {
            Some(micros) => Completion::Priced(Some(Price { micros, currency })),
            None => odd(response),
        },
        Some(_) => Completion::Priced(None),
        None => odd(response),
    }
}

/// Of an answer that is no refusal.
pub(crate) fn to_probe(response: &HttpResponse) -> Completion {
    #[derive(Deserialize)]
    struct Account {
        friendly_name: String,
        status: String,
    }
    match response.json::<Account>().filter(|_| response.status < 300) {
        Some(Account { friendly_name, status }) => Completion::Probed(format!("{friendly_name} ({status})")),
        None => odd(response),
    }
}

/// What a question that may be asked again comes to when the answer is not one of Twilio's.
fn odd(response: &HttpResponse) -> Completion {
    let text = format!("HTTP {} is no answer of Twilio", response.status);
    Completion::Failed(Rejection::new(RejectionClass::Transient, Some(response.status.to_string()), text))
}

/// Millionths of `-0.00750`: Twilio writes what it takes with a minus.
fn micros(price: &str) -> Option<i64> {
    let digits = price.strip_prefix('-').unwrap_or(price);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    format!("{whole}{:0<6.6}", fraction).parse().ok()
}

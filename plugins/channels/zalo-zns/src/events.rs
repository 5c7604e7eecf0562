//! Zalo's webhooks. The signature is a hash over the app, the body, the time in it and the account's secret.

use cartwright_sdk::json::{self, Id};
use cartwright_sdk::serde_json;
use serde::Deserialize;

use crate::bindings::{Fault, Instant, Receipt, ReceiptKind, Verification, Webhook};

#[derive(Deserialize)]
struct Event {
    event_name: String,
    timestamp: Id,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    msg_id: Option<Id>,
    tracking_id: Option<Id>,
    delivery_time: Option<Id>,
    note: Option<String>,
    rate: Option<Id>,
}

/// `hash` makes the hash of these bytes and the account's secret, in hexadecimal.
pub(crate) fn verify(webhook: &Webhook, app_id: &str, hash: impl Fn(Vec<u8>) -> Option<Vec<u8>>) -> Verification {
    let refused = |why: &str| Verification::Refused(why.to_owned());
    let Some(signature) = webhook.header("x-zevent-signature") else {
        return refused("X-ZEvent-Signature is missing");
    };
    let Ok(Event { timestamp, .. }) = serde_json::from_slice(&webhook.body) else {
        return refused("the body is no event with a timestamp");
    };
    let data = [app_id.as_bytes(), &webhook.body, timestamp.0.as_bytes()].concat();
    let signature = signature.strip_prefix("mac=").unwrap_or(signature).to_ascii_lowercase();
    match hash(data) {
        Some(hash) if is_same(&hash, signature.as_bytes()) => Verification::Authentic,
        _ => refused("X-ZEvent-Signature does not fit the app and the account's secret"),
    }
}

/// Takes as long whatever the two are.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

pub(crate) fn read(body: &[u8]) -> Result<Vec<Receipt>, Fault> {
    let Event { event_name, timestamp, message } = json::input(body)?;
    let Some(message) = message else { return Ok(Vec::new()) };
    let (kind, text) = match event_name.as_str() {
        "user_received_message" => (ReceiptKind::Delivered, None),
        // The customer rates what the notice was about.
        "user_feedback" => (ReceiptKind::Replied, message.note.or(message.rate.map(|rate| rate.0))),
        _ => return Ok(Vec::new()),
    };
    let millis = |id: Option<Id>| id.and_then(|id| id.0.parse::<Instant>().ok()).filter(|at| *at > 0);
    let (Some(id), Some(told_at)) = (message.msg_id, millis(Some(timestamp))) else { return Ok(Vec::new()) };
    Ok(vec![Receipt {
        id: format!("{}:{event_name}", id.0),
        kind,
        at: millis(message.delivery_time).unwrap_or(told_at),
        provider_id: Some(id.0),
        message_id: message.tracking_id.map(|id| id.0),
        sender: None,
        text,
        failure: None,
        price: None,
    }])
}

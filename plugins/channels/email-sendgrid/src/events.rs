//! SendGrid's event webhook: batches, each event with an id of its own, in any order and more than once.

use cartwright_sdk::encoding::from_base64;
use cartwright_sdk::json;
use cartwright_sdk::serde_json::{self, Value};
use serde::Deserialize;

use crate::TOO_OLD;
use crate::bindings::RejectionClass::{self, *};
use crate::bindings::{Address, AddressKind, Fault, Instant, Receipt, ReceiptKind, Rejection, Verification, Webhook};

const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

pub(crate) fn verify(webhook: &Webhook, now: Instant, is_signed: impl Fn(&[u8], &[u8]) -> bool) -> Verification {
    let refused = |why: &str| Verification::Refused(why.to_owned());
    let Some(signature) = webhook.header(SIGNATURE).and_then(from_base64) else {
        return refused("X-Twilio-Email-Event-Webhook-Signature is missing or is no base64");
    };
    let Some(timestamp) = webhook.header(TIMESTAMP) else {
        return refused("X-Twilio-Email-Event-Webhook-Timestamp is missing");
    };
    let told_at = timestamp.parse::<u32>().map(|seconds| i64::from(seconds) * 1_000);
    if told_at.is_ok_and(|at| at < now - TOO_OLD) {
        return refused("the event was signed more than three days ago");
    }
    if is_signed(&[timestamp.as_bytes(), &webhook.body].concat(), &signature) {
        Verification::Authentic
    } else {
        refused("the signature does not fit the verification key")
    }
}

/// Each event is read alone: one of a new kind hides no other.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Receipt>, Fault> {
    let events: Vec<Value> = json::input(body)?;
    let known = |event| serde_json::from_value::<Event>(event).ok();
    Ok(events.into_iter().filter_map(known).filter_map(Event::receipt).collect())
}

#[derive(Deserialize)]
struct Event {
    event: String,
    sg_event_id: String,
    timestamp: i64,
    email: Option<String>,
    sg_message_id: Option<String>,
    cartwright_message: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    reason: String,
    status: Option<String>,
    url: Option<String>,
    /// Apple's mail opens everything, whether somebody reads it or not.
    #[serde(default)]
    sg_machine_open: bool,
}

impl Event {
    fn receipt(self) -> Option<Receipt> {
        let kind = match self.event.as_str() {
            "processed" => ReceiptKind::Accepted,
            "delivered" => ReceiptKind::Delivered,
            "open" if !self.sg_machine_open => ReceiptKind::Read,
            "click" => ReceiptKind::Clicked,
            "bounce" | "dropped" => ReceiptKind::Failed,
            "spamreport" | "unsubscribe" | "group_unsubscribe" => ReceiptKind::OptedOut,
            // What is deferred, SendGrid tries again.
            _ => return None,
        };
        let failure = (kind == ReceiptKind::Failed)
            .then(|| Rejection::new(class(&self.event, &self.kind, &self.reason), self.status, self.reason));
        // What SendGrid answered to the mail is the beginning of this.
        let provider_id = self.sg_message_id.as_deref().and_then(|id| id.split('.').next()).map(str::to_owned);
        Some(Receipt {
            id: self.sg_event_id,
            kind,
            at: self.timestamp.checked_mul(1_000)?,
            provider_id,
            message_id: self.cartwright_message,
            sender: self.email.map(|value| Address { kind: AddressKind::Email, value }),
            text: self.url,
            failure,
            price: None,
        })
    }
}

fn class(event: &str, kind: &str, reason: &str) -> RejectionClass {
    match (event, kind) {
        // The receiver refuses us for now; the address may be good.
        ("bounce", "blocked") => Transient,
        ("bounce", _) => InvalidRecipient,
        // Not even tried, because of what SendGrid knows of the address.
        _ if reason.starts_with("Bounced") || reason.starts_with("Invalid") => InvalidRecipient,
        _ if reason.starts_with("Unsubscribed") || reason.starts_with("Spam Report") => OptOut,
        _ if reason.starts_with("Spam Content") => ContentPolicy,
        _ => Unknown,
    }
}

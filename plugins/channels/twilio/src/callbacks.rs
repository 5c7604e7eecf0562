//! Twilio's webhooks: the states of our messages, and what customers write.
//!
//! They are forms without a time of their own. A callback may come late and twice, so a receipt is named after what it
//! says.

use crate::bindings::{
    Address, AddressKind, Instant, Receipt, ReceiptKind, Rejection, RejectionClass, Verification, Webhook,
};
use crate::errors::class;
use cartwright_sdk::encoding::from_base64;

/// The query field of the callback address in which our message's id travels.
pub(crate) const ECHO: &str = "message";

/// Twilio signs the address that it called, and the fields sorted by name.
pub(crate) fn verify(webhook: &Webhook, address: &str, is_signed: impl Fn(&[u8], &[u8]) -> bool) -> Verification {
    let signature = webhook.header("x-twilio-signature").and_then(from_base64);
    let Some(signature) = signature.filter(|signature| !signature.is_empty()) else {
        return Verification::Refused("X-Twilio-Signature is missing or is no base64".to_owned());
    };
    let mut fields = webhook.form();
    fields.sort();
    fields.dedup();
    let fields: String = fields.into_iter().map(|(name, value)| name + &value).collect();
    let signed = |address: &str| is_signed(format!("{address}{}{fields}", webhook.path).as_bytes(), &signature);
    // Twilio may name the usual port or leave it out.
    if signed(address) || signed(&with_port(address)) {
        Verification::Authentic
    } else {
        Verification::Refused(format!("X-Twilio-Signature does not fit the auth token and the address {address}"))
    }
}

fn with_port(address: &str) -> String {
    let port = if address.starts_with("https:") { ":443" } else { ":80" };
    let host = address.find("://").map_or(0, |scheme| scheme + 3);
    let end = address[host..].find('/').map_or(address.len(), |slash| host + slash);
    if address[host..end].contains(':') {
        return address.to_owned();
    }
    format!("{}{port}{}", &address[..end], &address[end..])
}

pub(crate) fn read(webhook: &Webhook, now: Instant) -> Option<Receipt> {
    let form = webhook.form();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let sid = field("MessageSid").or(field("SmsSid")).filter(|sid| !sid.is_empty())?;
    // A status callback has no body; a message of a customer's has one, if only an empty one.
    match field("Body") {
        Some(body) => Some(inbound(sid, body, field, now)),
        None => state(sid, field, now, webhook.query(ECHO)),
    }
}

fn state<'a>(
    sid: &str,
    field: impl Fn(&str) -> Option<&'a str>,
    now: Instant,
    message_id: Option<String>,
) -> Option<Receipt> {
    let status = field("MessageStatus").or(field("SmsStatus"))?;
    let kind = match status {
        "sent" => ReceiptKind::Accepted,
        "delivered" => ReceiptKind::Delivered,
        "read" => ReceiptKind::Read,
        "failed" | "undelivered" | "canceled" => ReceiptKind::Failed,
        // On its way within Twilio.
        _ => return None,
    };
    let failure = (kind == ReceiptKind::Failed).then(|| {
        let code = field("ErrorCode").and_then(|code| code.parse().ok());
        let words = field("ErrorMessage").unwrap_or(status);
        Rejection::new(code.map_or(RejectionClass::Unknown, class), code.map(|code| code.to_string()), words)
    });
    let id = format!("{sid}:{status}");
    Some(Receipt { provider_id: Some(sid.to_owned()), message_id, failure, ..receipt(id, kind, now) })
}

/// Twilio knows the customer's word for stopping in their language; where it does not say, ours are known to the host.
fn inbound<'a>(sid: &str, body: &str, field: impl Fn(&str) -> Option<&'a str>, now: Instant) -> Receipt {
    let (kind, text) = match field("OptOutType") {
        Some("STOP") => (ReceiptKind::OptedOut, body),
        Some("START") => (ReceiptKind::Replied, "START"),
        _ => (ReceiptKind::Replied, body),
    };
    let sender = field("From").map(|from| Address { kind: AddressKind::Phone, value: from.to_owned() });
    Receipt { sender, text: Some(text.to_owned()), ..receipt(sid.to_owned(), kind, now) }
}

fn receipt(id: String, kind: ReceiptKind, at: Instant) -> Receipt {
    Receipt { id, kind, at, provider_id: None, message_id: None, sender: None, text: None, failure: None, price: None }
}

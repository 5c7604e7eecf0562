//! Webhooks as Meta sends them for WhatsApp: our own records in the platform's shape, signed as it signs.

use cartwright_domain::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::shopify::Delivery;

/// What the test's channel shares with the app at Meta.
pub const APP_SECRET: &str = "hush-this-signs-receipts";
/// The number that sends, by Meta's id.
pub const PHONE_NUMBER_ID: &str = "105500000000001";

/// A status of a message: `sent`, `delivered`, `read` or `failed`.
pub fn status(wamid: &str, status: &str, echo: Option<&str>, at: Timestamp) -> Value {
    let mut state = json!({
        "id": wamid,
        "status": status,
        "timestamp": (at.millis() / 1_000).to_string(),
        "recipient_id": "4915112345678",
        "pricing": { "billable": true, "pricing_model": "PMP", "category": "marketing", "type": "regular" },
    });
    if let Some(echo) = echo {
        state["biz_opaque_callback_data"] = json!(echo);
    }
    change(json!({ "statuses": [state] }))
}

/// A status that says why a message failed.
pub fn failed(wamid: &str, code: i64, title: &str, at: Timestamp) -> Value {
    let mut news = status(wamid, "failed", None, at);
    news["entry"][0]["changes"][0]["value"]["statuses"][0]["errors"] = json!([{ "code": code, "title": title }]);
    news
}

/// A tap on a quick reply of a template.
pub fn quick_reply(wamid: &str, answered: &str, payload: &str, at: Timestamp) -> Value {
    change(json!({
        "contacts": [{ "profile": { "name": "Ana" }, "wa_id": "4915112345678" }],
        "messages": [{
            "from": "4915112345678",
            "id": wamid,
            "timestamp": (at.millis() / 1_000).to_string(),
            "type": "button",
            "context": { "from": "4930123456", "id": answered },
            "button": { "payload": payload, "text": "Show me" },
        }],
    }))
}

/// A text that answers one of our messages.
pub fn reply(wamid: &str, answered: &str, text: &str, at: Timestamp) -> Value {
    let mut news = quick_reply(wamid, answered, "", at);
    let message = &mut news["entry"][0]["changes"][0]["value"]["messages"][0];
    message["type"] = json!("text");
    message["text"] = json!({ "body": text });
    if let Some(fields) = message.as_object_mut() {
        fields.remove("button");
    }
    news
}

/// What Meta has decided on a template in English: `APPROVED`, `REJECTED`, `PAUSED` and so on.
pub fn template_decided(name: &str, event: &str, reason: &str, at: Timestamp) -> Value {
    let value = json!({
        "event": event,
        "message_template_id": 1_689_556_908_129_832_u64,
        "message_template_name": name,
        "message_template_language": "en_US",
        "reason": reason,
    });
    let change = json!({ "field": "message_template_status_update", "value": value });
    let entry = json!({ "id": "203", "time": at.millis() / 1_000, "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] })
}

/// A delivery signed with the app's secret.
pub fn delivery(body: &Value) -> Delivery {
    let body = body.to_string().into_bytes();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-hub-signature-256", format!("sha256={}", hex_signature(APP_SECRET, &body))),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Delivery { topic: "messages".into(), headers, body }
}

/// The HMAC-SHA256 of a body in hexadecimal, as many platforms sign their webhooks.
pub fn hex_signature(secret: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn change(value: Value) -> Value {
    let mut value = value;
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({ "display_phone_number": "4930123456", "phone_number_id": PHONE_NUMBER_ID });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "203", "changes": [{ "field": "messages", "value": value }] }] })
}

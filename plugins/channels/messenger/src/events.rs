//! Messenger's webhooks. A delivery mostly names the messages; reading is told as a watermark, for everything before it:
//! such a receipt names the customer and no message. Whoever opts in to marketing is told of with their token.

use cartwright_sdk::json;
use cartwright_sdk::serde_json::{self, Value};
use serde::Deserialize;

use crate::bindings::{Address, AddressKind, Fault, Instant, Receipt, ReceiptKind};

#[derive(Deserialize)]
struct Delivery {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    messaging: Vec<Value>,
}

#[derive(Deserialize)]
struct Event {
    sender: Option<Person>,
    timestamp: Option<Instant>,
    delivery: Option<Watermark>,
    read: Option<Watermark>,
    message: Option<Inbound>,
    postback: Option<Postback>,
    optin: Option<OptIn>,
    referral: Option<Referral>,
}

#[derive(Deserialize)]
struct Person {
    id: String,
}

#[derive(Deserialize)]
struct Watermark {
    watermark: Instant,
    #[serde(default)]
    mids: Vec<String>,
}

#[derive(Deserialize)]
struct Inbound {
    mid: String,
    text: Option<String>,
    /// What the page itself wrote.
    #[serde(default)]
    is_echo: bool,
    quick_reply: Option<Payload>,
    reply_to: Option<Answered>,
}

#[derive(Deserialize)]
struct Payload {
    payload: String,
}

#[derive(Deserialize)]
struct Answered {
    mid: Option<String>,
}

#[derive(Deserialize)]
struct Postback {
    mid: Option<String>,
    payload: Option<String>,
    title: Option<String>,
    /// Where somebody came from who taps "Get started".
    referral: Option<Referral>,
}

/// The link by which somebody came, as `https://m.me/…?ref=` names it.
#[derive(Deserialize)]
struct Referral {
    #[serde(rename = "ref")]
    name: Option<String>,
}

#[derive(Deserialize)]
struct OptIn {
    notification_messages_token: Option<String>,
    notification_messages_status: Option<String>,
}

/// Each event is read alone: one of a new kind hides no other.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Receipt>, Fault> {
    let delivery: Delivery = json::input(body)?;
    let events = delivery.entry.into_iter().flat_map(|entry| entry.messaging);
    let known = |event| serde_json::from_value::<Event>(event).ok();
    Ok(events.filter_map(known).flat_map(Event::receipts).collect())
}

impl Event {
    fn receipts(self) -> Vec<Receipt> {
        let who = self.sender.map_or_else(String::new, |person| person.id);
        let sender = Some(who.clone()).filter(|id| !id.is_empty()).map(handle);
        let told = |id: String, kind, at| Receipt {
            id,
            kind,
            at,
            provider_id: None,
            message_id: None,
            sender: sender.clone(),
            text: None,
            failure: None,
            price: None,
        };
        let mut receipts = Vec::new();
        if let Some(Watermark { watermark, mids }) = self.delivery {
            if mids.is_empty() {
                receipts.push(told(format!("{who}:delivered:{watermark}"), ReceiptKind::Delivered, watermark));
            }
            receipts.extend(mids.into_iter().map(|mid| Receipt {
                provider_id: Some(mid.clone()),
                ..told(format!("{mid}:delivered"), ReceiptKind::Delivered, watermark)
            }));
        }
        if let Some(Watermark { watermark, .. }) = self.read {
            receipts.push(told(format!("{who}:read:{watermark}"), ReceiptKind::Read, watermark));
        }
        let Some(at) = self.timestamp else { return receipts };
        if let Some(message) = self.message.filter(|message| !message.is_echo) {
            let (kind, text) = match message.quick_reply {
                Some(reply) => (ReceiptKind::Clicked, Some(reply.payload)),
                None => (ReceiptKind::Replied, message.text),
            };
            let provider_id = message.reply_to.and_then(|answered| answered.mid);
            receipts.push(Receipt { provider_id, text, ..told(message.mid, kind, at) });
        }
        let came = |referral: Option<Referral>| {
            let text = Some(referral?.name.filter(|name| !name.is_empty())?);
            Some(Receipt { text, ..told(format!("{who}:referral:{at}"), ReceiptKind::Clicked, at) })
        };
        receipts.extend(came(self.referral));
        if let Some(Postback { mid, payload, title, referral }) = self.postback {
            receipts.extend(came(referral));
            let id = mid.unwrap_or_else(|| format!("{who}:postback:{at}"));
            receipts.push(Receipt { text: payload.or(title), ..told(id, ReceiptKind::Clicked, at) });
        }
        if let Some(OptIn { notification_messages_token: Some(token), notification_messages_status: Some(status) }) =
            self.optin
        {
            // A person may have opted in to several topics, each with a token of its own: the newest is written to.
            let (kind, text) = match status.as_str() {
                "STOP NOTIFICATIONS" | "STOP_NOTIFICATIONS" => (ReceiptKind::OptedOut, None),
                _ => (ReceiptKind::Replied, Some("START".to_owned())),
            };
            let sender = Some(handle(format!("{who}#{token}")));
            receipts.push(Receipt { sender, text, ..told(format!("{token}:{status}:{at}"), kind, at) });
        }
        receipts
    }
}

fn handle(value: String) -> Address {
    Address { kind: AddressKind::Handle, value }
}

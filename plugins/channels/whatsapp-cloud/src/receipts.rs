//! Meta's webhooks: states of our messages, replies, clicks and preferences.
//!
//! Deliveries are repeated for days and come in any order, without an id of their own; so each receipt is named after
//! what it says. What is not known here is left out. Customers may hide their number behind a user name: then Meta names
//! them by an id that is theirs with one business, and tells both as long as the number is not hidden.

use cartwright_sdk::json::{self, Id};
use cartwright_sdk::serde_json::{self, Value};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bindings::{
    Address, AddressKind, Details, Fault, Instant, Receipt, ReceiptKind, Rejection, TemplateState, templates,
};
use crate::errors::{GraphError, class};
use crate::library;

#[derive(Deserialize)]
struct Delivery<T> {
    #[serde(default)]
    entry: Vec<Entry<T>>,
}

#[derive(Deserialize)]
struct Entry<T> {
    time: Option<Id>,
    #[serde(default)]
    changes: Vec<Change<T>>,
}

#[derive(Deserialize)]
struct Change<T> {
    #[serde(default)]
    field: String,
    #[serde(default)]
    value: T,
}

/// Each item is read alone: one of a new kind hides no other.
#[derive(Deserialize, Default)]
struct News {
    #[serde(default)]
    contacts: Vec<Value>,
    #[serde(default)]
    statuses: Vec<Value>,
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    user_preferences: Vec<Value>,
}

pub(crate) fn read(body: &[u8]) -> Result<Vec<Receipt>, Fault> {
    let delivery: Delivery<News> = json::input(body)?;
    let mut receipts = Vec::new();
    for news in delivery.entry.into_iter().flat_map(|entry| entry.changes).map(|change| change.value) {
        let contacts: Vec<Contact> = news.contacts.into_iter().filter_map(known).collect();
        let statuses = news.statuses.into_iter().filter_map(known::<Status>);
        receipts.extend(statuses.filter_map(|status| status.receipt(&contacts)));
        let messages = news.messages.into_iter().filter_map(known::<Inbound>);
        receipts.extend(messages.filter_map(|message| message.receipt(&contacts)));
        let preferences = news.user_preferences.into_iter().filter_map(known::<Preference>);
        receipts.extend(preferences.filter_map(|preference| preference.receipt(&contacts)));
    }
    Ok(receipts)
}

/// Somebody whom a delivery is about.
#[derive(Deserialize)]
struct Contact {
    wa_id: Option<String>,
    user_id: Option<String>,
}

/// Whom Meta means, by the number, by the id behind it, or by both: what an item leaves out may stand in its contact.
fn person(wa_id: Option<String>, user_id: Option<String>, contacts: &[Contact]) -> Option<Address> {
    let is_same = |contact: &&Contact| match (&wa_id, &user_id) {
        (Some(_), _) => contact.wa_id == wa_id,
        (None, Some(_)) => contact.user_id == user_id,
        (None, None) => false,
    };
    let contact = contacts.iter().find(is_same);
    let of_contact = |read: fn(&Contact) -> &Option<String>| contact.and_then(|contact| read(contact).clone());
    let wa_id = wa_id.clone().or_else(|| of_contact(|contact| &contact.wa_id));
    let user_id = user_id.clone().or_else(|| of_contact(|contact| &contact.user_id));
    let handle = |value| Address { kind: AddressKind::Handle, value };
    match (wa_id.filter(|id| !id.is_empty()), user_id.filter(|id| !id.is_empty())) {
        (Some(wa_id), None) => Some(phone(&wa_id)),
        (None, Some(id)) => Some(handle(id)),
        // The host takes a phone behind a handle for another address of theirs.
        (Some(wa_id), Some(id)) => Some(handle(format!("{id}#{}", phone(&wa_id).value))),
        (None, None) => None,
    }
}

/// What Meta has decided on templates: approved, rejected, paused and whatever else it calls it.
pub(crate) fn templates(body: &[u8], now: Instant) -> Result<Vec<templates::News>, Fault> {
    let delivery: Delivery<Value> = json::input(body)?;
    let mut news = Vec::new();
    for entry in delivery.entry {
        let at = entry.time.as_ref().and_then(millis).unwrap_or(now);
        let decisions = entry.changes.into_iter().filter(|change| change.field == "message_template_status_update");
        news.extend(decisions.filter_map(|change| known::<Decision>(change.value)).map(|decision| decision.news(at)));
    }
    Ok(news)
}

/// What Meta has decided on a template.
#[derive(Deserialize)]
struct Decision {
    event: String,
    #[serde(rename = "message_template_name")]
    name: String,
    #[serde(rename = "message_template_language")]
    language: String,
    reason: Option<String>,
    rejection_info: Option<Explained>,
}

/// Why it was rejected, for people.
#[derive(Deserialize)]
struct Explained {
    reason: Option<String>,
    recommendation: Option<String>,
}

impl Decision {
    fn news(self, at: Instant) -> templates::News {
        let code = self.reason.filter(|reason| reason != "NONE" && !reason.is_empty());
        let explained = self.rejection_info.map_or([None, None], |info| [info.reason, info.recommendation]);
        let words: Vec<String> = [code].into_iter().chain(explained).flatten().collect();
        let (state, words) = library::state(&self.event, Some(words.join(" ")).filter(|words| !words.is_empty()));
        let state = match state {
            TemplateState::Pending => templates::State::Pending,
            TemplateState::Approved => templates::State::Approved,
            TemplateState::Rejected => templates::State::Rejected,
            TemplateState::Paused => templates::State::Paused,
        };
        templates::News { name: self.name, locale: Some(self.language.replace('_', "-")), state, words, at }
    }
}

fn known<T: DeserializeOwned>(item: Value) -> Option<T> {
    serde_json::from_value(item).ok()
}

fn millis(seconds: &Id) -> Option<Instant> {
    seconds.0.parse::<Instant>().ok()?.checked_mul(1_000)
}

fn phone(wa_id: &str) -> Address {
    Address { kind: AddressKind::Phone, value: format!("+{}", wa_id.trim_start_matches('+')) }
}

fn receipt(id: String, kind: ReceiptKind, at: Instant) -> Receipt {
    Receipt { id, kind, at, provider_id: None, message_id: None, sender: None, text: None, failure: None, price: None }
}

/// What became of a message of ours.
#[derive(Deserialize)]
struct Status {
    id: String,
    status: String,
    timestamp: Id,
    /// The number, or the group.
    recipient_id: Option<String>,
    recipient_user_id: Option<String>,
    biz_opaque_callback_data: Option<String>,
    #[serde(default)]
    errors: Vec<GraphError>,
}

impl Status {
    fn receipt(self, contacts: &[Contact]) -> Option<Receipt> {
        let kind = match self.status.as_str() {
            "sent" => ReceiptKind::Accepted,
            "delivered" => ReceiptKind::Delivered,
            // A voice message is played.
            "read" | "played" => ReceiptKind::Read,
            "failed" => ReceiptKind::Failed,
            _ => return None,
        };
        let failure = (kind == ReceiptKind::Failed).then(|| match self.errors.first() {
            Some(error) => Rejection {
                class: class(error.code),
                details: Details { code: Some(error.code.to_string()), text: error.words() },
            },
            None => Rejection {
                class: crate::bindings::RejectionClass::Unknown,
                details: Details { code: None, text: "Meta gave no reason".to_owned() },
            },
        });
        // Whose phone it came to is told once: with the delivery, and only where there is an id behind the number.
        let is_told = kind == ReceiptKind::Delivered && contacts.iter().any(|contact| contact.user_id.is_some());
        let sender = person(self.recipient_id, self.recipient_user_id, contacts)
            .filter(|who| is_told && who.kind == AddressKind::Handle);
        let id = format!("{}:{}:{}", self.id, self.status, self.timestamp.0);
        Some(Receipt {
            sender,
            provider_id: Some(self.id),
            message_id: self.biz_opaque_callback_data,
            failure,
            ..receipt(id, kind, millis(&self.timestamp)?)
        })
    }
}

/// What a customer wrote or tapped.
#[derive(Deserialize)]
struct Inbound {
    id: String,
    timestamp: Id,
    #[serde(rename = "type")]
    kind: String,
    /// Absent where the customer hides the number behind a user name.
    from: Option<String>,
    from_user_id: Option<String>,
    context: Option<Context>,
    text: Option<Text>,
    button: Option<TemplateButton>,
    interactive: Option<Interactive>,
}

#[derive(Deserialize)]
struct Context {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    body: String,
}

/// A quick reply of a template.
#[derive(Deserialize)]
struct TemplateButton {
    payload: Option<String>,
    text: Option<String>,
}

/// A reply button or list of a free message.
#[derive(Deserialize)]
struct Interactive {
    button_reply: Option<Choice>,
    list_reply: Option<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    id: String,
}

impl Inbound {
    fn receipt(self, contacts: &[Contact]) -> Option<Receipt> {
        let (kind, text) = match self.kind.as_str() {
            "text" => (ReceiptKind::Replied, Some(self.text?.body)),
            "button" => (ReceiptKind::Clicked, self.button.and_then(|button| button.payload.or(button.text))),
            "interactive" => {
                let choice = self.interactive.and_then(|chosen| chosen.button_reply.or(chosen.list_reply));
                (ReceiptKind::Clicked, Some(choice?.id))
            }
            "image" | "audio" | "video" | "document" | "sticker" | "location" | "contacts" => {
                (ReceiptKind::Replied, None)
            }
            _ => return None,
        };
        Some(Receipt {
            // The message of ours that was answered: that is what a click belongs to.
            provider_id: self.context.and_then(|context| context.id),
            sender: person(self.from, self.from_user_id, contacts),
            text,
            ..receipt(self.id, kind, millis(&self.timestamp)?)
        })
    }
}

/// The customer told WhatsApp to stop or resume marketing from this business.
#[derive(Deserialize)]
struct Preference {
    /// Absent where the customer hides the number behind a user name.
    wa_id: Option<String>,
    user_id: Option<String>,
    category: String,
    value: String,
    timestamp: Id,
}

impl Preference {
    fn receipt(self, contacts: &[Contact]) -> Option<Receipt> {
        // Who resumes has said START.
        let (kind, text) = match (self.category.as_str(), self.value.as_str()) {
            ("marketing_messages", "stop") => (ReceiptKind::OptedOut, None),
            ("marketing_messages", "resume") => (ReceiptKind::Replied, Some("START".to_owned())),
            _ => return None,
        };
        let who = self.wa_id.clone().or(self.user_id.clone())?;
        let sender = person(self.wa_id, self.user_id, contacts);
        let id = format!("{who}:{}:{}", self.value, self.timestamp.0);
        Some(Receipt { sender, text, ..receipt(id, kind, millis(&self.timestamp)?) })
    }
}

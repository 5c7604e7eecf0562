//! Webhooks as they arrive, and what plugins make of them.

use bytes::Bytes;
use cartwright_domain::event::{Event, Receipt};
use cartwright_domain::template::TemplateNews;
use cartwright_domain::time::Timestamp;

/// A webhook as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Method.
    pub method: String,
    /// Below the connection's address, with the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Raw body.
    pub body: Bytes,
}

/// Whether a webhook is what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Signed by the other side.
    Authentic,
    /// Answer this and process nothing.
    Handshake {
        /// Status.
        status: u16,
        /// Content type.
        content_type: String,
        /// Body.
        body: Vec<u8>,
    },
    /// Not signed, with the reason for the log.
    Refused(String),
}

/// What a source made of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// These happened.
    Events(Vec<Event>),
    /// A topic it does not know.
    UnknownTopic(String),
}

/// What a channel made of a webhook.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Received {
    /// What became of messages, and what customers did.
    pub receipts: Vec<ReceiptEvent>,
    /// What became of templates.
    pub templates: Vec<TemplateNews>,
}

/// A receipt under the id of its fact.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiptEvent {
    /// Stable for the same fact.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub receipt: Receipt,
}

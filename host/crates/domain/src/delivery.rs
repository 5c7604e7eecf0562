//! What came in at a channel or source lately, as people look at it: whatever became of it, without credentials. Any
//! customer's data may be in it, and nobody can say whose (S45).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::NoteId;
use crate::time::Timestamp;

/// A delivery and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// Ours; later ones are greater.
    pub id: NoteId,
    /// When it came.
    pub received_at: Timestamp,
    /// What came of it.
    pub outcome: DeliveryOutcome,
    /// The HTTP status that it was answered with.
    pub status: u16,
    /// How many events, receipts and decisions on templates were in it.
    pub told: u32,
    /// How many of them were known before.
    pub known: u32,
    /// Why it was put aside, or not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// As it came.
    pub request: RawRequest,
}

/// What came of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// All of it is durable.
    Accepted,
    /// All that it told was known before; nothing changed (S02).
    AlreadyKnown,
    /// It is authentic and could not be taken, or not all of it.
    PutAside,
    /// The sender's own handshake, answered as it asks.
    Handshake,
    /// It does not prove that it is the sender's.
    Refused,
    /// Nobody could say whether it is the sender's.
    Unverified,
}

impl DeliveryOutcome {
    /// What people can do, where there is something.
    pub fn next_step(self) -> Option<&'static str> {
        match self {
            Self::Accepted | Self::AlreadyKnown | Self::Handshake => None,
            Self::PutAside => Some("Put right what the reason names, then take it in again."),
            Self::Refused => Some(
                "If it is the sender's own, set the secret here that it signs with, then let it send again; otherwise \
                 there is nothing to do.",
            ),
            Self::Unverified => Some(
                "Make a version of its plugin active that works, and look at its traps; the sender tries again by \
                 itself.",
            ),
        }
    }

    /// Whether it came from the other side for sure: whoever knows the address may send the rest.
    pub fn is_proven(self) -> bool {
        matches!(self, Self::Accepted | Self::AlreadyKnown | Self::PutAside)
    }
}

/// A request as it came over the line, without credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RawRequest {
    /// Method.
    pub method: String,
    /// Below the connection's address, with the query.
    pub path: String,
    /// Names and values; those that hold credentials are `***`.
    pub headers: Vec<(String, String)>,
    /// The body, or its beginning.
    pub body: RawBody,
    /// How long the whole body was, in bytes.
    pub bytes: u64,
    /// Whether only the beginning of the body is kept.
    pub is_cut: bool,
}

/// The bytes of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawBody {
    /// As they are.
    Text(String),
    /// Where they are no text.
    Base64(String),
}

//! What an author may tell the kit, where a schema alone does not say enough.

use std::collections::BTreeMap;

use bytes::Bytes;
use cartwright_engine::ports::Webhook;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fixture file. Everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fixture {
    /// Configurations to try; else those of the schema's `examples` and `default`, else one made after the schema.
    pub configs: Vec<Value>,
    /// Channels: contents to send, as the content schema says.
    pub contents: Vec<Value>,
    /// Values of secrets by name, where a signature below was made with them.
    pub secrets: BTreeMap<String, String>,
    /// Webhooks as the other side sends and signs them.
    pub webhooks: Vec<SampleWebhook>,
}

/// A webhook, signed with the fixture's secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleWebhook {
    /// `POST` if nothing is said.
    #[serde(default = "post")]
    pub method: String,
    /// Below the connection's address, with the query.
    #[serde(default)]
    pub path: String,
    /// Names in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body as text.
    #[serde(default)]
    pub body: String,
}

fn post() -> String {
    "POST".to_owned()
}

impl SampleWebhook {
    pub(super) fn arrived(&self) -> Webhook {
        Webhook {
            method: self.method.clone(),
            path: self.path.clone(),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            body: Bytes::copy_from_slice(self.body.as_bytes()),
        }
    }
}

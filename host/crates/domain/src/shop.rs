//! A shop and its connections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::contact::AddressKind;
use crate::event::ReceiptKind;
use crate::ids::{ConnectionId, ShopId};
use crate::message::HoldReason;
use crate::money::Currency;
use crate::time::Timestamp;

/// One merchant, the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shop {
    /// Ours.
    pub id: ShopId,
    /// What people call it.
    pub name: String,
    /// The currency of its reports and of `orders.spent`.
    pub currency: Currency,
    /// IANA zone of its local times.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Country that free-form phone numbers belong to when nothing else says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Channels (by name) on which marketing also goes to customers who never said yes or no (S18).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_consent_passes: Vec<String>,
}

fn utc() -> String {
    "UTC".into()
}

/// A shop's configured channel or source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// Ours; also the secret part of its webhook address.
    pub id: ConnectionId,
    /// Unique in the shop; strategies name channels by it.
    pub name: String,
    /// Channel or source.
    pub kind: ConnectionKind,
    /// The plugin that speaks for it.
    pub plugin: PluginRef,
    /// Fits the plugin's config schema.
    #[serde(default)]
    pub config: Value,
    /// What the shop allows the plugin here.
    #[serde(default)]
    pub grants: Grants,
    /// Only for channels: what the plugin says of itself, kept so that deciding needs no call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ability: Option<ChannelAbility>,
    /// Why nothing goes out at the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// Contents that are held on this channel.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held_contents: BTreeMap<String, Hold>,
    /// Refusals in a row that the provider gave without a known code.
    #[serde(default)]
    pub odd_refusals: u32,
}

/// What a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// Messages go out.
    Channel,
    /// Events come in.
    Source,
}

/// What a channel can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelAbility {
    /// The name that content variants use.
    pub channel: String,
    /// Addresses it can use, best first.
    pub addresses: Vec<AddressKind>,
    /// The same message sent twice reaches the customer once.
    pub idempotent: bool,
    /// It can be asked what became of a message.
    pub lookup: bool,
    /// Everything it can be asked to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<ChannelTaskKind>,
    /// Receipts it can report; what it cannot is shown as `-`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<ReceiptKind>,
    /// When the provider bills a message.
    #[serde(default)]
    pub billed: Billing,
    /// The secrets that its task `refresh` renews.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refreshes: Vec<String>,
}

/// What a channel can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelTaskKind {
    /// Send a message.
    Send,
    /// Find out what became of one.
    Lookup,
    /// Find out what one cost.
    Price,
    /// See whether the credentials work.
    Probe,
    /// List the templates that the provider knows.
    ListTemplates,
    /// Ask the provider to approve a template.
    CreateTemplate,
    /// Renew a secret.
    Refresh,
}

/// When a provider bills a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// Not at all, as far as is known.
    #[default]
    Never,
    /// When it takes it.
    Accepted,
    /// When it has brought it.
    Delivered,
}

/// Why something waits, with what a person can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// Why.
    pub reason: HoldReason,
    /// Since when.
    pub since: Timestamp,
    /// The provider's words.
    pub words: String,
    /// What to do.
    pub next_step: String,
}

/// A plugin and the major version a strategy or connection was made for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct PluginRef {
    /// Name, as in the component's metadata.
    pub name: String,
    /// Major version; none takes what is active.
    pub major: Option<u64>,
}

impl std::fmt::Display for PluginRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.major {
            Some(major) => write!(f, "{}@{major}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl TryFrom<String> for PluginRef {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let (name, major) = match text.split_once('@') {
            Some((name, major)) => {
                let major = major
                    .parse()
                    .map_err(|_| format!("`{text}`: behind the @ stands a major version, like high-value@0"))?;
                (name, Some(major))
            }
            None => (text.as_str(), None),
        };
        let sound = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !sound {
            return Err(format!("`{text}` is no plugin name; write it like high-value or high-value@0"));
        }
        Ok(Self { name: name.to_owned(), major })
    }
}

impl From<PluginRef> for String {
    fn from(plugin: PluginRef) -> String {
        plugin.to_string()
    }
}

/// What a shop allows a plugin. Nothing, unless said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// Facts as `interface.function` or `interface.*`.
    #[serde(default)]
    pub facts: Vec<String>,
    /// How far back facts over a range may look, in days, by their entry in `facts`; without one, as far as there is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub within_days: BTreeMap<String, u32>,
    /// Where requests may go.
    #[serde(default)]
    pub hosts: Vec<HostGrant>,
    /// Secrets by name.
    #[serde(default)]
    pub secrets: Vec<String>,
}

/// A host that requests may go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostGrant {
    /// Host name, with the port where it is not the scheme's own.
    pub host: String,
    /// Upper-case HTTP methods, or `SMTP`.
    pub methods: Vec<String>,
    /// Prefix of the path.
    #[serde(default = "whole_host")]
    pub path_prefix: String,
    /// Requests a minute, at most; unset leaves it to the plugin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
}

fn whole_host() -> String {
    "/".into()
}

impl Grants {
    /// Whether a fact, `interface.function`, is allowed: by its name, or by `interface.*`.
    pub fn allows_fact(&self, fact: &str) -> bool {
        self.facts.iter().any(|grant| covers(grant, fact))
    }

    /// How many days back an allowed fact may look: the furthest of the grants that allow it; none is no limit.
    pub fn days_back(&self, fact: &str) -> Option<u32> {
        let limits = self.facts.iter().filter(|grant| covers(grant, fact)).map(|grant| self.within_days.get(grant));
        limits.collect::<Option<Vec<_>>>()?.into_iter().max().copied()
    }
}

/// Whether a granted `interface.function` or `interface.*` is about a fact.
fn covers(grant: &str, fact: &str) -> bool {
    match grant.strip_suffix('*') {
        Some(interface) => interface.ends_with('.') && fact.starts_with(interface),
        None => grant == fact,
    }
}

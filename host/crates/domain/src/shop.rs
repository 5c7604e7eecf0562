//! A shop and its connections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::alert::{AlertCodes, AlertTarget};
use crate::cap::Cap;
use crate::chat_link::ChatLink;
use crate::contact::AddressKind;
use crate::event::ReceiptKind;
use crate::handle::AnswerRule;
use crate::ids::{ConnectionId, ShopId};
use crate::message::HoldReason;
use crate::money::Currency;
use crate::push_filter::PushFilter;
use crate::reply::PlainFields;
use crate::sender::Sender;
use crate::source::MOST_SILENCE;
use crate::storefront::Storefront;
use crate::template::TemplateFields;
use crate::time::{Span, Timestamp};
use crate::utm::Utm;
use crate::webhook;
use crate::window::Window;
use crate::window::preset::QuietHours;

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
    /// Topics that customers may want marketing of, beside `general` (S18).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// When marketing may go out, on any channel (S04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Whether quiet hours by where the customer is hold as well (S04).
    #[serde(default, skip_serializing_if = "QuietHours::is_off")]
    pub quiet_hours: QuietHours,
    /// How many contacts a customer may have in a time (S20); one in 72 h by other runs where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Cap>,
    /// Whom marketing goes to, by their tags; those of strategies hold as well (S17).
    #[serde(default, skip_serializing_if = "PushFilter::is_empty")]
    pub push_filter: PushFilter,
    /// Messages of one customer that are due within this time of each other are decided together (S20).
    #[serde(default = "one_minute", skip_serializing_if = "is_one_minute")]
    pub decide_together: Span,
    /// Who is told of what only people can put right, over the shop's own channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<AlertTarget>,
    /// Who is told of what customers write, over the shop's own channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<AlertTarget>,
    /// Where the shop is on the web: hosts such as `shop.example`; what is below them is meant too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// What short links to its sites carry, unless a strategy says something else.
    #[serde(default, skip_serializing_if = "Utm::is_empty")]
    pub utm: Utm,
    /// What the script on the shop's own pages may do; without, there is no script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storefront: Option<Storefront>,
    /// Links that open a chat, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chat_links: BTreeMap<String, ChatLink>,
}

/// How far apart messages of one customer may be due to be decided together, where nothing else is said.
pub const DECIDE_TOGETHER: Span = Span::seconds(60);

fn one_minute() -> Span {
    DECIDE_TOGETHER
}

fn is_one_minute(span: &Span) -> bool {
    *span == DECIDE_TOGETHER
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
    /// Only for channels: when marketing may go out (S04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Only for channels: how many contacts a customer may have here in a time (S20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Cap>,
    /// Only for sources: silent for longer than this, it holds what an order may forbid (S08); without, one that can be
    /// asked does after two hours, and another never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_after: Option<Span>,
    /// Only for sources: whether it can be asked what happened, and may be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub can_be_asked: bool,
    /// Only for sources with such a bound: when something came from it, to an eighth of the bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// Only for channels: its named identities. One without any is its own (S22).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub senders: Vec<Sender>,
    /// Why nothing goes out at the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// Only for channels without senders: the provider wants nothing until then (S23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<Timestamp>,
    /// Contents that are held on this channel.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held_contents: BTreeMap<String, Hold>,
    /// Refusals in a row that the provider gave without a known code.
    #[serde(default)]
    pub odd_refusals: u32,
}

impl Connection {
    /// How long it may be silent (S08).
    pub fn silence_bound(&self) -> Option<Span> {
        self.stale_after.or(self.can_be_asked.then_some(MOST_SILENCE))
    }

    /// Whether nothing was heard of it for longer than its bound (S08).
    pub fn is_stale(&self, now: Timestamp) -> bool {
        let since = self.heard_at.map(|heard| now.since(heard));
        self.silence_bound().is_some_and(|bound| since.is_none_or(|since| since > bound))
    }
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
    /// How contents name a template that the provider has to approve; none where it approves none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templates: Option<TemplateFields>,
    /// What may be said only within a while after the customer's last word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<AnswerRule>,
    /// Where its contents bear what a person writes; none where only templates and the like go out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<PlainFields>,
}

impl ChannelAbility {
    /// Whether it knows people by handles of its own: those who can write there. Any other channel that takes handles
    /// knows them by our ids.
    pub fn has_own_handles(&self) -> bool {
        self.addresses.contains(&AddressKind::Handle) && self.receipts.contains(&ReceiptKind::Replied)
    }

    /// The kinds of address that people may name for it, best first. Where a channel takes phones or e-mails too, a
    /// handle is told by its provider and typed by nobody.
    pub fn typed(&self) -> &[AddressKind] {
        match self.addresses.iter().position(|kind| *kind == AddressKind::Handle) {
            Some(place) if place > 0 => &self.addresses[..place],
            _ => &self.addresses,
        }
    }

    /// Whether the shop's own people can be told something here at any time.
    pub fn tells_people(&self) -> bool {
        self.channel == webhook::CHANNEL || (self.plain.is_some() && self.answers.is_none())
    }

    /// Whether its provider tells which templates it knows.
    pub fn lists_templates(&self) -> bool {
        self.templates.is_some() && self.tasks.contains(&ChannelTaskKind::ListTemplates)
    }
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
    /// Which of these are sentences of our own.
    #[serde(default, skip_serializing_if = "AlertCodes::is_empty")]
    pub codes: AlertCodes,
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

impl HostGrant {
    /// Whether it is about a path: the prefix itself, or something below it. Both as it is written and as a server may
    /// read it, so that no way of writing leads out.
    pub fn covers_path(&self, path: &str) -> bool {
        // A placeholder arrives encoded in a URL.
        let written = path.replace("%7B", "{").replace("%7D", "}");
        below(&written, &self.path_prefix) && below(&read_path(path), &read_path(&self.path_prefix))
    }
}

fn below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    prefix.starts_with('/')
        && rest.is_some_and(|rest| prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

/// A path as a lenient server reads it: decoded as often as it can be, without `;parameters`, with one slash for
/// several, and with its steps up taken.
pub fn read_path(path: &str) -> String {
    let mut text = path.to_owned();
    while let Some(decoded) = percent_decoded(&text) {
        text = decoded;
    }
    let text = text.replace('\\', "/");
    let mut segments: Vec<&str> = Vec::new();
    for segment in text.split('/').map(|segment| segment.split(';').next().unwrap_or_default()) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let end = if text.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

/// Whether a path goes up, however that is written.
pub fn path_climbs(path: &str) -> bool {
    let mut text = path.to_owned();
    while let Some(decoded) = percent_decoded(&text) {
        text = decoded;
    }
    text.split(['/', '\\']).any(|segment| segment.split(';').next() == Some(".."))
}

/// Decoded once; none if nothing is encoded.
fn percent_decoded(text: &str) -> Option<String> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let (mut decoded, mut at, mut any) = (Vec::with_capacity(bytes.len()), 0, false);
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                (at, any) = (at + 3, true);
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    any.then(|| String::from_utf8_lossy(&decoded).into_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(prefix: &str, path: &str) -> bool {
        let grant = HostGrant { host: "a".into(), methods: Vec::new(), path_prefix: prefix.into(), per_minute: None };
        grant.covers_path(path)
    }

    #[test]
    fn s41_no_way_of_writing_a_path_leads_out_of_a_prefix() {
        for path in ["/v1/", "/v1/things", "/v1//things", "/v1/a%2fb", "/v1/a..b/..c", "/v1/%7Bsecret:token%7D/x"] {
            assert!(covers("/v1/", path), "{path}");
        }
        for path in [
            "/v2/x",
            "/v1",
            "/v10",
            "//v1/x",
            "/%76%31/x",
            "/v1/../admin",
            "/v1/%2e%2e/admin",
            "/v1/%2E./admin",
            "/v1/%252e%252e/admin",
            "/v1/..%2fadmin",
            "/v1/..%5cadmin",
            "/v1/..;/admin",
            "/v1/..;a=b/admin",
            "/v1/x/../../admin",
            "/V1/x",
            "",
        ] {
            assert!(!covers("/v1/", path), "{path}");
        }
    }

    #[test]
    fn a_prefix_ends_where_a_segment_ends() {
        assert!(
            covers("/v1", "/v1") && covers("/v1", "/v1/x") && covers("/", "/x") && covers("/bot{t}/", "/bot%7Bt%7D/x")
        );
        assert!(!covers("/v1", "/v10") && !covers("/v1", "/v1-admin/x"));
    }

    #[test]
    fn s41_unset_means_no() {
        assert!(!covers("", "/x"));
        assert!(!covers("v1", "v1/x"));
        assert!(!Grants::default().allows_fact("orders.count"));
        let star = Grants { facts: vec!["*".into(), ".*".into(), String::new()], ..Grants::default() };
        assert!(!star.allows_fact("orders.count"));
    }

    #[test]
    fn paths_that_climb_are_known_in_all_their_guises() {
        for path in ["/a/../b", "/a/%2e%2E/b", "/a/..%2fb", "/a/%252e%252e/b", "/a/..;x/b", "/a\\..\\b", "/a/.."] {
            assert!(path_climbs(path), "{path}");
        }
        for path in ["/a/..b", "/a/b..", "/a/.", "/a/%2", "/50%/x", "/a;..=b/x"] {
            assert!(!path_climbs(path), "{path}");
        }
    }

    #[test]
    fn a_fact_looks_back_as_far_as_the_furthest_of_its_grants() {
        let facts = ["orders.spent", "orders.*", "messages.count"].map(str::to_owned).to_vec();
        let within_days = BTreeMap::from([("orders.spent".to_owned(), 30), ("orders.*".to_owned(), 90)]);
        let grants = Grants { facts, within_days, ..Grants::default() };
        assert_eq!(grants.days_back("orders.spent"), Some(90));
        assert_eq!(grants.days_back("messages.count"), None);
    }
}

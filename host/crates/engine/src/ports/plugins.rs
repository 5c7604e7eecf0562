//! The port to the plugin runtime: batches go in, an answer for each subject comes out, and nothing a plugin does
//! stops the caller.

mod decisions;
mod rejection;
mod tasks;
mod transport;
mod webhooks;

pub use decisions::*;
pub use rejection::*;
pub use tasks::*;
pub use transport::*;
pub use webhooks::*;

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::facts::Subject;
use cartwright_domain::ids::{ConnectionId, ShopId};
use cartwright_domain::plan::Offered;
use cartwright_domain::plugin::{PluginFailure, PluginLimits, PluginRecord, SourceTaskKind, Usage};
use cartwright_domain::shop::{ChannelTaskKind, Grants};
use cartwright_domain::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What every call needs to know of the plugin it goes to.
#[derive(Debug, Clone)]
pub struct PluginCall {
    /// Whose data it works on.
    pub shop: ShopId,
    /// Which component, by digest.
    pub digest: String,
    /// Its saved configuration.
    pub config: Value,
    /// What the shop granted; the effective right is this and what the descriptor declares.
    pub grants: Arc<Grants>,
    /// What an operator allows it beyond or below the usual limits.
    pub limits: PluginLimits,
}

/// A secret's bytes. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub zeroize::Zeroizing<Vec<u8>>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(zeroize::Zeroizing::new(text.as_bytes().to_vec()))
    }
}

/// What a channel or source call needs beside the plugin.
#[derive(Debug, Clone)]
pub struct ConnectionCall {
    /// The plugin, with the connection's configuration and grants.
    pub plugin: PluginCall,
    /// The connection.
    pub connection: ConnectionId,
    /// Its secrets by name; only granted ones can be used.
    pub secrets: Arc<BTreeMap<String, Secret>>,
    /// When they expire, where that is known.
    pub expiries: Arc<BTreeMap<String, Timestamp>>,
    /// Where the other side reaches it.
    pub address: String,
    /// The moment.
    pub now: Timestamp,
}

/// Where the runtime finds components that it has not loaded yet.
#[async_trait]
pub trait Components: Send + Sync {
    /// The component with a digest, as installed in a shop.
    async fn component(&self, shop: ShopId, digest: &str) -> Result<Option<Bytes>, super::StoreError>;
}

/// A call of a channel, source or renderer: what it took, and what it wrote into its log. The answers of conditions
/// and selectors tell that themselves.
#[derive(Debug)]
pub struct Observed<'a> {
    /// For which shop.
    pub shop: ShopId,
    /// Which component.
    pub digest: &'a str,
    /// What it took.
    pub usage: Usage,
    /// Why there is no answer, if there is none.
    pub failure: Option<&'a PluginFailure>,
    /// What it logged.
    pub log: &'a [String],
}

/// Whoever wants to know of such calls.
pub trait Observer: Send + Sync {
    /// Told after each call.
    fn observed(&self, observed: &Observed<'_>);
}

/// The plugin runtime.
#[async_trait]
pub trait Plugins: Send + Sync {
    /// Tells somebody from now on of each call whose answer does not tell what it took; the first one who asks.
    fn observe(&self, observer: Arc<dyn Observer>) {
        let _ = observer;
    }

    /// Everything that is checked at upload; what the component says of itself, or why it is refused.
    /// The record is inactive, without grants, installed at `now`.
    async fn check(&self, component: Bytes, now: Timestamp) -> Result<PluginRecord, PluginRejection>;

    /// What was used of grants since this was asked last.
    fn take_uses(&self) -> Vec<super::Use> {
        Vec::new()
    }

    /// Whether a configuration fits the schema and the plugin's own mind.
    async fn check_config(&self, call: &PluginCall) -> Result<(), PluginFailure>;

    /// One answer for each subject, in order, whatever happens.
    async fn evaluate(&self, call: &PluginCall, subjects: &[Subject]) -> Vec<Answered<Verdict>>;

    /// One answer for each subject, in order, whatever happens.
    async fn select(&self, call: &PluginCall, candidates: &[Offered], subjects: &[Subject]) -> Vec<Answered<Choice>>;

    /// What templates read and what is wrong with them.
    async fn check_templates(&self, call: &PluginCall, parts: &[TemplatePart])
    -> Result<TemplateReport, PluginFailure>;

    /// One answer for each document, in order: the parts by name.
    async fn render(
        &self,
        call: &PluginCall,
        parts: &[TemplatePart],
        data: &[Value],
    ) -> Vec<Result<Vec<(String, String)>, PluginFailure>>;

    /// The first step of a channel's task.
    async fn channel_begin(
        &self,
        call: &ConnectionCall,
        task: &ChannelTask,
    ) -> Result<Step<ChannelDone>, PluginFailure>;

    /// The next step of a task of this kind.
    async fn channel_resume(
        &self,
        call: &ConnectionCall,
        task: ChannelTaskKind,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<ChannelDone>, PluginFailure>;

    /// The first step of a source's task.
    async fn source_begin(&self, call: &ConnectionCall, task: &SourceTask) -> Result<Step<SourceDone>, PluginFailure>;

    /// The next step of a task of this kind.
    async fn source_resume(
        &self,
        call: &ConnectionCall,
        task: SourceTaskKind,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<SourceDone>, PluginFailure>;

    /// Whether a webhook is authentic. The kind is the plugin's own: channel or source.
    async fn verify(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Verification, PluginFailure>;

    /// What a source makes of an authentic webhook.
    async fn parse(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Parsed, PluginFailure>;

    /// What a channel makes of an authentic webhook.
    async fn receive(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Received, PluginFailure>;
}

/// How requests of plugins leave the process: grants, SSRF guard, caps, secrets filled in and taken out.
#[async_trait]
pub trait Egress: Send + Sync {
    /// Makes one HTTP or mail request; `Action::Inbox` is refused, it never leaves.
    async fn perform(&self, call: &ConnectionCall, request: &Request) -> Performed;
}

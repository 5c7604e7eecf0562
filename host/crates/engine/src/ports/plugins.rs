//! The port to the plugin runtime: batches go in, an answer for each subject comes out, and nothing a plugin does
//! stops the caller.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::contact::Address;
use cartwright_domain::event::{Event, Receipt};
use cartwright_domain::fact::FactRead;
use cartwright_domain::facts::Subject;
use cartwright_domain::ids::{ConnectionId, MessageId, ShopId};
use cartwright_domain::message::Outcome;
use cartwright_domain::plugin::{PluginFailure, PluginLimits, PluginRecord, Usage};
use cartwright_domain::shop::Grants;
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

/// An answer with everything the trace wants to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered<T> {
    /// The answer.
    pub result: Result<T, PluginFailure>,
    /// The facts that were read, in order.
    pub reads: Vec<FactRead>,
    /// Lines that the plugin logged.
    pub log: Vec<String>,
    /// What the call used.
    pub usage: Usage,
}

/// A condition's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The branch; the runtime has checked that it is declared.
    pub branch: String,
    /// The plugin's own words.
    pub reason: Option<String>,
}

/// A content that a selector may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Name of the content.
    pub name: String,
    /// Its labels.
    pub labels: Vec<String>,
}

/// A selector's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Place among the candidates; the runtime has checked that it is one.
    pub candidate: usize,
    /// Extra variables.
    pub variables: Vec<(String, String)>,
    /// The plugin's own words.
    pub reason: Option<String>,
}

/// A text leaf of a content variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplatePart {
    /// JSON pointer of the leaf.
    pub name: String,
    /// The template.
    pub template: String,
    /// Whether values are escaped for HTML.
    pub escape: Escape,
}

/// How values are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Not at all.
    None,
    /// For HTML.
    Html,
}

/// What a renderer found in templates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateReport {
    /// Dotted paths that are read.
    pub variables: Vec<String>,
    /// Part and what is wrong with it.
    pub errors: Vec<(String, String)>,
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
    /// The moment.
    pub now: Timestamp,
}

/// What a channel is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelTask {
    /// Send it.
    Send(OutgoingMessage),
    /// Find out what became of it.
    Lookup(OutgoingMessage),
    /// See whether the credentials work.
    Probe,
}

/// A message, rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct OutgoingMessage {
    /// Ours.
    pub id: MessageId,
    /// Where to.
    pub to: Address,
    /// The variant's locale.
    pub locale: String,
    /// Fits the channel's content schema.
    pub content: Value,
    /// When it was decided.
    pub created_at: Timestamp,
}

/// Where a channel's or source's task stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Step<T> {
    /// Make these requests, then resume with this state.
    Call {
        /// In order.
        requests: Vec<Request>,
        /// Opaque.
        state: Vec<u8>,
    },
    /// Done.
    Done(T),
}

/// A request that the host makes for a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whether it may be repeated.
    pub effect: RequestEffect,
    /// What to do.
    pub action: Action,
}

/// Whether a request may be repeated after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestEffect {
    /// It changes nothing.
    None,
    /// It sends the message: `handed_over` is committed before.
    Send,
}

/// What a request does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Over HTTP.
    Http(HttpRequest),
    /// Over SMTP.
    Mail(Mail),
    /// Into the shop's local inbox; the engine stores it itself.
    Inbox {
        /// To whom.
        to: String,
        /// What.
        document: Value,
    },
}

/// An HTTP request with placeholders for secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Upper case.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// In order.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// `smtp://host:port` or `smtps://host:port`.
    pub server: String,
    /// Name of the secret with the user.
    pub username_secret: Option<String>,
    /// Name of the secret with the password.
    pub password_secret: Option<String>,
    /// MAIL FROM.
    pub envelope_from: String,
    /// RCPT TO.
    pub envelope_to: String,
    /// RFC 5322 header fields.
    pub headers: Vec<(String, String)>,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: Option<String>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// Over HTTP.
    Http {
        /// Status.
        status: u16,
        /// Names in lower case.
        headers: Vec<(String, String)>,
        /// Body.
        body: Vec<u8>,
    },
    /// Over SMTP.
    Mail {
        /// Reply code.
        code: u16,
        /// Enhanced code.
        enhanced: Option<String>,
        /// Text.
        text: String,
    },
    /// It is in the inbox.
    Inbox,
    /// There is no answer.
    Failed(EgressFailure),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressFailure {
    /// Nothing was sent.
    NotSent(String),
    /// It was written, and no complete answer came.
    NoAnswer(String),
    /// The answer exceeded its cap.
    TooLarge(u64),
    /// The host did not make it.
    Refused(String),
}

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

/// What a channel made of a webhook: a receipt under the id of its fact.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiptEvent {
    /// Stable for the same fact.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub receipt: Receipt,
}

/// Why a file is not taken as a plugin: at which stage, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{stage}: {message}")]
pub struct PluginRejection {
    /// Where it failed.
    pub stage: CheckStage,
    /// What is wrong and what to do, with the limit and its value where one was crossed.
    pub message: String,
}

/// The stages of a check, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckStage {
    /// The file: its size, whether it is a component.
    File,
    /// Name and version in the metadata.
    Metadata,
    /// Compiling it.
    Compile,
    /// Its imports: only what this host offers.
    Imports,
    /// Its exports: exactly one of the five kinds.
    World,
    /// What it says of itself.
    Describe,
}

impl fmt::Display for CheckStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Metadata => "metadata",
            Self::Compile => "compile",
            Self::Imports => "imports",
            Self::World => "world",
            Self::Describe => "describe",
        })
    }
}

/// Where the runtime finds components that it has not loaded yet.
#[async_trait]
pub trait Components: Send + Sync {
    /// The component with a digest, as installed in a shop.
    async fn component(&self, shop: ShopId, digest: &str) -> Result<Option<Bytes>, super::StoreError>;
}

/// The plugin runtime.
#[async_trait]
pub trait Plugins: Send + Sync {
    /// Everything that is checked at upload; what the component says of itself, or why it is refused.
    /// The record is inactive, without grants, installed at `now`.
    async fn check(&self, component: Bytes, now: Timestamp) -> Result<PluginRecord, PluginRejection>;

    /// Whether a configuration fits the schema and the plugin's own mind.
    async fn check_config(&self, call: &PluginCall) -> Result<(), PluginFailure>;

    /// One answer for each subject, in order, whatever happens.
    async fn evaluate(&self, call: &PluginCall, subjects: &[Subject]) -> Vec<Answered<Verdict>>;

    /// One answer for each subject, in order, whatever happens.
    async fn select(&self, call: &PluginCall, candidates: &[Candidate], subjects: &[Subject]) -> Vec<Answered<Choice>>;

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
    async fn channel_begin(&self, call: &ConnectionCall, task: &ChannelTask) -> Result<Step<Outcome>, PluginFailure>;

    /// The next step.
    async fn channel_resume(
        &self,
        call: &ConnectionCall,
        state: &[u8],
        responses: &[Response],
    ) -> Result<Step<Outcome>, PluginFailure>;

    /// Whether a webhook is authentic. The kind is the plugin's own: channel or source.
    async fn verify(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Verification, PluginFailure>;

    /// What a source makes of an authentic webhook.
    async fn parse(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Parsed, PluginFailure>;

    /// What a channel makes of an authentic webhook.
    async fn receive(&self, call: &ConnectionCall, webhook: &Webhook) -> Result<Vec<ReceiptEvent>, PluginFailure>;
}

/// How requests of plugins leave the process: grants, SSRF guard, caps, secrets filled in.
#[async_trait]
pub trait Egress: Send + Sync {
    /// Makes one HTTP or mail request; `Action::Inbox` is refused, it never leaves.
    async fn perform(&self, call: &ConnectionCall, request: &Request) -> Response;
}

//! What channels and sources are asked to do, step by step, and what each task comes to.

use cartwright_domain::contact::Address;
use cartwright_domain::event::Event;
use cartwright_domain::ids::MessageId;
use cartwright_domain::message::{Outcome, Rejection};
use cartwright_domain::plugin::SourceTaskKind;
pub use cartwright_domain::price::Price;
use cartwright_domain::shop::ChannelTaskKind;
pub use cartwright_domain::source::BackfillKind;
pub use cartwright_domain::template::TemplateState;
use cartwright_domain::time::Timestamp;
use cartwright_domain::world::Identity;
use serde_json::Value;

use super::Request;

/// What a channel is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelTask {
    /// Send it.
    Send(OutgoingMessage),
    /// Find out what became of it.
    Lookup(OutgoingMessage),
    /// Find out what the message with this id of the provider's cost.
    Price(String),
    /// See whether the credentials work.
    Probe,
    /// List the templates that the provider knows.
    ListTemplates,
    /// Ask the provider to approve a template.
    CreateTemplate(Template),
    /// Renew the secret of this name.
    Refresh(String),
}

impl ChannelTask {
    /// Which of the tasks.
    pub fn kind(&self) -> ChannelTaskKind {
        match self {
            Self::Send(_) => ChannelTaskKind::Send,
            Self::Lookup(_) => ChannelTaskKind::Lookup,
            Self::Price(_) => ChannelTaskKind::Price,
            Self::Probe => ChannelTaskKind::Probe,
            Self::ListTemplates => ChannelTaskKind::ListTemplates,
            Self::CreateTemplate(_) => ChannelTaskKind::CreateTemplate,
            Self::Refresh(_) => ChannelTaskKind::Refresh,
        }
    }
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

/// A template that a provider keeps and approves.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its name there.
    pub name: String,
    /// BCP 47.
    pub locale: String,
    /// Fits the channel's content schema.
    pub content: Value,
    /// Where it stands.
    pub state: TemplateState,
    /// The provider's words on it.
    pub words: Option<String>,
}

/// What a channel's task came to. The runtime has checked that it is of that task.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelDone {
    /// Of `Send` and `Lookup`.
    Sent(Outcome),
    /// Of `Price`; none where the provider does not know it yet.
    Priced(Option<Price>),
    /// Of `Probe`: who we are to the provider.
    Probed(String),
    /// Of `ListTemplates`.
    Templates(Vec<Template>),
    /// Of `CreateTemplate`.
    Created(Template),
    /// Of `Refresh`.
    Refreshed,
    /// Of any but `Send` and `Lookup`: the provider refused.
    Failed(Rejection),
}

/// What a source is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceTask {
    /// What is new behind the cursor; none begins now.
    Poll(Option<String>),
    /// What was there before, page by page.
    Backfill {
        /// Of what.
        kind: BackfillKind,
        /// Where the page before ended.
        cursor: Option<String>,
    },
    /// The orders of these customers, carts or checkouts.
    OrdersOf(Vec<Identity>),
    /// Register the webhooks, with this address.
    Subscribe(String),
    /// See whether the credentials work.
    Probe,
}

impl SourceTask {
    /// Which of the tasks.
    pub fn kind(&self) -> SourceTaskKind {
        match self {
            Self::Poll(_) => SourceTaskKind::Poll,
            Self::Backfill { .. } => SourceTaskKind::Backfill,
            Self::OrdersOf(_) => SourceTaskKind::OrdersOf,
            Self::Subscribe(_) => SourceTaskKind::Subscribe,
            Self::Probe => SourceTaskKind::Probe,
        }
    }
}

/// What a source's task came to. The runtime has checked that it is of that task.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceDone {
    /// Of `Poll` and `Backfill`.
    Page {
        /// What happened.
        events: Vec<Event>,
        /// For the next task; none after the last page of a `Backfill`.
        cursor: Option<String>,
    },
    /// Of `OrdersOf`.
    Orders(Vec<Event>),
    /// Of `Subscribe`: the topics that are now told.
    Subscribed(Vec<String>),
    /// Of `Probe`: who we are to the platform.
    Probed(String),
    /// The platform refused.
    Failed(Refusal),
}

/// Why a platform refused a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What to make of it.
    pub kind: RefusalKind,
    /// The platform's code.
    pub code: Option<String>,
    /// The platform's words.
    pub text: String,
}

/// What to make of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The credentials do not work.
    Auth,
    /// Not before this moment; none leaves it to the host.
    RateLimited(Option<Timestamp>),
    /// Worth another try.
    Transient,
    /// Not worth another try.
    Permanent,
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

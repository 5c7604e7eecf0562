//! The port to storage, as far as it is about the life of plugins: versions and their stages, and what was done to
//! them and found out about them.

use async_trait::async_trait;
use bytes::Bytes;
use cartwright_domain::ids::{NoteId, RunId, ShopId, VersionId};
use cartwright_domain::plugin::{AuditEntry, Breaker, Kill, PluginRecord};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::TraceEntry;
use cartwright_domain::world::Entry;
use serde_json::Value;

use super::{Page, PageRequest, StoreError};

/// What changes about a shop's plugins, committed as a whole together with the revision of its settings.
#[derive(Debug, Clone, Default)]
pub struct PluginChanges {
    /// The revision of the settings that this was decided on: a conflict if it has moved.
    pub revision: u64,
    /// Versions that are new or change. Their circuit breakers begin anew.
    pub records: Vec<PluginRecord>,
    /// The component of the first one, if that is new.
    pub component: Option<Bytes>,
    /// A plugin that is stopped.
    pub killed: Option<Kill>,
    /// Name of a plugin that goes on.
    pub revived: Option<String>,
    /// Lines of the audit.
    pub audit: Vec<AuditEntry>,
}

/// Something written down beside the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// What it is.
    pub kind: NoteKind,
    /// What it is about: see the kind.
    pub subject: String,
    /// Ours; later ones are greater.
    pub id: NoteId,
    /// When.
    pub at: Timestamp,
    /// Whose personal data may be in it (S45).
    pub run: Option<RunId>,
    /// What.
    pub document: Value,
}

/// The kinds of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// A line of the audit, about the name of a plugin. Kept for ever.
    Audit,
    /// A line of the shop's audit, about nothing (S46).
    Change,
    /// A refused upload, about nothing.
    Rejected,
    /// A failure with everything it came from, about a digest.
    Trap,
    /// A line of the log, about a digest.
    Log,
    /// Where a shadow differs from the active version, about the shadow's digest.
    Difference,
    /// A delivery that came in lately, about a connection.
    Delivery,
}

impl NoteKind {
    /// The word in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Change => "change",
            Self::Rejected => "rejected",
            Self::Trap => "trap",
            Self::Log => "log",
            Self::Difference => "difference",
            Self::Delivery => "delivery",
        }
    }

    /// How many are kept about one subject; the oldest go first.
    pub fn kept(self) -> Option<u32> {
        match self {
            Self::Audit => None,
            Self::Change => Some(100_000),
            Self::Rejected => Some(50),
            Self::Trap => Some(100),
            Self::Log => Some(1_000),
            Self::Difference => Some(200),
            Self::Delivery => Some(50),
        }
    }

    /// How long they are kept; older ones go when the next is written.
    pub fn age(self) -> Option<Span> {
        match self {
            Self::Change => Some(Span::days(400)),
            Self::Log => Some(Span::days(7)),
            Self::Delivery => Some(Span::days(2)),
            _ => None,
        }
    }

    /// Whether all of a shop's go when anybody is erased, because nobody can say whose data is in one (S45).
    pub fn goes_with_anybody(self) -> bool {
        self == Self::Delivery
    }
}

/// A figure of a version: added up, but for those whose name begins with `max_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Of which version.
    pub digest: String,
    /// On which day, such as `2026-11-21`, in UTC.
    pub day: String,
    /// Which one.
    pub name: String,
    /// How much.
    pub value: u64,
}

/// Versions, their stages, and what is known of them.
#[async_trait]
pub trait PluginLife: Send + Sync {
    /// Commits changes. `Conflict` if the revision of the settings has moved on; then nothing is changed.
    async fn change_plugins(&self, shop: ShopId, changes: &PluginChanges) -> Result<(), StoreError>;
    /// All installed versions of a shop, newest first.
    async fn plugins(&self, shop: ShopId) -> Result<Vec<PluginRecord>, StoreError>;
    /// A component by its digest.
    async fn plugin_component(&self, shop: ShopId, digest: &str) -> Result<Option<Bytes>, StoreError>;
    /// The plugins that are stopped, by name.
    async fn plugin_kills(&self, shop: ShopId) -> Result<Vec<Kill>, StoreError>;
    /// How many runs that are not over are pinned to each version of a strategy; versions without any are left out.
    async fn runs_by_version(&self, shop: ShopId) -> Result<Vec<(VersionId, u64)>, StoreError>;

    /// The circuit breakers that are not as new, by digest.
    async fn breakers(&self, shop: ShopId) -> Result<Vec<(String, Entry<Breaker>)>, StoreError>;
    /// Stores a circuit breaker. `Conflict` if it has moved on. Where it opens or closes, the revision of the settings
    /// moves with it, so that every node knows.
    async fn save_breaker(
        &self,
        shop: ShopId,
        digest: &str,
        breaker: &Entry<Breaker>,
        turns: bool,
    ) -> Result<(), StoreError>;

    /// Writes notes down, and drops what is more or older than is kept.
    async fn write_notes(&self, shop: ShopId, notes: &[Note]) -> Result<(), StoreError>;
    /// Notes about a subject, newest first.
    async fn notes(
        &self,
        shop: ShopId,
        kind: NoteKind,
        subject: &str,
        page: &PageRequest,
    ) -> Result<Page<Note>, StoreError>;
    /// Drops notes of a kind that are older than a moment, whatever they are about.
    async fn forget_notes(&self, shop: ShopId, kind: NoteKind, before: Timestamp) -> Result<(), StoreError>;
    /// One of them.
    async fn note(&self, shop: ShopId, kind: NoteKind, subject: &str, id: NoteId) -> Result<Option<Note>, StoreError>;
    /// Adds to figures.
    async fn add_figures(&self, shop: ShopId, figures: &[Figure]) -> Result<(), StoreError>;
    /// The figures of a version since a day, by day and name.
    async fn figures(&self, shop: ShopId, digest: &str, since: &str) -> Result<Vec<Figure>, StoreError>;
    /// Lines of traces in which a version decided or failed, newest run first.
    async fn decided_by(&self, shop: ShopId, digest: &str, limit: u32) -> Result<Vec<(RunId, TraceEntry)>, StoreError>;
}

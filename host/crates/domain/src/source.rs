//! What is known of a source beside its settings: what it is asked and when next, what came of it, and how far its past
//! was read.
//!
//! Pure: the engine makes the requests and tells here what came of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::alert::{Alarm, AlertCause};
use crate::event::{Event, OrderOrigin, What};
use crate::ids::ConnectionId;
use crate::plugin::{SourceAbility, SourceTaskKind};
use crate::time::{Span, Timestamp};

/// A source that can be asked is asked at least so often (S08).
pub const ASKED_EVERY: Span = Span::minutes(30);
/// A source that can be asked and was silent for longer holds what an order may forbid, where the shop says nothing
/// else (S08).
pub const MOST_SILENCE: Span = Span::hours(2);
/// Nobody else begins a task that was begun so short a time ago.
pub const LEASE: Span = Span::minutes(2);
/// Tries that messages wait for; after these they go by what was heard of the source otherwise.
const TRIES: u32 = 3;
/// Webhooks are looked after so often.
const SUBSCRIBED_EVERY: Span = Span::days(1);
/// How far back orders are read (product.md: history).
const HISTORY: Span = Span::days(730);
/// The first pause after a refusal; it doubles up to [`ASKED_EVERY`].
const PAUSE: Span = Span::minutes(1);

/// What is known of a source beside its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// Which.
    pub connection: ConnectionId,
    /// The tasks that it does, and where each stands.
    #[serde(default)]
    pub tasks: BTreeMap<SourceTaskKind, TaskState>,
    /// Where the last poll ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How far its past was read, once somebody began to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<BackfillState>,
    /// The topics that the platform tells by webhook, as it said last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
}

/// Where a task of a source stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskState {
    /// When it is done next; none while nobody asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Time between two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
    /// When it last did what it should.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_at: Option<Timestamp>,
    /// Failures in a row since then.
    #[serde(default)]
    pub failures: u32,
    /// Why it failed the last time; none once it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// Why a task of a source failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// When.
    pub at: Timestamp,
    /// What to make of it.
    pub kind: TroubleKind,
    /// The platform's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The platform's words, or the plugin's.
    pub text: String,
    /// The platform wants no other try before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// What to make of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The credentials do not work: store others.
    Auth,
    /// It was asked too often; it is asked again later.
    RateLimited,
    /// Worth another try, which is made.
    Transient,
    /// The platform will never do it.
    Permanent,
    /// The plugin failed.
    Plugin,
}

/// What is read from before the source was connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackfillKind {
    /// Customers.
    Customers,
    /// Orders.
    Orders,
    /// Products.
    Products,
}

impl BackfillKind {
    /// What is read behind it.
    fn next(self) -> Option<Self> {
        match self {
            Self::Customers => Some(Self::Orders),
            Self::Orders => Some(Self::Products),
            Self::Products => None,
        }
    }
}

/// How far the past of a source was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackfillState {
    /// Since when it is read.
    pub began_at: Timestamp,
    /// What is read now; none once all was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<BackfillKind>,
    /// Where the last page ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Records that were read, by kind.
    #[serde(default)]
    pub records: BTreeMap<BackfillKind, u64>,
    /// When all was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl SourceState {
    /// A source of which nothing is known.
    pub fn new(connection: ConnectionId) -> Self {
        Self { connection, tasks: BTreeMap::new(), cursor: None, backfill: None, topics: Vec::new() }
    }

    /// Takes over what its plugin can do. What is new is due at once, and the past of a source that nobody has read yet
    /// is read; `is_reachable` says whether webhooks would find the way here.
    pub fn plan(&mut self, abilities: &[SourceAbility], is_reachable: bool, now: Timestamp) {
        let mut tasks = BTreeMap::new();
        for ability in abilities {
            let minutes = ability.every_minutes.map(|minutes| Span::minutes(i64::from(minutes.max(1))));
            let every = match ability.task {
                SourceTaskKind::Poll => minutes,
                SourceTaskKind::OrdersOf => Some(minutes.map_or(ASKED_EVERY, |every| every.min(ASKED_EVERY))),
                SourceTaskKind::Subscribe if is_reachable => Some(minutes.unwrap_or(SUBSCRIBED_EVERY)),
                SourceTaskKind::Subscribe | SourceTaskKind::Backfill | SourceTaskKind::Probe => None,
            };
            let known = self.tasks.remove(&ability.task).unwrap_or_default();
            let due_at = if known.every == every { known.due_at } else { every.map(|_| now) };
            tasks.insert(ability.task, TaskState { due_at, every, ..known });
        }
        self.tasks = tasks;
        if self.backfill.is_none() && self.tasks.contains_key(&SourceTaskKind::Backfill) {
            self.begin_backfill(now);
        }
        self.schedule_backfill(now);
    }

    /// Somebody put something right, or asks again: what failed is tried at once.
    pub fn try_again(&mut self, now: Timestamp) {
        for task in self.tasks.values_mut().filter(|task| task.failures > 0) {
            task.failures = 0;
            task.due_at = task.due_at.map(|due| due.min(now));
        }
        self.schedule_backfill(now);
    }

    /// Reads the past from its beginning.
    pub fn begin_backfill(&mut self, now: Timestamp) {
        self.backfill = Some(BackfillState {
            began_at: now,
            reading: Some(BackfillKind::Customers),
            cursor: None,
            records: BTreeMap::new(),
            ended_at: None,
        });
        if let Some(task) = self.tasks.get_mut(&SourceTaskKind::Backfill) {
            *task = TaskState::default();
        }
        self.schedule_backfill(now);
    }

    /// A back-fill that is not over is due, unless it waits after a refusal.
    fn schedule_backfill(&mut self, now: Timestamp) {
        let goes_on = self.backfill.as_ref().is_some_and(|backfill| backfill.reading.is_some());
        let Some(task) = self.tasks.get_mut(&SourceTaskKind::Backfill) else { return };
        let is_over = task.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::Permanent);
        task.due_at = match goes_on && !(is_over && task.failures > 0) {
            true => task.due_at.or(Some(now)),
            false => None,
        };
    }

    /// The earliest instant at which something is to be asked.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.tasks.values().filter_map(|task| task.due_at).min()
    }

    /// The task that is due, the longest one first.
    pub fn due_task(&self, now: Timestamp) -> Option<SourceTaskKind> {
        let due = self.tasks.iter().filter_map(|(kind, task)| Some((task.due_at?, *kind)));
        due.filter(|(due, _)| *due <= now).min().map(|(_, kind)| kind)
    }

    /// There was nothing to ask; the next time comes as ever.
    pub fn pass(&mut self, task: SourceTaskKind, now: Timestamp) {
        let state = self.tasks.entry(task).or_default();
        state.due_at = state.every.map(|every| now + every);
    }

    /// Whether it can be asked for orders.
    pub fn reads_orders(&self) -> bool {
        self.tasks.contains_key(&SourceTaskKind::OrdersOf)
    }

    /// Until when it is not to be asked for orders, after a refusal.
    pub fn orders_rest_until(&self, now: Timestamp) -> Option<Timestamp> {
        let task = self.tasks.get(&SourceTaskKind::OrdersOf)?;
        task.due_at.filter(|due| task.failures > 0 && *due > now)
    }

    /// Whether it has refused so often that messages do not wait for its answer any longer.
    pub fn is_given_up(&self) -> bool {
        self.tasks.get(&SourceTaskKind::OrdersOf).is_some_and(|task| task.failures >= TRIES)
    }

    /// A task is begun: nobody else begins it before its lease is over.
    pub fn begin(&mut self, task: SourceTaskKind, now: Timestamp) {
        self.tasks.entry(task).or_default().due_at = Some(now + LEASE);
    }

    /// A task did what it should.
    pub fn succeed(&mut self, task: SourceTaskKind, now: Timestamp) {
        let state = self.tasks.entry(task).or_default();
        state.succeeded_at = Some(now);
        state.failures = 0;
        state.trouble = None;
        state.due_at = state.every.map(|every| now + every);
        self.schedule_backfill(now);
    }

    /// A poll came to a page. One with something in it is followed by the next at once, as long as the cursor moves.
    pub fn take_poll(&mut self, cursor: Option<String>, events: usize, now: Timestamp) {
        let moved = cursor.is_some() && self.cursor.is_some() && cursor != self.cursor;
        self.cursor = cursor.or(self.cursor.take());
        self.succeed(SourceTaskKind::Poll, now);
        if let Some(task) = self.tasks.get_mut(&SourceTaskKind::Poll)
            && moved
            && events > 0
        {
            task.due_at = Some(now);
        }
    }

    /// A page of the past was read.
    pub fn take_backfill(&mut self, cursor: Option<String>, records: usize, now: Timestamp) {
        if let Some(backfill) = &mut self.backfill
            && let Some(kind) = backfill.reading
        {
            *backfill.records.entry(kind).or_default() += records as u64;
            if cursor.is_none() {
                backfill.reading = kind.next();
                backfill.ended_at = backfill.reading.is_none().then_some(now);
            }
            backfill.cursor = cursor;
        }
        self.succeed(SourceTaskKind::Backfill, now);
    }

    /// Whether the trouble that people were told of is still there.
    pub fn is_in_trouble(&self, cause: AlertCause) -> bool {
        self.tasks.iter().any(|(kind, task)| {
            let is_subscription = *kind == SourceTaskKind::Subscribe;
            let alarm = task.trouble.as_ref().and_then(|it| Alarm::of_trouble("", is_subscription, task.failures, it));
            alarm.is_some_and(|alarm| alarm.cause == cause)
        })
    }

    /// A task failed; when it is tried again is said by the platform, or doubles from a minute on.
    pub fn fail(&mut self, task: SourceTaskKind, trouble: Trouble, now: Timestamp) {
        let state = self.tasks.entry(task).or_default();
        let pause = Span::from_millis(PAUSE.millis() << state.failures.min(5)).min(ASKED_EVERY);
        let pause = match trouble.kind {
            // Only a person can put these right; and saving the connection tries again at once.
            TroubleKind::Auth | TroubleKind::Permanent => state.every.unwrap_or(ASKED_EVERY).max(ASKED_EVERY),
            TroubleKind::RateLimited | TroubleKind::Transient | TroubleKind::Plugin => pause,
        };
        state.due_at = Some(trouble.not_before.unwrap_or(now + pause).max(now + Span::seconds(1)));
        state.failures = state.failures.saturating_add(1);
        state.trouble = Some(trouble);
        self.schedule_backfill(now);
    }
}

/// What a page of the past may tell: records, and nothing that would enrol anybody (product.md: history). Its orders say
/// that they were read from history; those of long ago are left out.
pub fn past(events: Vec<Event>, now: Timestamp) -> Vec<Event> {
    let told = events.into_iter().filter_map(|mut event| {
        match &mut event.what {
            What::OrderPlaced(order) | What::OrderPaid(order) | What::OrderCancelled(order) => {
                let placed_at = order.placed_at.unwrap_or(event.occurred_at);
                if now.since(placed_at) > HISTORY {
                    return None;
                }
                // A draft or a test stays one.
                if order.origin == OrderOrigin::Customer {
                    order.origin = OrderOrigin::Backfill;
                }
            }
            What::CustomerUpdated(_) | What::ProductUpdated(_) | What::ProductDeleted(_) => {}
            _ => return None,
        }
        Some(event)
    });
    told.collect()
}

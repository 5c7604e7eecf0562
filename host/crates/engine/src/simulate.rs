//! Simulation: an event log through the same engine, on a clock that moves from instant to instant.
//!
//! Nothing here decides anything. The order of lines is that of receipt, then of ids, so that shuffled lines give the
//! same timeline.

use cartwright_domain::customer::Customer;
use cartwright_domain::event::{Event, Origin};
use cartwright_domain::ids::{RunId, ShopId};
use cartwright_domain::message::Message;
use cartwright_domain::run::Run;
use cartwright_domain::shard::Shard;
use cartwright_domain::source::MOST_SILENCE;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::TraceEntry;
use futures_util::stream::{self, Stream, StreamExt};
use std::pin::pin;

use crate::Engine;
use crate::EventAnswer;
use crate::ports::{MessageFilter, PageRequest, RunFilter, StoreError, Webhook};
use crate::skip::MovableClock;

/// One line of an event log.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// When it arrives.
    pub received_at: Timestamp,
    /// What orders lines of the same instant.
    pub id: String,
    /// What arrives.
    pub item: LogItem,
}

/// What a line holds.
#[derive(Debug, Clone)]
pub enum LogItem {
    /// An event, as `POST /v1/events` takes it or as it was recorded.
    Event(Origin, Box<Event>),
    /// A webhook of a source, by its name; its signature is not checked.
    Hook(String, Webhook),
    /// A source does not answer from now on, by its name.
    SourceDown(String),
    /// It does again.
    SourceUp(String),
}

/// What came of a log. Each run can be looked at with [`Engine::simulated_run`]: there may be more of them than
/// anybody wants to hold at once.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// Lines that were not taken, with the reason.
    pub refused: Vec<(String, String)>,
    /// Runs, by their beginning.
    pub runs: Vec<RunId>,
    /// Where the clock stood at last.
    pub ended_at: Timestamp,
}

/// How far a simulation is.
#[derive(Debug, Clone, Copy)]
pub struct Reached {
    /// Where the clock stands.
    pub at: Timestamp,
    /// Lines of the log that were taken.
    pub lines: usize,
}

/// A run with all that is known of it.
#[derive(Debug, Clone)]
pub struct SimulatedRun {
    /// The run.
    pub run: Run,
    /// Whose.
    pub customer: Option<Customer>,
    /// Its trace.
    pub trace: Vec<TraceEntry>,
    /// Its messages.
    pub messages: Vec<Message>,
}

/// A simulation without an end of its own stops after this.
const LONGEST: Span = Span::days(400);

impl Engine {
    /// Plays a log and goes on until nothing is due any more, or until a moment. `clock` is the engine's own.
    pub async fn simulate(
        &self,
        clock: &dyn MovableClock,
        shop: ShopId,
        mut lines: Vec<LogLine>,
        until: Option<Timestamp>,
        progress: &(dyn Fn(Reached) + Sync),
    ) -> Result<Timeline, StoreError> {
        lines.sort_by(|one, other| (one.received_at, &one.id).cmp(&(other.received_at, &other.id)));
        self.play(clock, shop, stream::iter(lines.into_iter().map(Ok)), until, progress).await
    }

    /// The same with lines that come in the order of their receipt, from wherever they are read.
    pub(crate) async fn play(
        &self,
        clock: &dyn MovableClock,
        shop: ShopId,
        lines: impl Stream<Item = Result<LogLine, StoreError>> + Send,
        until: Option<Timestamp>,
        progress: &(dyn Fn(Reached) + Sync),
    ) -> Result<Timeline, StoreError> {
        let _turn = self.turn.lock().await;
        let mut refused = Vec::new();
        let mut taken = 0;
        let mut lines = pin!(lines.peekable());
        while let Some(line) = lines.next().await.transpose()? {
            let at = line.received_at;
            if until.is_some_and(|until| at > until) {
                break;
            }
            if at > self.now() {
                // What is due at the very instant waits for the events of that instant (S01).
                self.run_to(clock, at - Span::from_millis(1)).await?;
                clock.move_to(at);
            }
            if let Some(reason) = self.take_line(shop, line.item).await? {
                refused.push((line.id, reason));
            }
            taken += 1;
            progress(Reached { at, lines: taken });
            let is_followed =
                |next: &Result<LogLine, StoreError>| next.as_ref().is_ok_and(|next| next.received_at == at);
            if !lines.as_mut().peek().await.is_some_and(is_followed) {
                self.settle_in_turn().await?;
            }
        }
        let end = until.unwrap_or(self.now() + LONGEST);
        while let Some(due) = self.store.next_due(&Shard::ALL).await?.filter(|due| *due <= end) {
            self.run_to(clock, due.max(self.now() + Span::from_millis(1)).min(end)).await?;
            progress(Reached { at: self.now(), lines: taken });
            if self.now() >= end {
                break;
            }
        }
        if let Some(until) = until {
            self.run_to(clock, until).await?;
        }
        Ok(Timeline { refused, runs: self.simulated_runs(shop).await?, ended_at: self.now() })
    }

    async fn take_line(&self, shop: ShopId, item: LogItem) -> Result<Option<String>, StoreError> {
        match item {
            LogItem::Event(origin, event) => {
                let answers = self.ingest(shop, origin, vec![*event]).await?;
                Ok(answers.into_iter().find_map(|answer| match answer {
                    EventAnswer::Accepted | EventAnswer::AlreadyKnown => None,
                    EventAnswer::Conflict => Some("its id is known with other content".to_owned()),
                    EventAnswer::Refused(error) => Some(error.to_string()),
                }))
            }
            LogItem::Hook(source, webhook) => {
                let settings = self.settings(shop).await?;
                let connection = settings.as_ref().and_then(|settings| settings.sources.get(&source));
                let Some(connection) = connection.map(|entry| entry.value.clone()) else {
                    return Ok(Some(format!("there is no source `{source}`")));
                };
                let Some(call) = self.connection_call(shop, &connection).await? else {
                    return Ok(Some(format!("the plugin of source `{source}` is not installed")));
                };
                Ok(self.take_webhook(shop, &connection, &call, &webhook).await?.reason)
            }
            LogItem::SourceDown(name) => self.take_silence(shop, &name).await,
            LogItem::SourceUp(name) => {
                self.rehearse_silence(&name, false);
                Ok(None)
            }
        }
    }

    /// In a rehearsal a source counts as having answered at every instant; from now on this one does not (S08).
    async fn take_silence(&self, shop: ShopId, name: &str) -> Result<Option<String>, StoreError> {
        let settings = self.settings(shop).await?;
        let known = settings.as_ref().and_then(|settings| settings.sources.get(name));
        let Some(mut source) = known.map(|entry| entry.value.clone()) else {
            return Ok(Some(format!("there is no source `{name}`")));
        };
        source.stale_after = Some(source.silence_bound().unwrap_or(MOST_SILENCE));
        source.heard_at = Some(self.now());
        self.store.save_connection(shop, &source).await?;
        self.rehearse_silence(name, true);
        Ok(None)
    }

    async fn simulated_runs(&self, shop: ShopId) -> Result<Vec<RunId>, StoreError> {
        let mut runs = Vec::new();
        let mut page = PageRequest { after: None, limit: 200 };
        loop {
            let found = self.store.runs(shop, &RunFilter::default(), &page).await?;
            runs.extend(found.items.iter().map(|run| (run.started_at, run.id)));
            match found.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        runs.sort_unstable();
        Ok(runs.into_iter().map(|(_, run)| run).collect())
    }

    /// A run with all that is known of it; none if there is no such run.
    pub async fn simulated_run(&self, shop: ShopId, run: RunId) -> Result<Option<SimulatedRun>, StoreError> {
        let Some(run) = self.store.run(shop, run).await? else { return Ok(None) };
        let filter = MessageFilter { run: Some(run.id), ..MessageFilter::default() };
        let mut messages = self.store.messages(shop, &filter, &newest()).await?.items;
        messages.sort_by_key(|message| (message.created_at, message.id));
        let customer = self.store.customer(shop, run.customer).await?;
        let trace = self.store.trace(shop, run.id).await?;
        Ok(Some(SimulatedRun { run, customer, trace, messages }))
    }
}

fn newest() -> PageRequest {
    PageRequest { after: None, limit: 200 }
}

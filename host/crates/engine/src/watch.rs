//! What plugins do, counted in memory: calls, times, failures, lines of their logs. From time to time it goes into the
//! database, where the figures of all nodes add up; never with a decision.

use cartwright_domain::decision::LogEntry;
use cartwright_domain::ids::{RunId, ShopId};
use cartwright_domain::plugin::{PluginFailure, Tally, Usage};
use cartwright_domain::time::{Span, Timestamp};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Engine;
use crate::ports::{Figure, Note, NoteKind, Observed, Observer, StoreError};

/// How often figures go into the database.
const FLUSH: Span = Span::seconds(10);
/// Lines of logs of a shop that wait for it; the oldest go first.
const LINES: usize = 1_000;

/// What was counted since the last time.
#[derive(Default)]
pub(crate) struct Watch(Mutex<BTreeMap<ShopId, OfShop>>);

#[derive(Default)]
struct OfShop {
    flushed_at: Timestamp,
    tallies: BTreeMap<String, Tally>,
    lines: VecDeque<Line>,
}

struct Line {
    digest: String,
    /// None where nobody said; it was since the last time.
    at: Option<Timestamp>,
    run: Option<RunId>,
    text: String,
}

impl Watch {
    /// A call over the boundary.
    pub(crate) fn called(&self, shop: ShopId, digest: &str) {
        self.tally(shop, digest, Tally::call);
    }

    /// One answer of it.
    pub(crate) fn answered(&self, shop: ShopId, digest: &str, usage: Usage, failure: Option<&PluginFailure>) {
        self.tally(shop, digest, |tally| tally.subject(usage, failure));
    }

    /// Lines that it logged.
    pub(crate) fn logged(
        &self,
        shop: ShopId,
        digest: &str,
        at: Option<Timestamp>,
        run: Option<RunId>,
        lines: &[String],
    ) {
        if lines.is_empty() {
            return;
        }
        let mut all = self.lock();
        let kept = &mut all.entry(shop).or_default().lines;
        kept.extend(lines.iter().map(|text| Line { digest: digest.to_owned(), at, run, text: text.clone() }));
        let old = kept.len().saturating_sub(LINES);
        kept.drain(..old);
    }

    fn tally(&self, shop: ShopId, digest: &str, count: impl FnOnce(&mut Tally)) {
        let mut all = self.lock();
        let tallies = &mut all.entry(shop).or_default().tallies;
        match tallies.get_mut(digest) {
            Some(tally) => count(tally),
            None => count(tallies.entry(digest.to_owned()).or_default()),
        }
    }

    /// Takes what was counted in a shop.
    fn take(&self, shop: ShopId, now: Timestamp) -> (BTreeMap<String, Tally>, VecDeque<Line>) {
        let mut all = self.lock();
        let of_shop = all.entry(shop).or_default();
        of_shop.flushed_at = now;
        (std::mem::take(&mut of_shop.tallies), std::mem::take(&mut of_shop.lines))
    }

    fn is_due(&self, shop: ShopId, now: Timestamp) -> bool {
        self.lock().get(&shop).is_some_and(|of_shop| {
            now >= of_shop.flushed_at + FLUSH && !(of_shop.tallies.is_empty() && of_shop.lines.is_empty())
        })
    }

    fn shops(&self) -> Vec<ShopId> {
        self.lock().keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ShopId, OfShop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watch {
    fn observed(&self, observed: &Observed<'_>) {
        self.called(observed.shop, observed.digest);
        self.answered(observed.shop, observed.digest, observed.usage, observed.failure);
        self.logged(observed.shop, observed.digest, None, None, observed.log);
    }
}

impl Engine {
    /// Brings what was counted in a shop into the database, if it is time.
    pub(crate) async fn flush_figures_if_due(&self, shop: ShopId) -> Result<(), StoreError> {
        if self.watch.is_due(shop, self.now()) { self.flush_figures(shop).await } else { Ok(()) }
    }

    /// The same at once. What cannot be stored is lost: nobody's message hangs on it.
    pub(crate) async fn flush_figures(&self, shop: ShopId) -> Result<(), StoreError> {
        let now = self.now();
        let (tallies, lines) = self.watch.take(shop, now);
        let day = now.to_string().chars().take(10).collect::<String>();
        let mut figures = Vec::new();
        for (digest, mut tally) in tallies {
            let of_version = tally.take().into_iter();
            figures.extend(of_version.map(|(name, value)| Figure {
                digest: digest.clone(),
                day: day.clone(),
                name,
                value,
            }));
        }
        if !figures.is_empty() {
            self.store.add_figures(shop, &figures).await?;
        }
        let mut mint = self.entropy.mint(now);
        let note = |line: Line| {
            let entry = LogEntry { id: mint.next(), at: line.at.unwrap_or(now), run: line.run, line: line.text };
            Note {
                kind: NoteKind::Log,
                subject: line.digest,
                id: entry.id,
                at: entry.at,
                run: entry.run,
                document: json!(entry),
            }
        };
        let notes: Vec<Note> = lines.into_iter().map(note).collect();
        if notes.is_empty() { Ok(()) } else { self.store.write_notes(shop, &notes).await }
    }

    /// The same for all shops, before the process ends.
    pub(crate) async fn flush_all_figures(&self) {
        for shop in self.watch.shops() {
            if let Err(error) = self.flush_figures(shop).await {
                tracing::warn!(%shop, %error, "the last figures of plugins are lost");
            }
        }
    }
}

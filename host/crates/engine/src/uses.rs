//! What plugins used of what they were granted, by version and day: counted by the runtime, written down now and then.

use std::sync::{Mutex, PoisonError};

use cartwright_domain::ids::ShopId;
use cartwright_domain::time::{Span, Timestamp};
use std::collections::BTreeMap;

use crate::Engine;
use crate::ports::{Figure, StoreError, Use, UseKind};

/// How long what was counted may stand in memory only.
const FLUSH: Span = Span::seconds(60);

/// What was taken from the runtime and is not written down yet.
#[derive(Default)]
pub(crate) struct Unwritten {
    uses: Mutex<Vec<Use>>,
    flushed_at: Mutex<Timestamp>,
}

/// What a version used on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayUse {
    /// Such as `2026-11-21`, in UTC.
    pub day: String,
    /// Of which kind it is.
    pub kind: UseKind,
    /// Fact, `host:port`, or name of the secret.
    pub name: String,
    /// So many times.
    pub times: u64,
}

const KINDS: [UseKind; 3] = [UseKind::Fact, UseKind::Host, UseKind::Secret];

/// Among the figures of a version, uses are those of this form.
fn figure_name(kind: UseKind, name: &str) -> String {
    format!("used_{} {name}", kind.name())
}

fn of_figure(figure: Figure) -> Option<DayUse> {
    let (kind, name) = figure.name.strip_prefix("used_")?.split_once(' ')?;
    let kind = KINDS.into_iter().find(|known| known.name() == kind)?;
    Some(DayUse { day: figure.day, kind, name: name.to_owned(), times: figure.value })
}

impl Engine {
    /// Writes down what was used since the last time: one statement for each shop. What cannot be written is kept for
    /// the next time.
    pub async fn flush_uses(&self) -> Result<(), StoreError> {
        let mut by_shop: BTreeMap<ShopId, Vec<Use>> = BTreeMap::new();
        {
            let mut unwritten = self.unwritten.uses.lock().unwrap_or_else(PoisonError::into_inner);
            for one in unwritten.drain(..).chain(self.plugins.take_uses()) {
                by_shop.entry(one.shop).or_default().push(one);
            }
        }
        let day: String = self.now().to_string().chars().take(10).collect();
        let mut failure = None;
        for (shop, uses) in by_shop {
            let mut figures: BTreeMap<(&str, String), u64> = BTreeMap::new();
            for one in &uses {
                *figures.entry((&one.digest, figure_name(one.kind, &one.name))).or_default() += one.times;
            }
            let figures: Vec<Figure> = figures
                .into_iter()
                .map(|((digest, name), value)| Figure { digest: digest.to_owned(), day: day.clone(), name, value })
                .collect();
            if let Err(error) = self.store.add_figures(shop, &figures).await {
                self.unwritten.uses.lock().unwrap_or_else(PoisonError::into_inner).extend(uses);
                failure = Some(error);
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// The same if the last time is long enough ago.
    pub(crate) async fn flush_uses_now_and_then(&self) {
        let now = self.now();
        {
            let mut flushed_at = self.unwritten.flushed_at.lock().unwrap_or_else(PoisonError::into_inner);
            if now < *flushed_at + FLUSH {
                return;
            }
            *flushed_at = now;
        }
        if let Err(error) = self.flush_uses().await {
            tracing::error!(%error, "what plugins used cannot be written down; it is tried again");
        }
    }

    /// What a version used since a day, up to this moment as far as this process knows.
    pub async fn uses(&self, shop: ShopId, digest: &str, since: &str) -> Result<Vec<DayUse>, StoreError> {
        self.flush_uses().await?;
        let figures = self.store.figures(shop, digest, since).await?;
        Ok(figures.into_iter().filter_map(of_figure).collect())
    }
}

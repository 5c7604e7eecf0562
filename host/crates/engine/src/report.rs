//! Reports on messages: the funnel of S30, cut as asked. Read from sums by day, never from messages.

use std::collections::{BTreeMap, BTreeSet};

use cartwright_domain::event::ReceiptKind;
use cartwright_domain::funnel::{Cell, Figure, Funnel};
use cartwright_domain::ids::{ShopId, StrategyId, VersionId};
use cartwright_domain::local::Day;
use cartwright_domain::zone;

use crate::Engine;
use crate::ports::{FigureFilter, StoreError};
use crate::settings::ShopSettings;

/// The longest range of one report.
pub const LONGEST_REPORT: i64 = 400;
/// What is reported if nobody says since when: today and the days before it.
const DAYS: i64 = 30;

/// What a report can be cut by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Dimension {
    Day,
    Strategy,
    Version,
    Step,
    Channel,
    Content,
}

impl Dimension {
    /// All of them with their names.
    pub const ALL: [(&'static str, Self); 6] = [
        ("day", Self::Day),
        ("strategy", Self::Strategy),
        ("version", Self::Version),
        ("step", Self::Step),
        ("channel", Self::Channel),
        ("content", Self::Content),
    ];
}

/// What is reported.
#[derive(Debug, Clone, Default)]
pub struct ReportQuery {
    /// The first day in the shop's zone; 30 days back if nobody says.
    pub from: Option<Day>,
    /// The last day; today if nobody says.
    pub to: Option<Day>,
    /// Of one strategy.
    pub strategy: Option<StrategyId>,
    /// One line for each of these.
    pub by: BTreeSet<Dimension>,
}

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Everything together.
    pub total: Funnel,
    /// Cut as asked; none if nothing was asked.
    pub lines: Vec<ReportLine>,
}

/// A line of a report; what it is not cut by is none.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are those of the dimensions")]
pub struct ReportLine {
    pub day: Option<Day>,
    pub strategy: Option<StrategyId>,
    pub version: Option<VersionId>,
    pub step: Option<String>,
    pub channel: Option<String>,
    pub content: Option<String>,
    /// What was counted.
    pub funnel: Funnel,
}

/// What makes a line, in the order of the dimensions.
type Key = (Option<Day>, Option<StrategyId>, Option<VersionId>, Option<String>, Option<String>, Option<String>);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The range is upside down or too long.
    #[error("{0}")]
    Range(String),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Makes a report; none for a shop that does not exist.
    pub async fn report_messages(&self, shop: ShopId, query: &ReportQuery) -> Result<Option<Report>, ReportError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(None) };
        let place = zone::of_shop(&settings.shop);
        let Some(today) = place.zones.first().map(|zone| zone.wall(self.now()).day()) else { return Ok(None) };
        let to = query.to.unwrap_or(today);
        let from = query.from.unwrap_or_else(|| to.plus(1 - DAYS));
        if from > to {
            return Err(ReportError::Range(format!("the report would end on {to}, before it begins on {from}")));
        }
        if from.plus(LONGEST_REPORT) <= to {
            return Err(ReportError::Range(format!("a report covers {LONGEST_REPORT} days at most; ask in parts")));
        }
        let filter = FigureFilter { from, to, strategy: query.strategy };
        let cells = self.store.message_figures(shop, &filter).await?;
        let reports = |channel: &str, kind: ReceiptKind| can_report(&settings, channel, kind);
        let total = Funnel::of(sums(cells.iter()), reports);
        let mut cut: BTreeMap<Key, Vec<&(Cell, i64)>> = BTreeMap::new();
        if !query.by.is_empty() {
            for cell in &cells {
                cut.entry(key_of(&cell.0, &query.by)).or_default().push(cell);
            }
        }
        let line = |((day, strategy, version, step, channel, content), cells): (Key, Vec<&(Cell, i64)>)| ReportLine {
            day,
            strategy,
            version,
            step,
            channel,
            content,
            funnel: Funnel::of(sums(cells.into_iter()), reports),
        };
        Ok(Some(Report { from, to, total, lines: cut.into_iter().map(line).collect() }))
    }

    /// Everything that was ever counted, in one funnel; none for a shop that does not exist.
    pub async fn whole_funnel(&self, shop: ShopId) -> Result<Option<Funnel>, StoreError> {
        let Some(settings) = self.settings(shop).await? else { return Ok(None) };
        let filter = FigureFilter { from: Day::FIRST, to: Day::LAST, strategy: None };
        let cells = self.store.message_figures(shop, &filter).await?;
        Ok(Some(Funnel::of(sums(cells.iter()), |channel, kind| can_report(&settings, channel, kind))))
    }
}

fn can_report(settings: &ShopSettings, channel: &str, kind: ReceiptKind) -> bool {
    let ability = settings.channels.get(channel).and_then(|entry| entry.value.ability.as_ref());
    ability.is_some_and(|ability| ability.receipts.contains(&kind))
}

fn sums<'a>(cells: impl Iterator<Item = &'a (Cell, i64)>) -> impl Iterator<Item = (&'a str, Figure, i64)> {
    cells.map(|(cell, sum)| (cell.channel.as_str(), cell.figure, *sum))
}

fn key_of(cell: &Cell, by: &BTreeSet<Dimension>) -> Key {
    let asked = |dimension| by.contains(&dimension);
    (
        asked(Dimension::Day).then_some(cell.day),
        asked(Dimension::Strategy).then_some(cell.strategy),
        asked(Dimension::Version).then_some(cell.version),
        asked(Dimension::Step).then(|| cell.step.clone()),
        asked(Dimension::Channel).then(|| cell.channel.clone()),
        asked(Dimension::Content).then(|| cell.content.clone()),
    )
}

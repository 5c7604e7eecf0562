//! What a report makes of the sums: the steps of the funnel, each as a share of the one before, and the reasons.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

use super::{Figure, LossReason, word};
use crate::event::ReceiptKind;
use crate::message::{HoldReason, SkipReason};
use crate::money::Currency;
use crate::price::Price;

/// A share between 0 and 1; none of nothing, and where a channel cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Share(pub Option<f64>);

impl Share {
    fn of(part: Option<u64>, whole: Option<u64>) -> Self {
        match (part, whole) {
            (Some(part), Some(whole)) if whole > 0 => Self(Some(part as f64 / whole as f64)),
            _ => Self(None),
        }
    }
}

/// A reason with how often it was met.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReasonCount {
    /// Such as `no_consent`.
    pub reason: String,
    /// Messages.
    pub messages: u64,
    /// Of all skips, holds or losses.
    pub share: Share,
}

/// The funnel of S30. What no channel among those counted can report is `null`, and shown as `-`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Funnel {
    /// skipped + held + targeted.
    pub considered: u64,
    /// Not sent on purpose.
    pub skipped: u64,
    /// Waiting for something to be put right.
    pub held: u64,
    /// Handed over: accepted + rejected + uncertain + in flight.
    pub targeted: u64,
    /// Of those considered.
    pub targeted_share: Share,
    /// The provider's word is still to come.
    pub in_flight: u64,
    /// The provider has them: sent.
    pub accepted: u64,
    /// Of those targeted.
    pub accepted_share: Share,
    /// Refused for certain, and given up after refusals.
    pub rejected: u64,
    /// Nobody knows.
    pub uncertain: u64,
    /// On the device.
    pub delivered: Option<u64>,
    /// Of those accepted on channels that report it.
    pub delivered_share: Share,
    /// Seen.
    pub read: Option<u64>,
    /// Of those delivered on channels that report it.
    pub read_share: Share,
    /// A button or link was used.
    pub clicked: Option<u64>,
    /// Answered.
    pub replied: Option<u64>,
    /// Clicked or replied, of those read on channels that report both.
    pub reacted_share: Share,
    /// Clicked, of those delivered.
    pub click_through: Share,
    /// Delivered, or accepted where the channel cannot report that.
    pub succeeded: u64,
    /// Rejected or lost.
    pub failed: u64,
    /// The rest of those targeted.
    pub in_progress: u64,
    /// Why messages were skipped, the most frequent first.
    pub skips: Vec<ReasonCount>,
    /// Why messages are held.
    pub holds: Vec<ReasonCount>,
    /// Why messages were lost.
    pub losses: Vec<ReasonCount>,
    /// What providers said that messages cost, a sum for each currency. Who did not say it is not in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub costs: Vec<Price>,
}

/// The sums of one channel.
#[derive(Default)]
struct Sums {
    figures: BTreeMap<Figure, u64>,
}

impl Sums {
    fn get(&self, figure: Figure) -> u64 {
        self.figures.get(&figure).copied().unwrap_or_default()
    }

    fn all(&self, which: impl Fn(&Figure) -> bool) -> u64 {
        self.figures.iter().filter(|(figure, _)| which(figure)).map(|(_, sum)| sum).sum()
    }
}

impl Funnel {
    /// From sums by channel and figure. `reports` says what a channel can report; what it did report, it can.
    pub fn of<'a>(
        sums: impl IntoIterator<Item = (&'a str, Figure, i64)>,
        reports: impl Fn(&str, ReceiptKind) -> bool,
    ) -> Self {
        let mut channels: BTreeMap<&str, Sums> = BTreeMap::new();
        let mut costs: BTreeMap<Currency, i64> = BTreeMap::new();
        for (channel, figure, sum) in sums {
            if let Figure::Cost(currency) = figure {
                *costs.entry(currency).or_default() += sum;
                continue;
            }
            *channels.entry(channel).or_default().figures.entry(figure).or_default() += u64::try_from(sum).unwrap_or(0);
        }
        let mut funnel = Self::default();
        let (mut skips, mut holds, mut losses) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        // Each step with the one before it, over the channels that can report the step.
        let (mut delivered, mut read, mut reacted, mut through) =
            (Part::default(), Part::default(), Part::default(), Part::default());
        for (name, sums) in &channels {
            let can = |kind: ReceiptKind, figure: Figure| reports(name, kind) || sums.get(figure) > 0;
            funnel.skipped += sums.all(|figure| matches!(figure, Figure::Skipped(_)));
            funnel.held += sums.all(|figure| matches!(figure, Figure::Held(_)));
            funnel.rejected += sums.all(|figure| matches!(figure, Figure::Rejected(_)));
            funnel.in_flight += sums.get(Figure::InFlight);
            funnel.accepted += sums.get(Figure::Accepted);
            funnel.uncertain += sums.get(Figure::Uncertain);
            let reports_delivered = can(ReceiptKind::Delivered, Figure::Delivered);
            let reports_read = can(ReceiptKind::Read, Figure::Read);
            let reports_clicked = can(ReceiptKind::Clicked, Figure::Clicked);
            let reports_replied = can(ReceiptKind::Replied, Figure::Replied);
            let reactions = sums.get(Figure::Clicked) + sums.get(Figure::Replied);
            if reports_delivered {
                delivered.add(sums.get(Figure::Delivered), sums.get(Figure::Accepted));
                funnel.succeeded += sums.get(Figure::Delivered);
            } else {
                funnel.succeeded += sums.get(Figure::Accepted);
            }
            if reports_read {
                read.add(sums.get(Figure::Read), sums.get(Figure::Delivered));
            }
            if reports_clicked {
                *funnel.clicked.get_or_insert(0) += sums.get(Figure::Clicked);
                through.add(sums.get(Figure::Clicked), sums.get(Figure::Delivered));
            }
            if reports_replied {
                *funnel.replied.get_or_insert(0) += sums.get(Figure::Replied);
            }
            if reports_read && (reports_clicked || reports_replied) {
                reacted.add(reactions, sums.get(Figure::Read));
            }
            for (figure, sum) in &sums.figures {
                match figure {
                    Figure::Skipped(reason) => *skips.entry(*reason).or_insert(0) += sum,
                    Figure::Held(reason) => *holds.entry(*reason).or_insert(0) += sum,
                    Figure::Rejected(reason) => *losses.entry(*reason).or_insert(0) += sum,
                    _ => {}
                }
            }
        }
        funnel.targeted = funnel.in_flight + funnel.accepted + funnel.rejected + funnel.uncertain;
        funnel.considered = funnel.skipped + funnel.held + funnel.targeted;
        funnel.targeted_share = Share::of(Some(funnel.targeted), Some(funnel.considered));
        funnel.accepted_share = Share::of(Some(funnel.accepted), Some(funnel.targeted));
        (funnel.delivered, funnel.delivered_share) = (delivered.part, delivered.share());
        (funnel.read, funnel.read_share) = (read.part, read.share());
        (funnel.reacted_share, funnel.click_through) = (reacted.share(), through.share());
        funnel.failed = funnel.rejected;
        funnel.in_progress = funnel.targeted.saturating_sub(funnel.succeeded + funnel.failed);
        funnel.skips = reasons::<SkipReason>(skips);
        funnel.holds = reasons::<HoldReason>(holds);
        funnel.losses = reasons::<LossReason>(losses);
        let costs = costs.into_iter().filter(|(_, micros)| *micros != 0);
        funnel.costs = costs.map(|(currency, micros)| Price { micros, currency }).collect();
        funnel
    }
}

/// A step and the one before it, over the channels that can tell.
#[derive(Default)]
struct Part {
    part: Option<u64>,
    whole: u64,
}

impl Part {
    fn add(&mut self, part: u64, whole: u64) {
        *self.part.get_or_insert(0) += part;
        self.whole += whole;
    }

    fn share(&self) -> Share {
        Share::of(self.part, Some(self.whole))
    }
}

fn reasons<T: Serialize + Ord>(counted: BTreeMap<T, u64>) -> Vec<ReasonCount> {
    let all: u64 = counted.values().sum();
    let mut reasons: Vec<ReasonCount> = counted
        .into_iter()
        .filter(|(_, messages)| *messages > 0)
        .map(|(reason, messages)| ReasonCount {
            reason: word(&reason),
            messages,
            share: Share::of(Some(messages), Some(all)),
        })
        .collect();
    reasons.sort_by(|one, other| other.messages.cmp(&one.messages).then_with(|| one.reason.cmp(&other.reason)));
    reasons
}

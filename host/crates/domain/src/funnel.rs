//! The funnel (S30) and its reasons (S31): what each message counts as, and what a report makes of the sums.
//!
//! A message counts as a set of figures, a function of where it stands. What it counted as before stands in the
//! message itself, so a change of state is a difference of two sets, written in the transaction that changes the
//! message. Reports read sums by day and never a message.

mod report;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

use crate::event::ReceiptKind;
use crate::ids::{MessageId, StrategyId, VersionId};
use crate::local::Day;
use crate::message::{HoldReason, Message, MessageState, Purpose, RejectionClass, SkipReason};
use crate::money::Currency;
use crate::price::Price;
use crate::shop::Shop;
use crate::time::Timestamp;
use crate::world::World;
use crate::zone;

pub use report::{Funnel, ReasonCount, Share};

/// What a message counts as. The first six exclude one another; what happened to it afterwards comes on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// Not sent on purpose.
    Skipped(SkipReason),
    /// Waits for something to be put right.
    Held(HoldReason),
    /// Handed over, and the provider's word is still to come.
    InFlight,
    /// The provider has it.
    Accepted,
    /// The provider refused it for certain.
    Rejected(LossReason),
    /// The provider may or may not have it.
    Uncertain,
    /// The device has it.
    Delivered,
    /// The customer saw it.
    Read,
    /// The customer used a button or link.
    Clicked,
    /// The customer answered.
    Replied,
    /// What providers say it cost, in millionths of the currency's unit.
    Cost(Currency),
}

/// Why a message was lost at or after the provider: one for each class of S23, and one for those that could not be
/// brought in time. A closed list, the same for all channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the class of its name")]
pub enum LossReason {
    InvalidRecipient,
    NotOnChannel,
    OptOut,
    WindowClosed,
    FrequencyCap,
    RateLimited,
    Transient,
    Template,
    ContentPolicy,
    SenderPolicy,
    Auth,
    Billing,
    TooLarge,
    BadRequest,
    Unknown,
    /// The provider put it off until something forbade it, most often its lateness.
    GivenUp,
}

impl From<RejectionClass> for LossReason {
    fn from(class: RejectionClass) -> Self {
        match class {
            RejectionClass::InvalidRecipient => Self::InvalidRecipient,
            RejectionClass::NotOnChannel => Self::NotOnChannel,
            RejectionClass::OptOut => Self::OptOut,
            RejectionClass::WindowClosed => Self::WindowClosed,
            RejectionClass::FrequencyCap => Self::FrequencyCap,
            RejectionClass::RateLimited { .. } => Self::RateLimited,
            RejectionClass::Transient => Self::Transient,
            RejectionClass::Template => Self::Template,
            RejectionClass::ContentPolicy => Self::ContentPolicy,
            RejectionClass::SenderPolicy => Self::SenderPolicy,
            RejectionClass::Auth => Self::Auth,
            RejectionClass::Billing => Self::Billing,
            RejectionClass::TooLarge => Self::TooLarge,
            RejectionClass::BadRequest => Self::BadRequest,
            RejectionClass::Unknown => Self::Unknown,
        }
    }
}

/// The word of a reason, as JSON has it.
fn word<T: Serialize>(reason: &T) -> String {
    serde_json::to_value(reason).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn reason_of<T: serde::de::DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skipped(reason) => write!(f, "skipped.{}", word(reason)),
            Self::Held(reason) => write!(f, "held.{}", word(reason)),
            Self::InFlight => f.write_str("in_flight"),
            Self::Accepted => f.write_str("accepted"),
            Self::Rejected(reason) => write!(f, "rejected.{}", word(reason)),
            Self::Uncertain => f.write_str("uncertain"),
            Self::Delivered => f.write_str("delivered"),
            Self::Read => f.write_str("read"),
            Self::Clicked => f.write_str("clicked"),
            Self::Replied => f.write_str("replied"),
            Self::Cost(currency) => write!(f, "cost.{currency}"),
        }
    }
}

impl Figure {
    /// From its name in the database; none for one of a later version of Cartwright.
    pub fn named(name: &str) -> Option<Self> {
        match name.split_once('.') {
            Some(("skipped", reason)) => reason_of(reason).map(Self::Skipped),
            Some(("held", reason)) => reason_of(reason).map(Self::Held),
            Some(("rejected", reason)) => reason_of(reason).map(Self::Rejected),
            Some(("cost", currency)) => currency.parse().ok().map(Self::Cost),
            Some(_) => None,
            None => [Self::InFlight, Self::Accepted, Self::Uncertain, Self::Delivered]
                .into_iter()
                .chain([Self::Read, Self::Clicked, Self::Replied])
                .find(|figure| figure.to_string() == name),
        }
    }

    fn is_targeted(self) -> bool {
        matches!(self, Self::InFlight | Self::Accepted | Self::Rejected(_) | Self::Uncertain)
    }
}

impl Serialize for Figure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no figure")))
    }
}

impl JsonSchema for Figure {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Figure".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "Such as `accepted` or `skipped.no_consent`." })
    }
}

/// What a message was counted as, and on which day: kept in the message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// The day in the shop's zone on which it is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Day>,
    /// The day on which it became targeted, once it has been handed over: that day never changes (S30).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targeted_on: Option<Day>,
    /// As what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// At what it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Price>,
    /// With which revision of its content, as the message says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_revision: Option<u32>,
}

impl Counted {
    /// Whether it was counted at all.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Its figures with what each adds to its sum.
    fn parts(&self) -> impl Iterator<Item = (Day, Figure, i64)> {
        let cost = self.cost.map(|cost| (Figure::Cost(cost.currency), cost.micros));
        let parts = self.figures.iter().map(|figure| (*figure, 1)).chain(cost);
        self.on.into_iter().flat_map(move |day| parts.clone().map(move |(figure, by)| (day, figure, by)))
    }
}

/// What figures are kept by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The day in the shop's zone.
    pub day: Day,
    /// Of which strategy.
    pub strategy: StrategyId,
    /// In which version.
    pub version: VersionId,
    /// At which step.
    pub step: String,
    /// Over which channel, by the name of the connection.
    pub channel: String,
    /// With which content, by name; `NAME@REVISION` where that revision stood in the place of the one that the version
    /// was published with (S28).
    pub content: String,
    /// What is counted.
    pub figure: Figure,
}

/// What a message counts as where it stands (S30). Waiting, held out, and to the shop's own people: nothing.
pub fn figures_of(message: &Message) -> Vec<Figure> {
    if message.purpose == Purpose::Staff {
        return Vec::new();
    }
    let was_handed_over = message.attempts > 0;
    let stands = match message.state {
        MessageState::HeldOut => return Vec::new(),
        MessageState::Queued | MessageState::Prepared { .. } if !was_handed_over => return Vec::new(),
        MessageState::Queued | MessageState::Prepared { .. } | MessageState::HandedOver { .. } => Figure::InFlight,
        MessageState::Held { reason } => Figure::Held(reason),
        // The provider refused it before: it is lost, whatever kept it from being tried once more.
        MessageState::Skipped { .. } if was_handed_over => Figure::Rejected(LossReason::GivenUp),
        MessageState::Skipped { reason } => Figure::Skipped(reason),
        MessageState::Accepted => Figure::Accepted,
        MessageState::Rejected { class } => Figure::Rejected(class.into()),
        MessageState::Uncertain => Figure::Uncertain,
    };
    let mut figures = vec![stands];
    if stands == Figure::Accepted {
        // A later receipt implies those before it.
        figures.extend_from_slice(match message.receipt {
            None | Some(ReceiptKind::Accepted | ReceiptKind::Failed | ReceiptKind::OptedOut) => &[],
            Some(ReceiptKind::Delivered) => &[Figure::Delivered],
            Some(ReceiptKind::Read) => &[Figure::Delivered, Figure::Read],
            Some(ReceiptKind::Clicked) => &[Figure::Delivered, Figure::Read, Figure::Clicked],
            Some(ReceiptKind::Replied) if message.clicked => {
                &[Figure::Delivered, Figure::Read, Figure::Clicked, Figure::Replied]
            }
            Some(ReceiptKind::Replied) => &[Figure::Delivered, Figure::Read, Figure::Replied],
        });
    }
    figures
}

/// The day in a shop's zone.
pub fn today(shop: &Shop, at: Timestamp) -> Option<Day> {
    zone::of_shop(shop).zones.first().map(|zone| zone.wall(at).day())
}

/// Counts every message that the batch changed: what each now counts as is written into it, and what the sums move by
/// is the answer, in the order of the cells and without zeros.
pub fn count(world: &mut World) -> Vec<(Cell, i64)> {
    let zone = zone::of_shop(&world.shop);
    let today = |at: Timestamp| zone.zones.first().map(|zone| zone.wall(at).day());
    let mut moved: BTreeMap<Cell, i64> = BTreeMap::new();
    let changed: Vec<MessageId> = world.messages.iter().filter(|(_, entry)| entry.changed).map(|(id, _)| *id).collect();
    for id in changed {
        let Some(message) = world.messages.get(&id).map(|entry| &entry.value) else { continue };
        let Some((strategy, version)) = world.runs.get(&message.run).map(|run| (run.value.strategy, run.value.version))
        else {
            continue;
        };
        let Some(day) = today(message.changed_at) else { continue };
        let next = recounted(message, day);
        if next == message.counted {
            continue;
        }
        for (counted, by) in [(&message.counted, -1), (&next, 1)] {
            for (day, figure, part) in counted.parts() {
                let cell = cell(message, counted.content_revision, strategy, version, day, figure);
                *moved.entry(cell).or_default() += by * part;
            }
        }
        if let Some(entry) = world.messages.get_mut(&id) {
            entry.value.counted = next;
        }
    }
    moved.retain(|_, by| *by != 0);
    moved.into_iter().collect()
}

/// What a message counts as, and on which day, if it changed on `today`.
fn recounted(message: &Message, today: Day) -> Counted {
    let figures = figures_of(message);
    let known = &message.counted;
    let is_targeted = figures.first().is_some_and(|figure| figure.is_targeted());
    let targeted_on = known.targeted_on.or(is_targeted.then_some(today));
    let stays = !figures.is_empty() && figures.first() == known.figures.first();
    let on = match figures.first() {
        None => None,
        Some(_) if is_targeted => targeted_on,
        Some(_) if stays => known.on,
        Some(_) => Some(today),
    };
    let content_revision = message.content_revision.filter(|_| !figures.is_empty());
    let cost = message.pricing.price.filter(|_| !figures.is_empty());
    Counted { on, targeted_on, figures, cost, content_revision }
}

fn cell(
    message: &Message,
    content_revision: Option<u32>,
    strategy: StrategyId,
    version: VersionId,
    day: Day,
    figure: Figure,
) -> Cell {
    let (step, channel) = (message.step.clone(), message.channel.clone());
    let content = match content_revision {
        None => message.content.clone(),
        Some(revision) => format!("{}@{revision}", message.content),
    };
    let version = message.version.unwrap_or(version);
    Cell { day, strategy, version, step, channel, content, figure }
}

/// What the sums have to be, from the messages themselves: for `doctor` and the invariants.
pub fn sums<'a>(messages: impl Iterator<Item = (&'a Message, StrategyId, VersionId)>) -> BTreeMap<Cell, i64> {
    let mut sums = BTreeMap::new();
    for (message, strategy, version) in messages {
        for (day, figure, part) in message.counted.parts() {
            let cell = cell(message, message.counted.content_revision, strategy, version, day, figure);
            *sums.entry(cell).or_default() += part;
        }
    }
    sums
}

#[cfg(test)]
mod tests;

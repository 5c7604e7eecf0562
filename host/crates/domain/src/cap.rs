//! Frequency caps (S20): how many contacts a customer may have in a time, by whom they are counted, and when there is
//! room again.
//!
//! A shop, a channel and a strategy may each have one. Each counts what belongs to it: all contacts of the customer,
//! those on the channel, those of the strategy. Nothing here takes a place: it only says whether there is one.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

use crate::customer::Customer;
use crate::fact::FactRead;
use crate::local::{Day, TimeOfDay, Weekday};
use crate::message::{Message, SkipReason};
use crate::place::Place;
use crate::run::Run;
use crate::time::{Span, Timestamp};
use crate::window::Whose;
use crate::window::preset::Preset;
use crate::zone::Zone;

/// A cap: `"none"`, or a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cap {
    /// No cap of its own; those of others hold.
    None,
    /// So many contacts in a time.
    Limit(Limit),
}

/// So many contacts of a customer in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many; 0 forbids all.
    pub contacts: u32,
    /// In any time as long as this …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// … or in each of these, by the shop's calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Calendar>,
    /// Whether earlier contacts of the same run count too.
    #[serde(default)]
    pub own_run: OwnRun,
}

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    /// From midnight to midnight.
    Day,
    /// From Monday on.
    Week,
    /// From the first on.
    Month,
}

/// Whether a run's own earlier contacts count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnRun {
    /// They do not: the cap is about other runs.
    #[default]
    Exempt,
    /// They do.
    Counts,
}

/// What becomes of a message that a cap refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenCapped {
    /// It is skipped.
    #[default]
    Skip,
    /// It waits once, until there is room; lateness counts from then.
    Wait,
    /// The next channel of its chain is tried.
    NextChannel,
}

/// The cap of a shop that has said nothing.
pub const DEFAULT: Limit = Limit { contacts: 1, within: Some(Span::hours(72)), per: None, own_run: OwnRun::Exempt };

/// Places are kept at least as long as this, whatever the caps are now, so that a new one begins with a past.
const KEPT: Span = Span::days(7);

impl Limit {
    /// How far back it may look.
    pub fn longest(&self) -> Span {
        let calendar = self.per.map(|per| match per {
            Calendar::Day => Span::days(2),
            Calendar::Week => Span::days(8),
            Calendar::Month => Span::days(32),
        });
        self.within.or(calendar).unwrap_or(Span::ZERO)
    }

    /// The first instant that counts now.
    fn counts_from(&self, now: Timestamp, zone: &Zone) -> Timestamp {
        match (self.within, self.per) {
            (Some(span), _) => now - span + Span::from_millis(1),
            (None, Some(per)) => per.begin(now, zone),
            (None, None) => now,
        }
    }

    /// When there is room again, if that comes by waiting. `counted` are the instants that count now.
    fn opens_at(&self, mut counted: Vec<Timestamp>, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        counted.sort_unstable();
        // With this one gone there is one less than allowed.
        let gone = counted.len().checked_sub(self.contacts as usize)?;
        match (self.within, self.per) {
            (Some(span), _) => counted.get(gone).map(|at| *at + span),
            (None, Some(per)) => (self.contacts > 0).then(|| per.end(now, zone)),
            (None, None) => None,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} contact{}", self.contacts, if self.contacts == 1 { "" } else { "s" })?;
        match (self.within, self.per) {
            (Some(span), _) => write!(f, " in {span}"),
            (None, Some(Calendar::Day)) => f.write_str(" a day"),
            (None, Some(Calendar::Week)) => f.write_str(" a week"),
            (None, Some(Calendar::Month)) => f.write_str(" a month"),
            (None, None) => Ok(()),
        }
    }
}

impl Calendar {
    fn first_day(self, day: Day) -> Day {
        let (year, month, _) = day.civil();
        match self {
            Self::Day => day,
            Self::Week => {
                let passed = Weekday::ALL.iter().position(|known| *known == day.weekday()).unwrap_or(0);
                day.plus(-(passed as i64))
            }
            Self::Month => Day::new(year, month, 1).unwrap_or(day),
        }
    }

    fn begin(self, now: Timestamp, zone: &Zone) -> Timestamp {
        zone.instant(self.first_day(zone.wall(now).day()), TimeOfDay::MIDNIGHT)
    }

    fn end(self, now: Timestamp, zone: &Zone) -> Timestamp {
        let first = self.first_day(zone.wall(now).day());
        let next = match self {
            Self::Day => first.plus(1),
            Self::Week => first.plus(7),
            // 31 days on is always in the month after.
            Self::Month => self.first_day(first.plus(31)),
        };
        zone.instant(next, TimeOfDay::MIDNIGHT)
    }
}

/// The caps that a message is under.
#[derive(Debug, Clone, Default)]
pub struct Caps {
    limits: Vec<(Whose, Limit)>,
    /// Those of presets, with the channels whose contacts they count.
    presets: Vec<(Limit, Vec<String>)>,
}

/// A cap that refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whose it is.
    pub whose: Whose,
    /// What it says.
    pub limit: Limit,
    /// Contacts that it counts.
    pub counted: u32,
    /// When every cap has room again, if that comes by waiting.
    pub opens_at: Option<Timestamp>,
}

impl Caps {
    /// Those of a shop, a channel and a strategy. A shop that says nothing has the default; the others add nothing.
    pub fn of(shop: Option<&Cap>, channel: Option<&Cap>, strategy: Option<&Cap>) -> Self {
        let said = |cap: &Cap| match cap {
            Cap::Limit(limit) => Some(*limit),
            Cap::None => None,
        };
        let shop = shop.map_or(Some(DEFAULT), said);
        let limits =
            [(Whose::Shop, shop), (Whose::Channel, channel.and_then(said)), (Whose::Strategy, strategy.and_then(said))];
        let limits = limits.into_iter().filter_map(|(whose, limit)| Some((whose, limit?))).collect();
        Self { limits, presets: Vec::new() }
    }

    /// Adds the cap of a preset, if it has one, with the shop's channels that it concerns.
    pub fn add_preset(&mut self, preset: &Preset, channels: &[String]) {
        self.presets.extend(preset.cap.map(|limit| (limit, channels.to_vec())));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.presets.is_empty()
    }

    /// What one of them says.
    pub fn limit_of(&self, whose: Whose) -> Option<Limit> {
        self.limits.iter().find(|(of, _)| *of == whose).map(|(_, limit)| *limit)
    }

    /// How long places have to be kept for them.
    pub fn longest(&self) -> Span {
        self.limits.iter().map(|(_, limit)| limit.longest()).max().unwrap_or(Span::ZERO).max(KEPT)
    }

    /// Whether there is room for a contact over a channel, that of a message if there is one already: the first cap
    /// that refuses is the reason, and waiting helps when it does for all that refuse.
    pub fn judge(
        &self,
        customer: &Customer,
        run: &Run,
        channel: &str,
        message: Option<&Message>,
        zone: &Zone,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut refusal: Option<Refusal> = None;
        let presets = self.presets.iter().map(|(limit, channels)| (&Whose::Preset, limit, channels.as_slice()));
        for (whose, limit, channels) in self.limits.iter().map(|(whose, limit)| (whose, limit, &[][..])).chain(presets)
        {
            let from = limit.counts_from(now, zone);
            let counts = |place: &&Place| {
                place.at >= from
                    && !message.is_some_and(|message| place.is_contact_of(message))
                    && (limit.own_run == OwnRun::Counts || place.run != run.id)
                    && match whose {
                        Whose::Shop => true,
                        Whose::Channel => place.slots.iter().any(|slot| slot.channel == channel),
                        Whose::Strategy => place.strategy == run.strategy,
                        Whose::Preset => place.slots.iter().any(|slot| channels.contains(&slot.channel)),
                    }
            };
            let counted: Vec<Timestamp> = customer.places.iter().filter(counts).map(|place| place.at).collect();
            if counted.len() < limit.contacts as usize {
                continue;
            }
            let (count, opens_at) = (counted.len() as u32, limit.opens_at(counted, now, zone));
            match &mut refusal {
                Some(first) => first.opens_at = first.opens_at.zip(opens_at).map(|(one, other)| one.max(other)),
                None => refusal = Some(Refusal { whose: *whose, limit: *limit, counted: count, opens_at }),
            }
        }
        refusal.map_or(Ok(()), Err)
    }
}

impl Refusal {
    /// The reason of a message that is skipped for it.
    pub fn reason(&self) -> SkipReason {
        match self.whose {
            // The shop has switched them on.
            Whose::Shop | Whose::Preset => SkipReason::CappedByShop,
            Whose::Channel => SkipReason::CappedByChannel,
            Whose::Strategy => SkipReason::CappedByStrategy,
        }
    }

    /// What a trace tells of it.
    pub fn reads(&self) -> Vec<FactRead> {
        let (cap, counted, opens) = match self.whose {
            Whose::Shop => ("cap.shop", "cap.shop.counted", "cap.shop.opens_at"),
            Whose::Channel => ("cap.channel", "cap.channel.counted", "cap.channel.opens_at"),
            Whose::Strategy => ("cap.strategy", "cap.strategy.counted", "cap.strategy.opens_at"),
            Whose::Preset => ("cap.preset", "cap.preset.counted", "cap.preset.opens_at"),
        };
        vec![
            FactRead::new(cap, self.limit.to_string()),
            FactRead::new(counted, self.counted),
            FactRead::new(opens, self.opens_at),
        ]
    }
}

impl Serialize for Cap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::Limit(limit) => limit.serialize(serializer),
        }
    }
}

/// By hand, so that a fault inside names its place.
impl<'de> Deserialize<'de> for Cap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Cap;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`none`, 0, or a limit like {\"contacts\": 1, \"within\": \"72h\"}")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Cap, E> {
                match text {
                    "none" => Ok(Cap::None),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Cap, E> {
                match number {
                    0 => Ok(Cap::Limit(Limit { contacts: 0, within: None, per: None, own_run: OwnRun::Exempt })),
                    _ => Err(E::invalid_value(de::Unexpected::Unsigned(number), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cap, A::Error> {
                Limit::deserialize(MapAccessDeserializer::new(map)).map(Cap::Limit)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Cap {
    fn schema_name() -> Cow<'static, str> {
        "Cap".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many contacts a customer may have in a time: `none`, 0, or a limit.",
            "anyOf": [{ "const": "none" }, { "const": 0 }, generator.subschema_for::<Limit>()]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn s20_a_calendar_s_day_week_and_month_are_the_shop_s() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let now = at("2026-11-21T23:30:00Z");
        let of = |per: Calendar| (per.begin(now, &zone), per.end(now, &zone));
        assert_eq!(of(Calendar::Day), (at("2026-11-21T23:00:00Z"), at("2026-11-22T23:00:00Z")));
        assert_eq!(of(Calendar::Week), (at("2026-11-15T23:00:00Z"), at("2026-11-22T23:00:00Z")));
        assert_eq!(of(Calendar::Month), (at("2026-10-31T23:00:00Z"), at("2026-11-30T23:00:00Z")));
    }

    #[test]
    fn s20_a_cap_reads_and_writes_as_people_do() {
        for text in [r#""none""#, r#"{"contacts":2,"per":"day","own_run":"counts"}"#] {
            assert_eq!(serde_json::to_string(&serde_json::from_str::<Cap>(text).unwrap()).unwrap(), text);
        }
        assert!(matches!(serde_json::from_str("0"), Ok(Cap::Limit(Limit { contacts: 0, .. }))));
        let default: Cap = serde_json::from_str(r#"{"contacts": 1, "within": "72h"}"#).unwrap();
        assert_eq!(default, Cap::Limit(DEFAULT));
        for text in ["1", r#""some""#, r#"{"contacts": -1}"#, r#"{"contacts": 1, "in": "1h"}"#] {
            assert!(serde_json::from_str::<Cap>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn s20_room_comes_when_enough_of_what_counts_is_over() {
        let limit = Limit { contacts: 2, within: Some(Span::hours(72)), per: None, own_run: OwnRun::Exempt };
        let (now, zone) = (at("2026-11-21T12:00:00Z"), Zone::utc());
        let counted = ["2026-11-21T10:00:00Z", "2026-11-19T10:00:00Z", "2026-11-20T10:00:00Z"].map(at).to_vec();
        assert_eq!(limit.opens_at(counted, now, &zone), Some(at("2026-11-23T10:00:00Z")));
        let forbids = Limit { contacts: 0, ..limit };
        assert_eq!(forbids.opens_at(Vec::new(), now, &zone), None);
    }
}

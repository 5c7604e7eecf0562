//! Sending windows (S04): when marketing may go out, tested on the wall clock where the customer is.
//!
//! A shop, a channel and a strategy may each have one; what is inside of all of them is open. Nothing here waits: it
//! says the first instant that is inside.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

use crate::customer::Customer;
use crate::fact::FactRead;
use crate::local::{Day, TimeOfDay, Wall, Weekday, ZoneChoice};
use crate::shop::Shop;
use crate::time::{Span, Timestamp};
use crate::written::Written;
use crate::zone::{self, Search, Whereabouts, Zone, ZoneOrigin};

pub mod preset;

use preset::Preset;

/// When messages may go out: `"always"`, or opening hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// All day, every day.
    Always,
    /// In these hours.
    Hours(OpeningHours),
}

/// Opening hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningHours {
    /// When it is open; what overlaps adds up.
    pub open: Vec<Opening>,
    /// Days on which it does not open, such as `2026-12-25`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_dates: Vec<Written<Day>>,
    /// Whose clock is meant: `customer` (as far as their zone is known), `shop`, or an IANA name such as Europe/Berlin.
    #[serde(default, skip_serializing_if = "ZoneChoice::is_default")]
    pub zone: ZoneChoice,
}

/// From a time of day until another. One that ends before it begins goes over midnight and belongs to the day it
/// begins on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// On these days of the week; on all of them where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Written<Weekday>>,
    /// The first minute that is open.
    pub from: Written<TimeOfDay>,
    /// The first minute that is not open any more; `24:00` is the end of the day.
    pub until: Written<TimeOfDay>,
}

impl Opening {
    /// Begin and end on the wall if it opens on this day.
    fn on(&self, day: Day) -> Option<(Wall, Wall)> {
        let (from, until) = (self.from.get()?, self.until.get()?);
        let any = self.days.is_empty() || self.days.iter().any(|named| named.get() == Some(day.weekday()));
        let end = if until > from { day } else { day.plus(1) };
        (any && from != until).then(|| (Wall::new(day, from), Wall::new(end, until)))
    }

    fn length(&self) -> Option<Span> {
        let (from, until) = (i64::from(self.from.get()?.minutes()), i64::from(self.until.get()?.minutes()));
        Some(Span::minutes(if until > from { until - from } else { until + 1440 - from }))
    }
}

impl OpeningHours {
    fn openings(&self, day: Day) -> impl Iterator<Item = (Wall, Wall)> {
        let closed = self.closed_dates.iter().any(|date| date.get() == Some(day));
        self.open.iter().filter(move |_| !closed).filter_map(move |opening| opening.on(day))
    }

    fn is_open(&self, wall: Wall) -> bool {
        [wall.day().plus(-1), wall.day()]
            .into_iter()
            .any(|day| self.openings(day).any(|(begin, end)| (begin..end).contains(&wall)))
    }

    /// The next beginning of an opening, before `until`.
    fn next_begin(&self, wall: Wall, until: Wall) -> Option<Wall> {
        let mut day = wall.day();
        while Wall::new(day, TimeOfDay::MIDNIGHT) < until {
            let begins = self.openings(day).map(|(begin, _)| begin);
            if let Some(begin) = begins.filter(|begin| (wall..until).contains(begin)).min() {
                return Some(begin);
            }
            day = day.plus(1);
        }
        None
    }

    fn first_open(&self, zone: &Zone, from: Timestamp, until: Timestamp) -> Option<Timestamp> {
        zone.search(from, |at, shows, ends| {
            if at >= until {
                return Search::Found(None);
            }
            // As late as this the wall may show in the zone whose clock is furthest ahead.
            let ends = ends.min(Wall::from_millis(shows.millis().saturating_add(until.since(at).millis())));
            let open = if self.is_open(shows) { Some(shows) } else { self.next_begin(shows, ends) };
            match open {
                Some(open) => Search::Found(Some(at + Span::from_millis(open.millis() - shows.millis()))),
                None => Search::GoOn,
            }
        })
    }

    /// Whether what is open in all of several zones is at least an hour of each opening.
    fn leaves_an_hour(&self, zones: &[Zone], at: Timestamp) -> bool {
        let offsets = || zones.iter().map(|zone| zone.offset(at));
        let apart = offsets().max().unwrap_or(0) - offsets().min().unwrap_or(0);
        let shortest = self.open.iter().filter_map(Opening::length).min().unwrap_or(Span::ZERO);
        shortest.millis() >= apart + Span::hours(1).millis()
    }
}

/// How far ahead an opening is looked for: whatever the closed dates, further is never.
const FAR: Span = Span::days(400);

/// The windows that a message has to be inside of, each with the zones in which it has to be.
#[derive(Debug, Clone, Default)]
pub struct Windows<'a> {
    windows: Vec<(Whose, &'a OpeningHours, Whereabouts)>,
    presets: Vec<&'static Preset>,
}

/// Who set a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The shop, for everything.
    Shop,
    /// The channel.
    Channel,
    /// The strategy.
    Strategy,
    /// The rules of where the customer is, as the shop has switched them on.
    Preset,
}

impl<'a> Windows<'a> {
    /// Adds one, for a customer as of a moment.
    pub fn add(&mut self, whose: Whose, window: Option<&'a Window>, customer: &Customer, shop: &Shop, at: Timestamp) {
        if let Some(Window::Hours(hours)) = window {
            self.add_hours(whose, hours, customer, shop, at);
        }
    }

    /// Adds the presets of where a customer is, if the shop has switched them on.
    pub fn add_presets(&mut self, channel: &str, customer: &Customer, shop: &Shop, at: Timestamp) {
        if shop.quiet_hours.is_off() {
            return;
        }
        self.presets = preset::that_hold(channel, customer);
        for preset in self.presets.clone() {
            self.add_hours(Whose::Preset, &preset.window, customer, shop, at);
        }
    }

    fn add_hours(&mut self, whose: Whose, hours: &'a OpeningHours, customer: &Customer, shop: &Shop, at: Timestamp) {
        let mut place = zone::chosen(&hours.zone, customer, shop);
        // A prefix that covers half the world says too little.
        if place.origin == ZoneOrigin::PhonePrefix && !hours.leaves_an_hour(&place.zones, at) {
            place = zone::of_shop(shop);
        }
        self.windows.push((whose, hours, place));
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The first instant inside of all of them, not before `from`; none if they have none in common.
    pub fn first_open(&self, from: Timestamp) -> Option<Timestamp> {
        let until = from + FAR;
        let mut at = from;
        loop {
            let mut open = at;
            for (_, hours, place) in &self.windows {
                for zone in &place.zones {
                    open = open.max(hours.first_open(zone, at, until)?);
                }
            }
            if open == at {
                return Some(at);
            }
            at = open;
        }
    }

    /// What a trace tells of them: whose, in which zone, and how that is known; and which presets hold.
    pub fn reads(&self) -> impl Iterator<Item = FactRead> {
        let zones = self.windows.iter().map(|(whose, _, place)| {
            place.read(match whose {
                Whose::Shop => "window.shop.zone",
                Whose::Channel => "window.channel.zone",
                Whose::Strategy => "window.strategy.zone",
                Whose::Preset => "window.preset.zone",
            })
        });
        let mut told: Vec<FactRead> = Vec::new();
        for read in zones {
            // The presets of a country are mostly judged in the same zones.
            if !told.contains(&read) {
                told.push(read);
            }
        }
        let presets = self.presets.iter().map(|preset| FactRead::new("window.preset", preset.to_string()));
        told.into_iter().chain(presets)
    }
}

/// Whether windows, each in a zone, have any minute of a week in common; closed dates come and go and do not count.
pub(crate) fn have_common_minute(windows: &[(&OpeningHours, &Zone)]) -> bool {
    // Two weeks, so that both halves of a year's clock are seen.
    let weeks = [1_768_176_000_000, 1_783_900_800_000].map(Timestamp::from_millis);
    let mut minutes = weeks.into_iter().flat_map(|week| (0..7 * 1440).map(move |minute| week + Span::minutes(minute)));
    let weekly: Vec<(OpeningHours, &Zone)> = windows
        .iter()
        .map(|(hours, zone)| (OpeningHours { closed_dates: Vec::new(), ..(*hours).clone() }, *zone))
        .collect();
    minutes.any(|at| weekly.iter().all(|(hours, zone)| hours.is_open(zone.wall(at))))
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Always => serializer.serialize_str("always"),
            Self::Hours(hours) => hours.serialize(serializer),
        }
    }
}

/// By hand, so that a fault inside names its place.
impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Window;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`always`, or opening hours like {\"open\": [{\"from\": \"09:00\", \"until\": \"20:00\"}]}")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Window, E> {
                if text == "always" {
                    Ok(Window::Always)
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(text), &self))
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Window, A::Error> {
                OpeningHours::deserialize(MapAccessDeserializer::new(map)).map(Window::Hours)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Window {
    fn schema_name() -> Cow<'static, str> {
        "Window".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "When marketing may go out: `always`, or opening hours.",
            "anyOf": [{ "const": "always" }, generator.subschema_for::<OpeningHours>()]
        })
    }
}

#[cfg(test)]
mod tests;

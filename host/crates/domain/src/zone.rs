//! Time zones: what the clock on a wall shows at an instant, and the first instant at which it shows something.
//!
//! Everything local is decided on stretches of one offset, in which a wall clock runs evenly. So a gap, a fold and a
//! day that a zone leaves out need no rules of their own.

use crate::customer::Customer;
use crate::fact::FactRead;
use crate::local::{DAY, Day, TimeOfDay, Wall, ZoneChoice};
use crate::shop::Shop;
use crate::time::Timestamp;

/// An IANA time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(jiff::tz::TimeZone);

/// A time during which the offset of a zone stays the same.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    offset: i64,
    /// The first instant behind it.
    end: Timestamp,
}

/// No offset is further from UTC than this.
const FURTHEST: i64 = 26 * 3_600_000;

impl Zone {
    /// By its IANA name.
    pub fn named(name: &str) -> Option<Self> {
        jiff::tz::TimeZone::get(name).ok().map(Self)
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the wall shows.
    pub fn wall(&self, at: Timestamp) -> Wall {
        Wall::from_millis(at.millis().saturating_add(self.offset(at)))
    }

    /// Whether two zones show the same at an instant.
    pub fn agrees(&self, other: &Self, at: Timestamp) -> bool {
        self.offset(at) == other.offset(at)
    }

    /// Milliseconds ahead of UTC.
    pub(crate) fn offset(&self, at: Timestamp) -> i64 {
        i64::from(self.0.to_offset(instant(at)).seconds()) * 1_000
    }

    fn stretch(&self, at: Timestamp) -> Stretch {
        let next = self.0.following(instant(at)).next();
        let end = next.map_or(i64::MAX, |transition| transition.timestamp().as_millisecond());
        Stretch { offset: self.offset(at), end: Timestamp::from_millis(end) }
    }

    /// Each stretch from an instant on, with the instant it is entered at, until `visit` has found what it looks for.
    pub(crate) fn search<T>(&self, from: Timestamp, mut visit: impl FnMut(Timestamp, Wall, Wall) -> Search<T>) -> T {
        let mut at = from;
        loop {
            let Stretch { offset, end } = self.stretch(at);
            let wall = |at: Timestamp| Wall::from_millis(at.millis().saturating_add(offset));
            match visit(at, wall(at), wall(end)) {
                Search::Found(found) => return found,
                // A last stretch has no end, so whoever looks for something to come has found it in there.
                Search::GoOn => at = end.max(Timestamp::from_millis(at.millis().saturating_add(1))),
            }
        }
    }

    /// The first instant at which the wall shows this or something later: of two the first, behind a gap its end.
    pub fn first(&self, wanted: Wall) -> Timestamp {
        let from = Timestamp::from_millis(wanted.millis().saturating_sub(FURTHEST));
        self.search(from, |at, shows, ends| {
            if ends > wanted || at.millis() == i64::MAX {
                let ahead = wanted.millis().saturating_sub(shows.millis()).max(0);
                Search::Found(Timestamp::from_millis(at.millis().saturating_add(ahead)))
            } else {
                Search::GoOn
            }
        })
    }

    /// A day at a time of day (S05); a day that the zone leaves out is the next it has.
    pub fn instant(&self, day: Day, time: TimeOfDay) -> Timestamp {
        let day = self.wall(self.first(Wall::new(day, TimeOfDay::MIDNIGHT))).day().max(day);
        self.first(Wall::new(day, time))
    }

    /// Whether the zone has the day at all.
    pub fn has(&self, day: Day) -> bool {
        self.wall(self.first(Wall::new(day, TimeOfDay::MIDNIGHT))).day() == day
    }
}

/// What looking into a stretch came to.
pub(crate) enum Search<T> {
    /// It is here.
    Found(T),
    /// Further on, perhaps.
    GoOn,
}

/// An instant as the library has it; what it cannot have is the furthest that it can.
fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(if at.millis() < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    })
}

/// How a zone came to be known. A customer's is the first of these that is (S04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZoneOrigin {
    /// The customer's record says so.
    Customer,
    /// The last event that named one.
    LastEvent,
    /// The only zone of the customer's country.
    Country,
    /// What lies behind the prefix of the phone.
    PhonePrefix,
    /// The shop's.
    Shop,
    /// The strategy, channel or shop names it.
    Named,
}

impl ZoneOrigin {
    /// As a trace tells it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Customer => "the customer's own",
            Self::LastEvent => "of the customer's last event",
            Self::Country => "of the customer's country",
            Self::PhonePrefix => "by the customer's phone",
            Self::Shop => "the shop's",
            Self::Named => "as named",
        }
    }
}

/// A zone with how it came to be known; several where only a phone's prefix is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// At least one.
    pub zones: Vec<Zone>,
    /// How they are known.
    pub origin: ZoneOrigin,
}

impl Whereabouts {
    fn one(zone: Zone, origin: ZoneOrigin) -> Self {
        Self { zones: vec![zone], origin }
    }

    /// As a trace names it.
    pub fn read(&self, fact: &'static str) -> FactRead {
        let names: Vec<&str> = self.zones.iter().map(Zone::name).collect();
        FactRead::new(fact, format!("{} ({})", names.join(", "), self.origin.words()))
    }
}

/// Where a shop is; one without a sound zone reckons in UTC.
pub fn of_shop(shop: &Shop) -> Whereabouts {
    Whereabouts::one(Zone::named(&shop.time_zone).unwrap_or_else(Zone::utc), ZoneOrigin::Shop)
}

/// Where a customer is, as far as it is known (S04).
pub fn of_customer(customer: &Customer, shop: &Shop) -> Whereabouts {
    let named = |name: &Option<String>, origin| {
        name.as_deref().and_then(Zone::named).map(|zone| Whereabouts::one(zone, origin))
    };
    named(&customer.time_zone, ZoneOrigin::Customer)
        .or_else(|| named(&customer.last_time_zone, ZoneOrigin::LastEvent))
        .or_else(|| {
            // In a country of several zones it says too little, and the phone may know more.
            let zones = of_country(customer.country.as_deref()?);
            (zones.len() == 1).then_some(Whereabouts { zones, origin: ZoneOrigin::Country })
        })
        .or_else(|| {
            let zones = of_country(&customer.phone.as_ref()?.country()?);
            (!zones.is_empty()).then_some(Whereabouts { zones, origin: ZoneOrigin::PhonePrefix })
        })
        .unwrap_or_else(|| of_shop(shop))
}

/// The one zone that local times of a customer's are in; where a phone leaves several, only the shop's is sure.
pub fn sole(place: Whereabouts, shop: &Shop, at: Timestamp) -> Whereabouts {
    if place.zones.iter().all(|zone| zone.agrees(&place.zones[0], at)) { place } else { of_shop(shop) }
}

const COUNTRIES: &str = include_str!("zone/countries.txt");

/// The zones of a country, one of each that shows the same; none of an unknown one.
fn of_country(code: &str) -> Vec<Zone> {
    let mut lines = COUNTRIES.lines().map(|line| line.split(' '));
    let line = lines.find(|line| line.clone().next().is_some_and(|known| known.eq_ignore_ascii_case(code)));
    line.into_iter().flatten().skip(1).filter_map(Zone::named).collect()
}

/// Where a local rule is meant.
pub fn chosen(choice: &ZoneChoice, customer: &Customer, shop: &Shop) -> Whereabouts {
    match choice {
        ZoneChoice::Customer => of_customer(customer, shop),
        ZoneChoice::Shop => of_shop(shop),
        ZoneChoice::Named(name) => {
            Zone::named(name).map_or_else(|| of_shop(shop), |zone| Whereabouts::one(zone, ZoneOrigin::Named))
        }
    }
}

const _: () = assert!(FURTHEST > DAY);

#[cfg(test)]
mod tests {
    use super::*;

    fn first(zone: &str, day: &str, time: &str) -> String {
        let zone = Zone::named(zone).unwrap();
        zone.instant(day.parse().unwrap(), time.parse().unwrap()).to_string()
    }

    #[test]
    fn s05_a_local_time_that_is_skipped_becomes_the_first_instant_after_the_gap() {
        assert_eq!(first("Europe/Berlin", "2026-03-29", "02:30"), "2026-03-29T01:00:00.000Z");
        assert_eq!(first("Europe/Berlin", "2026-03-29", "03:00"), "2026-03-29T01:00:00.000Z");
        assert_eq!(first("Africa/Cairo", "2026-04-24", "00:10"), "2026-04-23T22:00:00.000Z");
    }

    #[test]
    fn s05_a_local_time_that_occurs_twice_is_taken_the_first_time() {
        assert_eq!(first("Europe/Berlin", "2026-10-25", "02:30"), "2026-10-25T00:30:00.000Z");
        assert_eq!(first("Australia/Lord_Howe", "2026-04-05", "01:45"), "2026-04-04T14:45:00.000Z");
    }

    #[test]
    fn s05_a_day_that_a_zone_leaves_out_becomes_the_next() {
        assert_eq!(first("Pacific/Apia", "2011-12-30", "08:00"), first("Pacific/Apia", "2011-12-31", "08:00"));
        assert_eq!(first("Pacific/Fakaofo", "2011-12-30", "08:00"), "2011-12-30T19:00:00.000Z");
        assert!(!Zone::named("Pacific/Apia").unwrap().has("2011-12-30".parse().unwrap()));
    }

    #[test]
    fn every_zone_of_every_country_is_one() {
        let mut countries = 0;
        for line in COUNTRIES.lines().filter(|line| !line.starts_with('#')) {
            let (code, names) = line.split_once(' ').unwrap();
            assert_eq!(of_country(code).len(), names.split(' ').count(), "{line}");
            countries += 1;
        }
        assert_eq!((countries, of_country("DE").len(), of_country("US").len()), (247, 1, 8));
        assert_eq!((of_country("XX"), of_country("#"), of_country("")), (Vec::new(), Vec::new(), Vec::new()));
    }

    #[test]
    fn every_instant_has_a_wall_and_every_wall_an_instant() {
        let zone = Zone::named("Africa/Casablanca").unwrap();
        for millis in [i64::MIN, -1, 0, 253_402_300_799_999, i64::MAX] {
            let wall = zone.wall(Timestamp::from_millis(millis));
            zone.first(wall);
        }
    }
}

//! Windows and delays in every zone, beside an oracle that knows only what the wall shows at each minute and never
//! asks where a local time lies. A sample by default; `cargo xtask soak` asks for all of it by `CARTWRIGHT_ZONES=all`.

use crate::stage::{Stage, ana_identifies, at, cart, reminder};
use cartwright_domain::customer::Customer;
use cartwright_domain::delay::{Delay, Due};
use cartwright_domain::facts::Subject;
use cartwright_domain::local::{Day, TimeOfDay, Wall};
use cartwright_domain::shop::Shop;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::window::{Whose, Window, Windows};
use cartwright_domain::zone::Zone;
use jiff::tz::TimeZone;
use serde_json::json;
use std::sync::Arc;

const HOUR: i64 = 60;
/// Minutes before and behind the moment that is looked at.
const BEFORE: i64 = 30 * HOUR;
const BEHIND: i64 = 80 * HOUR;

/// What the wall of a zone shows, minute by minute.
struct Shown {
    begin: Timestamp,
    walls: Vec<Wall>,
}

impl Shown {
    fn around(zone: &TimeZone, centre: Timestamp) -> Self {
        let begin = centre - Span::minutes(BEFORE);
        let walls = (0..BEFORE + BEHIND).map(|minute| shown(zone, begin + Span::minutes(minute)));
        Self { begin, walls: walls.collect() }
    }

    fn instant(&self, place: usize) -> Timestamp {
        self.begin + Span::minutes(place as i64)
    }

    /// S05: the first time it shows this; skipped, the first instant behind; a day left out, the next.
    fn resolve(&self, day: Day, time: TimeOfDay) -> Option<Timestamp> {
        let seen = |day| self.walls.iter().any(|wall| wall.day() == day);
        let is_known = self.walls.first()?.day() < day && day < self.walls.last()?.day();
        let day = if is_known && !seen(day) { day.plus(1) } else { day };
        let wanted = Wall::new(day, time);
        let exact = self.walls.iter().position(|wall| *wall == wanted);
        let place = exact.or_else(|| self.walls.iter().position(|wall| *wall > wanted));
        place.filter(|_| is_known).map(|place| self.instant(place))
    }

    /// From each minute the next that is open.
    fn next_open(&self, is_open: impl Fn(Wall) -> bool) -> Vec<Option<Timestamp>> {
        let mut next = None;
        let mut found: Vec<_> = (0..self.walls.len())
            .rev()
            .map(|place| {
                if is_open(self.walls[place]) {
                    next = Some(self.instant(place));
                }
                next
            })
            .collect();
        found.reverse();
        found
    }
}

fn shown(zone: &TimeZone, at: Timestamp) -> Wall {
    let local = zone.to_datetime(jiff::Timestamp::from_millisecond(at.millis()).expect("a moment of this century"));
    let day = Day::new(local.year(), local.month(), local.day()).expect("a day");
    Wall::new(day, format!("{:02}:{:02}", local.hour(), local.minute()).parse().expect("a time"))
}

/// A window with what it says of a wall, in the plainest words.
struct Sample {
    window: Window,
    is_open: fn(Wall) -> bool,
}

fn samples() -> Vec<Sample> {
    fn minutes(wall: Wall) -> u16 {
        wall.time().minutes()
    }
    fn is_weekend(day: Day) -> bool {
        matches!(day.weekday().word(), "sat" | "sun")
    }
    let window = |open| serde_json::from_value(json!({ "open": open })).expect("a window");
    vec![
        Sample {
            window: window(json!([{ "from": "09:00", "until": "20:00" }])),
            is_open: |wall| (540..1200).contains(&minutes(wall)),
        },
        Sample {
            window: window(json!([{ "from": "02:15", "until": "02:45" }])),
            is_open: |wall| (135..165).contains(&minutes(wall)),
        },
        Sample {
            window: window(json!([{ "from": "22:30", "until": "01:30" }])),
            is_open: |wall| minutes(wall) >= 1350 || minutes(wall) < 90,
        },
        Sample {
            window: window(json!([
                { "days": ["mon", "tue", "wed", "thu", "fri"], "from": "23:00", "until": "03:00" },
                { "days": ["sat", "sun"], "from": "00:30", "until": "24:00" }
            ])),
            is_open: |wall| {
                let (today, yesterday) = (is_weekend(wall.day()), is_weekend(wall.day().plus(-1)));
                (!today && minutes(wall) >= 1380)
                    || (!yesterday && minutes(wall) < 180)
                    || (today && minutes(wall) >= 30)
            },
        },
    ]
}

/// A delay, and the day and time that it should end at, by what the wall shows at its beginning.
struct Wait {
    delay: Delay,
    target: fn(Wall) -> (Day, &'static str),
}

fn waits() -> Vec<Wait> {
    let delay = |until| serde_json::from_value(json!({ "until": until, "next": "done" })).expect("a delay");
    vec![
        Wait {
            delay: delay(json!({ "days_later": { "days": 1, "at": "02:30" } })),
            target: |wall| (wall.day().plus(1), "02:30"),
        },
        Wait {
            delay: delay(json!({ "days_later": { "days": 1, "at": "00:00" } })),
            target: |wall| (wall.day().plus(1), "00:00"),
        },
        Wait {
            delay: delay(json!({ "cut_off": { "after": "23:59", "at": "08:00" } })),
            target: |wall| (wall.day().plus(1), "08:00"),
        },
        Wait {
            delay: delay(json!({ "cut_off": { "after": "01:45", "at": "02:30" } })),
            target: |wall| (wall.day().plus(i64::from(wall.time().minutes() > 105)), "02:30"),
        },
    ]
}

struct Examiner {
    subject: Subject,
    samples: Vec<Sample>,
    waits: Vec<Wait>,
}

impl Examiner {
    fn new() -> Self {
        let mut stage = Stage::with(reminder());
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        let subject = stage.world.subject(stage.run(), at(10, 0)).expect("Ana");
        Self { subject, samples: samples(), waits: waits() }
    }

    /// Everything within `reach` minutes of a moment, every `step` minutes.
    fn examine(&mut self, name: &str, centre: Timestamp, reach: i64, step: usize) {
        let oracle = TimeZone::get(name).expect("an IANA zone");
        let shown = Shown::around(&oracle, centre);
        let zone = Zone::named(name).expect("an IANA zone");
        Arc::make_mut(&mut self.subject.customer).time_zone = Some(name.to_owned());
        let (customer, shop): (&Customer, &Shop) = (&self.subject.customer, &self.subject.shop);
        let looked_at = || ((BEFORE - reach) as usize..(BEFORE + reach) as usize).step_by(step);
        for Sample { window, is_open } in &self.samples {
            let expected = shown.next_open(is_open);
            let mut windows = Windows::default();
            windows.add(Whose::Strategy, Some(window), customer, shop, centre);
            for place in looked_at() {
                let from = shown.instant(place);
                let found = windows.first_open(from);
                let beyond = expected[place].is_none() && found > Some(shown.instant(shown.walls.len() - 1));
                assert!(
                    found == expected[place] || beyond,
                    "{name}, {window:?} from {from}: {found:?}, {:?}",
                    expected[place]
                );
            }
        }
        for Wait { delay, target } in &self.waits {
            for place in looked_at() {
                let since = shown.instant(place);
                let (day, time) = target(shown.walls[place]);
                let expected = shown.resolve(day, time.parse().expect("a time")).map(|at| Due::At(at.max(since)));
                let found = delay.due(since, since, &self.subject, &mut Vec::new());
                assert_eq!(Some(&found), expected.as_ref(), "{name}, {delay:?} since {since}");
            }
        }
        let first = shown.walls[0].day();
        for ahead in 1..3 {
            for time in ["00:00", "00:15", "01:59", "02:00", "02:59", "03:00", "12:00", "23:45"] {
                let (day, time) = (first.plus(ahead), time.parse().expect("a time"));
                assert_eq!(Some(zone.instant(day, time)), shown.resolve(day, time), "{name}: {day} {time}");
            }
        }
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// Changes of a zone's clock in the years that matter.
fn transitions(name: &str) -> Vec<Timestamp> {
    let begin = jiff::Timestamp::from_millisecond(moment("2020-01-01T00:00:00Z").millis()).expect("2020");
    let zone = TimeZone::get(name).expect("an IANA zone");
    zone.following(begin)
        .map(|transition| Timestamp::from_millis(transition.timestamp().as_millisecond()))
        .take_while(|at| *at < moment("2038-01-01T00:00:00Z"))
        .collect()
}

fn names() -> Vec<String> {
    let names = jiff::tz::db().available().map(|name| name.to_string());
    names.filter(|name| Zone::named(name).is_some()).collect()
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test decides how much of it")]
fn is_full() -> bool {
    std::env::var_os("CARTWRIGHT_ZONES").is_some_and(|value| value == "all")
}

#[test]
fn s04_s05_windows_and_delays_are_right_around_every_change_of_every_clock() {
    let (mut examiner, names) = (Examiner::new(), names());
    assert!(names.len() > 500, "only {} zones", names.len());
    for (place, name) in names.iter().enumerate() {
        let transitions = transitions(name);
        if is_full() {
            for at in transitions {
                examiner.examine(name, at, 3 * HOUR, 5);
            }
        } else if place % 2 == 0 && !transitions.is_empty() {
            examiner.examine(name, transitions[place / 2 % transitions.len()], 3 * HOUR, 30);
        }
    }
}

#[test]
fn s04_s05_windows_and_delays_are_right_on_a_day_of_every_month_in_every_zone() {
    let (mut examiner, names) = (Examiner::new(), names());
    for (place, name) in names.iter().enumerate() {
        for month in 0..18 * 12 {
            if is_full() || month == (place * 7) % (18 * 12) && place % 4 == 1 {
                let noon = format!("{}-{:02}-{:02}T12:00:00Z", 2020 + month / 12, 1 + month % 12, 1 + place % 28);
                examiner.examine(name, moment(&noon), 12 * HOUR, 45);
            }
        }
    }
}

#[test]
fn s04_s05_windows_and_delays_are_right_where_clocks_did_odd_things() {
    let mut examiner = Examiner::new();
    for (name, at) in [
        // Two that went over the date line and left out a Friday.
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("Pacific/Fakaofo", "2011-12-30T11:00:00Z"),
        // Half an hour of summer.
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        // Winter during Ramadan, and winter called negative summer.
        ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
        ("Africa/Casablanca", "2026-03-22T02:00:00Z"),
        ("Europe/Dublin", "2026-03-29T01:00:00Z"),
        ("Europe/Dublin", "2026-10-25T01:00:00Z"),
        // A gap at midnight, and two hours at once.
        ("Africa/Cairo", "2026-04-23T22:00:00Z"),
        ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
    ] {
        examiner.examine(name, moment(at), 24 * HOUR, 10);
    }
}

//! Strategies that begin at a date in an attribute of the customer.

use crate::stage::*;
use cartwright_domain::event::{CustomerBody, What};
use cartwright_domain::run::EndReason;
use cartwright_domain::strategy::StrategyState;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::Happening;
use cartwright_domain::world::LiveStrategy;
use serde_json::{Value, json};

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// A strategy that greets at a date; Ana is known since New Year's Day of 2026.
fn greeting(trigger: Value) -> Stage {
    let mut rule = json!({ "on": "date", "attribute": "day", "next": "greet" });
    rule.as_object_mut().expect("a trigger").extend(trigger.as_object().expect("fields").clone());
    let mut stage = Stage::with(strategy(json!({
        "name": "Greeting", "trigger": rule,
        "steps": {
            "greet": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        }
    })));
    stage.event(at(0, 1), &ana_identifies(at(0, 1)));
    stage
}

/// Ana's record says this of her.
fn record(stage: &mut Stage, moment: Timestamp, body: CustomerBody) {
    let mut event = ana_identifies(moment);
    event.id = format!("record-{}-{body:?}", moment.millis());
    event.what = What::CustomerUpdated(body);
    stage.event(moment, &event);
}

fn day_is(stage: &mut Stage, moment: Timestamp, day: Value) {
    let attributes = [("day".to_owned(), day)].into();
    record(stage, moment, CustomerBody { attributes, ..CustomerBody::default() });
}

fn zone_is(stage: &mut Stage, moment: Timestamp, zone: &str) {
    record(stage, moment, CustomerBody { time_zone: Some(zone.into()), ..CustomerBody::default() });
}

#[track_caller]
fn greets(stage: &mut Stage, until: &str, expected: &[&str]) {
    stage.wait_until(moment(until));
    let expected: Vec<Timestamp> = expected.iter().map(|text| moment(text)).collect();
    assert_eq!(stage.sent_at(), expected);
}

#[test]
fn s05_a_run_waits_for_the_date_in_the_attribute() {
    for (trigger, expected) in [
        (json!({}), "2026-03-10T09:00:00Z"),
        (json!({ "at": "18:30" }), "2026-03-10T18:30:00Z"),
        (json!({ "days": -3 }), "2026-03-07T09:00:00Z"),
        (json!({ "days": 2, "at": "00:00" }), "2026-03-12T00:00:00Z"),
        (json!({ "zone": "Asia/Tokyo" }), "2026-03-10T00:00:00Z"),
    ] {
        let mut stage = greeting(trigger);
        assert!(stage.runs().is_empty(), "nobody knows the date yet");
        day_is(&mut stage, at(10, 0), json!("2026-03-10"));
        greets(&mut stage, "2027-12-31T00:00:00Z", &[expected]);
        assert_eq!(stage.runs().len(), 1, "once");
    }
}

#[test]
fn s05_the_wait_moves_along_with_the_attribute_and_ends_with_it() {
    let mut stage = greeting(json!({}));
    day_is(&mut stage, at(10, 0), json!("2026-03-10"));
    day_is(&mut stage, at(11, 0), json!("2026-02-01"));
    assert_eq!(stage.told(|what| matches!(what, Happening::Restarted { .. })).len(), 1);
    day_is(&mut stage, at(12, 0), json!("2026-02-01"));
    greets(&mut stage, "2026-02-02T00:00:00Z", &["2026-02-01T09:00:00Z"]);
    for gone in [json!(null), json!("soon"), json!("2025-05-05")] {
        let mut stage = greeting(json!({}));
        day_is(&mut stage, at(10, 0), json!("2026-03-10"));
        day_is(&mut stage, at(11, 0), gone);
        assert_eq!(stage.ends(), [EndReason::DateGone]);
        day_is(&mut stage, at(12, 0), json!("2026-03-11"));
        greets(&mut stage, "2026-12-31T00:00:00Z", &["2026-03-11T09:00:00Z"]);
    }
}

#[test]
fn s05_a_change_of_zone_moves_the_wait_and_never_greets_twice() {
    let mut stage = greeting(json!({}));
    day_is(&mut stage, at(10, 0), json!("2026-03-10"));
    zone_is(&mut stage, at(11, 0), "Asia/Tokyo");
    greets(&mut stage, "2026-03-10T00:30:00Z", &["2026-03-10T00:00:00Z"]);
    zone_is(&mut stage, moment("2026-03-10T01:00:00Z"), "America/Los_Angeles");
    greets(&mut stage, "2026-12-31T00:00:00Z", &["2026-03-10T00:00:00Z"]);
}

#[test]
fn a_yearly_date_begins_the_next_run_when_one_ends() {
    let mut stage = greeting(json!({ "yearly": true, "at": "08:00" }));
    day_is(&mut stage, at(10, 0), json!("1990-02-28"));
    let years = ["2026-02-28T08:00:00Z", "2027-02-28T08:00:00Z", "2028-02-28T08:00:00Z"];
    greets(&mut stage, "2028-12-31T00:00:00Z", &years);
    let waiting: Vec<_> = stage.runs().into_iter().filter(|run| run.is_active()).collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].due_at, Some(moment("2029-02-28T08:00:00Z")));
    let mut leap = greeting(json!({ "yearly": true }));
    day_is(&mut leap, at(10, 0), json!("1992-02-29"));
    greets(&mut leap, "2026-12-31T00:00:00Z", &["2026-03-01T09:00:00Z"]);
    let mut before = greeting(json!({ "yearly": true, "days": -14 }));
    day_is(&mut before, at(10, 0), json!("1990-01-05"));
    greets(&mut before, "2026-12-31T00:00:00Z", &["2026-12-22T09:00:00Z"]);
}

#[test]
fn s03_a_date_that_is_just_over_still_greets_and_one_that_is_long_over_does_not() {
    for (told_at, expected) in [(at(20, 59), 1), (at(21, 1), 0)] {
        let mut stage = greeting(json!({}));
        day_is(&mut stage, told_at, json!("2026-01-01"));
        stage.wait_until(moment("2026-12-31T00:00:00Z"));
        assert_eq!(stage.sent().len(), expected, "told at {told_at}");
    }
}

#[test]
fn s08_an_order_before_the_date_ends_nothing() {
    let mut stage = greeting(json!({}));
    let mut all: Vec<LiveStrategy> = stage.world.strategies.to_vec();
    let mut version = (*all[0].version).clone();
    version.definition.exits = serde_json::from_value(json!([{ "on": "order" }])).expect("exits");
    all[0].version = std::sync::Arc::new(version.clone());
    stage.world.versions.insert(version.id, all[0].version.clone());
    stage.world.strategies = all.into();
    day_is(&mut stage, at(10, 0), json!("2026-03-10"));
    stage.event(at(12, 0), &order("1001", at(12, 0)));
    greets(&mut stage, "2026-12-31T00:00:00Z", &["2026-03-10T09:00:00Z"]);
}

#[test]
fn s27_nobody_enters_a_strategy_that_is_not_live() {
    for (state, runs) in [(StrategyState::Live, 1), (StrategyState::Paused, 0), (StrategyState::Closed, 0)] {
        let mut stage = greeting(json!({}));
        let mut all: Vec<LiveStrategy> = stage.world.strategies.to_vec();
        all[0].record.state = state;
        stage.world.strategies = all.into();
        day_is(&mut stage, at(10, 0), json!("2026-03-10"));
        assert_eq!(stage.runs().len(), runs);
    }
}

#[test]
fn s10_of_two_who_are_one_only_one_is_greeted() {
    let mut stage = greeting(json!({ "yearly": true }));
    day_is(&mut stage, at(10, 0), json!("1990-03-10"));
    let mut other = ana_identifies(at(11, 0));
    other.id = "browser".into();
    other.subject = cartwright_domain::event::Subject { anonymous: Some("browser".into()), ..Default::default() };
    let attributes = [("day".to_owned(), json!("1990-03-11"))].into();
    other.what = What::CustomerUpdated(CustomerBody { attributes, ..CustomerBody::default() });
    stage.event(at(11, 0), &other);
    assert_eq!(stage.runs().len(), 2);
    let mut identify = ana_identifies(at(12, 0));
    identify.subject.anonymous = Some("browser".into());
    stage.event(at(12, 0), &identify);
    stage.wait_until(at(12, 0) + Span::days(200));
    assert_eq!(stage.sent_at(), [moment("2026-03-10T09:00:00Z")]);
}

//! Delays (S05) and sending windows (S04) on a stage: what waits, until when, and what moves it.

use crate::stage::*;
use cartwright_domain::event::{CustomerBody, What};
use cartwright_domain::fact::FactRead;
use cartwright_domain::message::{MessageState, Outcome, Rejection, RejectionClass, SkipReason};
use cartwright_domain::run::EndReason;
use cartwright_domain::strategy::Version;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::{Happening, MessageTrace};
use cartwright_domain::world::LiveStrategy;
use serde_json::{Value, json};
use std::sync::Arc;

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// A strategy that begins at once, waits as `delay` says, and sends.
fn waiting(delay: Value) -> Stage {
    let mut wait = json!({ "kind": "delay", "next": "remind" });
    wait.as_object_mut().expect("a step").extend(delay.as_object().expect("fields").clone());
    let mut stage = Stage::with(strategy(json!({
        "name": "Waiting",
        "trigger": { "on": "cart", "settle": "0s", "next": "wait" },
        "steps": {
            "wait": wait,
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "unknown": { "kind": "exit" },
            "done": { "kind": "exit" }
        }
    })));
    stage.event(at(0, 1), &ana_identifies(at(0, 1)));
    stage
}

/// Ana's record says this of her, from now on.
fn record(stage: &mut Stage, moment: Timestamp, body: CustomerBody) {
    let mut event = ana_identifies(moment);
    event.id = format!("record-{}", moment.millis());
    event.what = What::CustomerUpdated(body);
    stage.event(moment, &event);
}

fn in_zone(zone: &str) -> CustomerBody {
    CustomerBody { time_zone: Some(zone.into()), ..CustomerBody::default() }
}

/// When it sends what begins at a moment.
#[track_caller]
fn sends(delay: Value, zone: &str, begins: &str, expected: &str) {
    let mut stage = waiting(delay.clone());
    record(&mut stage, at(0, 2), in_zone(zone));
    let begins = moment(begins);
    stage.event(begins, &cart(begins, &[("a", 1)]));
    stage.wait_until(moment(expected) + cartwright_domain::time::Span::days(30));
    assert_eq!(stage.sent_at(), [moment(expected)], "{delay} from {begins} in {zone}");
}

#[test]
fn s05_elapsed_time_ignores_the_clocks_on_the_wall() {
    sends(json!({ "for": "24h" }), "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z");
    sends(json!({ "for": "24h" }), "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z");
}

#[test]
fn s05_a_delay_may_count_from_the_newest_trigger_event() {
    for late in [
        json!({ "kind": "delay", "for": "1h", "from": "newest_trigger", "next": "remind" }),
        json!({ "kind": "delay", "from": "newest_trigger", "next": "remind",
                "until": { "cut_off": { "after": "11:00", "at": "12:00" } } }),
    ] {
        let mut definition = strategy(json!({
            "name": "From the trigger",
            "trigger": { "on": "cart", "settle": "2h", "next": "first" },
            "steps": {
                "first": { "kind": "delay", "for": "3h", "next": "wait" },
                "wait": { "kind": "delay", "for": "8h", "from": "newest_trigger", "next": "late" },
                "late": late,
                "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" }
            }
        }));
        definition.policies.max_lateness = cartwright_domain::time::Span::hours(1);
        let mut stage = Stage::with(definition);
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.event(at(11, 0), &cart(at(11, 0), &[("a", 2)]));
        stage.wait_until(at(40, 0));
        // The second wait was over before it began, and makes nothing late.
        assert_eq!(stage.sent_at(), [at(19, 0)]);
    }
}

#[test]
fn s05_days_later_at_a_local_time() {
    let delay = || json!({ "until": { "days_later": { "days": 2, "at": "10:00" } } });
    sends(delay(), "UTC", "2026-01-05T23:59:00Z", "2026-01-07T10:00:00Z");
    sends(delay(), "Asia/Ho_Chi_Minh", "2026-01-05T20:00:00Z", "2026-01-08T03:00:00Z");
    let night = || json!({ "until": { "days_later": { "days": 1, "at": "02:30" } } });
    sends(night(), "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z");
    sends(night(), "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z");
}

#[test]
fn s05_the_next_time_of_day_after_a_cut_off() {
    let haravan = || json!({ "until": { "cut_off": { "after": "23:59", "at": "08:00" } } });
    sends(haravan(), "Asia/Ho_Chi_Minh", "2026-01-05T03:00:00Z", "2026-01-06T01:00:00Z");
    // 23:59:59 is still that day; half past midnight waits until tomorrow.
    sends(haravan(), "UTC", "2026-01-05T23:59:59.999Z", "2026-01-06T08:00:00Z");
    sends(haravan(), "UTC", "2026-01-06T00:00:00Z", "2026-01-07T08:00:00Z");
    sends(haravan(), "UTC", "2026-01-06T00:30:00Z", "2026-01-07T08:00:00Z");
    let evening = || json!({ "until": { "cut_off": { "after": "18:00", "at": "20:00" } } });
    sends(evening(), "UTC", "2026-01-05T18:00:59Z", "2026-01-05T20:00:00Z");
    sends(evening(), "UTC", "2026-01-05T18:01:00Z", "2026-01-06T20:00:00Z");
    // At 20:00 the minute 20:00 is not over yet.
    let same = || json!({ "until": { "cut_off": { "after": "20:00", "at": "20:00" } } });
    sends(same(), "UTC", "2026-01-05T19:00:00Z", "2026-01-06T20:00:00Z");
}

#[test]
fn s05_the_next_weekday() {
    let monday = || json!({ "until": { "weekday": { "days": ["mon"], "at": "09:00" } } });
    // 5 January 2026 is a Monday.
    sends(monday(), "UTC", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z");
    sends(monday(), "UTC", "2026-01-05T09:00:01Z", "2026-01-12T09:00:00Z");
    sends(monday(), "UTC", "2026-01-07T12:00:00Z", "2026-01-12T09:00:00Z");
    let working = || json!({ "until": { "weekday": { "days": ["mon", "tue", "wed", "thu", "fri"] } } });
    sends(working(), "UTC", "2026-01-07T12:34:00Z", "2026-01-07T12:34:00Z");
    sends(working(), "America/New_York", "2026-01-10T12:00:00Z", "2026-01-12T05:00:00Z");
}

fn attribute(name: &str, value: &str) -> CustomerBody {
    CustomerBody { attributes: [(name.to_owned(), json!(value))].into(), ..CustomerBody::default() }
}

fn until_date(fields: Value) -> Value {
    let mut date = json!({ "name": "day", "at": "09:00", "otherwise": "unknown" });
    date.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
    json!({ "until": { "attribute": date } })
}

#[track_caller]
fn on_date(fields: Value, value: Option<&str>, expected: Option<&str>) {
    let mut stage = waiting(until_date(fields));
    if let Some(value) = value {
        record(&mut stage, at(0, 3), attribute("day", value));
    }
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(moment("2030-01-01T00:00:00Z"));
    let expected: Vec<Timestamp> = expected.into_iter().map(moment).collect();
    assert_eq!(stage.sent_at(), expected, "{value:?}");
    assert_eq!(stage.ends(), [EndReason::Completed]);
}

#[test]
fn s05_a_date_in_an_attribute() {
    on_date(json!({}), Some("2026-03-01"), Some("2026-03-01T09:00:00Z"));
    on_date(json!({ "offset_days": -3 }), Some("2026-03-01"), Some("2026-02-26T09:00:00Z"));
    on_date(json!({ "offset_days": 1 }), Some("2026-02-28T23:00:00+02:00"), Some("2026-03-01T09:00:00Z"));
    on_date(json!({ "yearly": true }), Some("1990-05-17"), Some("2026-05-17T09:00:00Z"));
    // 1 January, 10:00: three days before the first of January is in December.
    on_date(json!({ "yearly": true, "offset_days": -3 }), Some("1990-01-01"), Some("2026-12-29T09:00:00Z"));
    on_date(json!({ "yearly": true }), Some("2000-02-29"), Some("2026-03-01T09:00:00Z"));
}

#[test]
fn s05_a_date_that_is_unknown_or_past_goes_the_other_way() {
    for value in [None, Some("soon"), Some("2025-12-31"), Some("9999-12-31"), Some("")] {
        on_date(json!({}), value, None);
    }
    let mut stage = waiting(until_date(json!({})));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let told = stage.told(|what| matches!(what, Happening::Branched { branch, .. } if branch == "otherwise"));
    assert!(told[0].facts.contains(&FactRead::new("customer.attributes.day", None::<String>)));
}

#[test]
fn s05_a_date_that_changes_moves_the_wait() {
    let mut stage = waiting(until_date(json!({})));
    record(&mut stage, at(0, 3), attribute("day", "2026-03-01"));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    record(&mut stage, at(30, 0), attribute("day", "2026-01-10"));
    stage.wait_until(moment("2026-04-01T00:00:00Z"));
    assert_eq!(stage.sent_at(), [moment("2026-01-10T09:00:00Z")]);
}

#[test]
fn s05_a_change_of_zone_moves_local_waits_and_not_elapsed_ones() {
    for (delay, before, after) in [
        (json!({ "until": { "days_later": { "days": 1, "at": "10:00" } } }), at(34, 0), at(27, 0)),
        (json!({ "for": "24h" }), at(34, 0), at(34, 0)),
    ] {
        for (zone, expected) in [(None, before), (Some("Asia/Ho_Chi_Minh"), after)] {
            let mut stage = waiting(delay.clone());
            stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
            if let Some(zone) = zone {
                record(&mut stage, at(12, 0), in_zone(zone));
            }
            stage.wait_until(at(60, 0));
            assert_eq!(stage.sent_at(), [expected], "{delay} in {zone:?}");
        }
    }
}

#[test]
fn s05_s10_a_cart_that_turns_out_to_be_somebody_s_waits_by_their_clock() {
    let mut stage = waiting(json!({ "until": { "days_later": { "days": 1, "at": "10:00" } } }));
    record(&mut stage, at(0, 3), in_zone("Asia/Ho_Chi_Minh"));
    stage.event(at(10, 0), &cart_of("c2", at(10, 0), &[("a", 1)]));
    let mut identify = ana_identifies(at(12, 0));
    identify.subject.cart = Some("c2".into());
    stage.event(at(12, 0), &identify);
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(27, 0)]);
}

#[test]
fn s05_a_wait_names_its_zone_and_how_that_is_known() {
    let mut stage = waiting(json!({ "until": { "days_later": { "days": 1, "at": "10:00" } } }));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    record(&mut stage, at(12, 0), in_zone("Asia/Ho_Chi_Minh"));
    let waits = stage.told(|what| matches!(what, Happening::Waiting { .. }));
    let told: Vec<String> = waits.iter().map(|entry| entry.facts[0].to_string()).collect();
    assert_eq!(told, ["delay.zone = UTC (the shop's)", "delay.zone = Asia/Ho_Chi_Minh (the customer's own)"]);
}

#[test]
fn s04_the_zone_of_an_event_counts_only_where_no_own_one_is_known() {
    let delay = json!({ "until": { "days_later": { "days": 1, "at": "10:00" } } });
    for (own, expected) in [(None, at(27, 0)), (Some("Europe/Berlin"), at(33, 0))] {
        let mut stage = waiting(delay.clone());
        if let Some(own) = own {
            record(&mut stage, at(0, 3), in_zone(own));
        }
        let mut added = cart(at(10, 0), &[("a", 1)]);
        if let What::CartUpdated(body) = &mut added.what {
            body.customer = Some(in_zone("Asia/Ho_Chi_Minh"));
        }
        stage.event(at(10, 0), &added);
        stage.wait_until(at(60, 0));
        assert_eq!(stage.sent_at(), [expected], "{own:?}");
    }
}

/// The reminder of the stage, which is due four hours after 10:00 or so, with a window of the strategy's own.
fn windowed(window: Value) -> Stage {
    let mut definition = reminder();
    definition.policies.window = serde_json::from_value(window).expect("a window");
    let mut stage = Stage::with(definition);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage
}

fn by_day() -> Value {
    json!({ "open": [{ "from": "09:00", "until": "20:00" }] })
}

#[test]
fn s04_what_is_due_at_21_00_goes_at_09_00_of_the_next_day() {
    let mut stage = windowed(by_day());
    stage.event(at(17, 0), &cart(at(17, 0), &[("a", 1)]));
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(33, 0)]);
    let waits = stage.told(|what| matches!(what, Happening::Waiting { until } if *until == at(33, 0)));
    assert_eq!(waits.len(), 1, "told once");
    let zone = FactRead::new("window.strategy.zone", "UTC (the shop's)");
    assert!(waits[0].facts.contains(&zone), "{:?}", waits[0].facts);
}

#[test]
fn s04_what_is_due_inside_goes_at_once_and_at_the_end_of_the_window_no_more() {
    for (begins, sent) in [(at(15, 59), at(19, 59)), (at(16, 0), at(33, 0)), (at(5, 0), at(9, 0))] {
        let mut stage = windowed(by_day());
        stage.event(begins.max(at(9, 0)), &cart(begins, &[("a", 1)]));
        stage.wait_until(at(60, 0));
        assert_eq!(stage.sent_at(), [sent], "{begins}");
    }
}

#[test]
fn s04_shop_channel_and_strategy_all_have_to_be_open() {
    let mut stage = windowed(by_day());
    let window = |from: &str, until: &str| {
        serde_json::from_value(json!({ "open": [{ "from": from, "until": until }] })).expect("a window")
    };
    Arc::make_mut(&mut stage.world.shop).window = Some(window("10:00", "24:00"));
    stage.world.connections.get_mut("inbox").expect("it").edit().window = Some(window("11:30", "12:00"));
    stage.event(at(17, 0), &cart(at(17, 0), &[("a", 1)]));
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(35, 30)]);
}

#[test]
fn s04_windows_concern_marketing_only() {
    let mut definition = reminder();
    definition.policies.window = serde_json::from_value(by_day()).expect("a window");
    definition.contents[0].purpose = cartwright_domain::message::Purpose::Transactional;
    let mut stage = Stage::with(definition);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(17, 0), &cart(at(17, 0), &[("a", 1)]));
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(21, 0)]);
}

#[test]
fn s04_a_customer_who_moves_takes_their_window_along() {
    let mut stage = windowed(by_day());
    stage.event(at(17, 0), &cart(at(17, 0), &[("a", 1)]));
    // At 23:00 UTC it is 15:00 in Los Angeles.
    record(&mut stage, at(23, 0), in_zone("America/Los_Angeles"));
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(23, 0)]);
}

#[test]
fn s04_windows_that_never_meet_skip_the_message() {
    let mut stage = windowed(by_day());
    let night = json!({ "open": [{ "from": "22:00", "until": "06:00" }] });
    stage.world.connections.get_mut("inbox").expect("it").edit().window =
        Some(serde_json::from_value(night).expect("a window"));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(60, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::WindowNeverOpen });
    assert_eq!(stage.ends(), [EndReason::Completed]);
}

#[test]
fn s04_a_message_that_meets_a_closed_window_on_its_way_waits_for_it_to_open() {
    let mut stage = windowed(by_day());
    stage.provider_is_up = false;
    stage.event(at(15, 30), &cart(at(15, 30), &[("a", 1)]));
    stage.wait_until(at(20, 30));
    assert_eq!(stage.message().state, MessageState::Queued);
    stage.provider_is_up = true;
    stage.wait_until(at(21, 0));
    assert!(stage.sent().is_empty());
    let told = stage.told(|what| matches!(what, Happening::Message { state: MessageTrace::WaitsForWindow { .. }, .. }));
    assert_eq!(told.len(), 1);
    // Ten in the evening where the shop is, two in the afternoon where she is now.
    record(&mut stage, at(22, 0), in_zone("America/Los_Angeles"));
    assert_eq!(stage.sent_at(), [at(22, 0)]);
}

#[test]
fn s04_a_change_of_zone_does_not_hurry_a_message_that_is_tried_again_later() {
    let mut stage = windowed(json!("always"));
    let details = cartwright_domain::message::Details::default();
    let class = RejectionClass::RateLimited { after: Some(at(18, 0)) };
    stage.provider = Some(Outcome::Rejected(Rejection { class, details }));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(15, 0));
    stage.provider = None;
    record(&mut stage, at(16, 0), in_zone("America/Los_Angeles"));
    stage.wait_until(at(30, 0));
    assert_eq!(stage.sent_at(), [at(18, 0)]);
}

#[test]
fn s27_lateness_counts_from_the_first_instant_that_delay_and_window_allow() {
    // Due at 21:00 and allowed at 09:00: in time until 21:00 of that day, for which the window closes an hour too soon.
    for (provider_is_up_at, state) in
        [(at(43, 59), MessageState::Accepted), (at(44, 0), MessageState::Skipped { reason: SkipReason::TooLate })]
    {
        let mut stage = windowed(by_day());
        stage.provider_is_up = false;
        stage.event(at(17, 0), &cart(at(17, 0), &[("a", 1)]));
        stage.wait_until(provider_is_up_at);
        stage.provider_is_up = true;
        stage.wait_until(at(45, 1));
        assert_eq!((&stage.message().state, stage.message().late_after), (&state, at(45, 0)));
    }
}

#[test]
fn s28_windows_are_read_as_they_are_at_each_check() {
    let mut stage = windowed(by_day());
    stage.event(at(17, 0), &cart(at(17, 0), &[("a", 1)]));
    stage.wait_until(at(22, 0));
    let afternoon = json!({ "open": [{ "from": "15:00", "until": "16:00" }] });
    Arc::make_mut(&mut stage.world.shop).window = Some(serde_json::from_value(afternoon).expect("a window"));
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(39, 0)]);
}

#[test]
fn s28_policies_are_those_of_the_newest_version_and_delays_those_of_the_run_s_own() {
    let mut stage = waiting(json!({ "for": "10h" }));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let LiveStrategy { record, version } = stage.world.strategies[0].clone();
    let mut next = Version { number: 2, ..(*version).clone() };
    next.definition.policies.window = serde_json::from_value(by_day()).expect("a window");
    next.definition.steps = waiting(json!({ "for": "1h" })).world.strategies[0].version.definition.steps.clone();
    stage.world.strategies = [LiveStrategy { record, version: Arc::new(next) }].into();
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(33, 0)]);
}

//! What is wrong with delays, splits, hold-outs and windows, each with its place.

use serde_json::{Value, json};

use super::{Sample, good, only, read};

fn delay(fields: Value) -> Value {
    let mut step = json!({"kind": "delay", "next": "done"});
    step.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    step
}

#[test]
fn s05_a_delay_is_refused_at_the_place_that_is_wrong() {
    let sample = Sample::new();
    for (fields, start) in [
        (json!({}), "steps.later: needs `for`"),
        (json!({"for": "1h", "until": {"days_later": {"days": 1, "at": "08:00"}}}), "steps.later: has both"),
        (json!({"for": "1h", "zone": "shop"}), "steps.later.zone: elapsed time is the same in every zone"),
        (json!({"until": {"days_later": {"days": 0, "at": "08:00"}}}), "steps.later.until.days_later.days: must be 1"),
        (
            json!({"until": {"days_later": {"days": 1, "at": "8"}}}),
            "steps.later.until.days_later.at: `8` is no time of day",
        ),
        (
            json!({"until": {"cut_off": {"after": "24:00", "at": "08:00"}}}),
            "steps.later.until.cut_off.after: a day is over",
        ),
        (
            json!({"until": {"cut_off": {"after": "23:59", "at": "25:00"}}}),
            "steps.later.until.cut_off.at: `25:00` is no",
        ),
        (json!({"until": {"weekday": {"days": []}}}), "steps.later.until.weekday.days: needs at least one"),
        (
            json!({"until": {"weekday": {"days": ["mon", "funday"]}}}),
            "steps.later.until.weekday.days[1]: `funday` is no",
        ),
        (
            json!({"until": {"days_later": {"days": 1, "at": "08:00"}}, "zone": "Middle/Earth"}),
            "steps.later.zone: `Middle/Earth` is no time zone",
        ),
        (
            json!({"until": {"attribute": {"name": " ", "at": "08:00", "otherwise": "done"}}}),
            "steps.later.until.attribute.name: must not be empty",
        ),
        (
            json!({"until": {"attribute": {"name": "day", "at": "08:00", "otherwise": "nowhere"}}}),
            "steps.later.until.attribute.otherwise: there is no step `nowhere`",
        ),
        (
            json!({"until": {"attribute": {"name": "day", "at": "08:00", "otherwise": "done", "offset_days": 400}}}),
            "steps.later.until.attribute.offset_days: must be -366 to 366",
        ),
    ] {
        only(&sample.faults_with("/steps/later", delay(fields)), start);
    }
    for fields in [
        json!({"for": "1h", "from": "newest_trigger"}),
        json!({"until": {"weekday": {"days": ["sat"], "at": "10:00"}}, "zone": "Asia/Tokyo"}),
    ] {
        assert_eq!(sample.faults_with("/steps/later", delay(fields)), [""; 0]);
    }
}

#[test]
fn s16_a_split_is_refused_at_the_place_that_is_wrong() {
    let sample = Sample::new();
    let split = |arms: Value| json!({"kind": "split", "arms": arms});
    for (arms, start) in [
        (json!({"a": {"weight": 1, "next": "done"}}), "steps.later.arms: needs at least two arms"),
        (
            json!({"a": {"weight": 0, "next": "done"}, "b": {"weight": 0, "next": "thank"}}),
            "steps.later.arms: no arm has any weight",
        ),
        (
            json!({"a": {"weight": 1, "next": "done"}, "b": {"weight": 1, "next": "nowhere"}}),
            "steps.later.arms.b.next: there is no step `nowhere`",
        ),
        (
            json!({"a": {"weight": 1, "next": "done"}, "b": {"weight": 1, "next": "later"}}),
            "steps.later: goes round in a circle: later -> later",
        ),
        (
            json!({"": {"weight": 1, "next": "done"}, "b": {"weight": 1, "next": "done"}}),
            "steps.later.arms.: the name of an arm",
        ),
    ] {
        only(&sample.faults_with("/steps/later", split(arms)), start);
    }
    let arms = json!({"a": {"weight": 1, "next": "done"}, "b": {"weight": 0, "next": "thank"}});
    assert_eq!(sample.faults_with("/steps/later", split(arms)), [""; 0]);
    only(&sample.faults_with("/policies", json!({"hold_out": 101})), "policies.hold_out: must be 0 to 100");
    let message = json!({"kind": "message", "channel": "inbox", "content": "saved", "hold_out": 200, "next": "done"});
    only(&sample.faults_with("/steps/thank", message), "steps.thank.hold_out: must be 0 to 100");
}

fn hours(from: &str, until: &str, zone: &str) -> Value {
    json!({"open": [{"from": from, "until": until}], "zone": zone})
}

#[test]
fn s04_a_window_is_refused_at_the_place_that_is_wrong() {
    let sample = Sample::new();
    for (window, start) in [
        (json!({"open": []}), "policies.window.open: needs at least one opening"),
        (hours("9", "20:00", "customer"), "policies.window.open[0].from: `9` is no time of day"),
        (hours("24:00", "20:00", "customer"), "policies.window.open[0].from: a day is over"),
        (hours("09:00", "20:60", "customer"), "policies.window.open[0].until: `20:60` is no time of day"),
        (hours("09:00", "09:00", "customer"), "policies.window.open[0].until: ends when it begins"),
        (hours("09:00", "20:00", "Berlin"), "policies.window.zone: `Berlin` is no time zone"),
        (
            json!({"open": [{"days": ["sun", "Mon"], "from": "09:00", "until": "20:00"}]}),
            "policies.window.open[0].days[1]: `Mon` is no day of the week",
        ),
        (
            json!({"open": [{"from": "09:00", "until": "20:00"}], "closed_dates": ["2026-12-25", "25.12.2026"]}),
            "policies.window.closed_dates[1]: `25.12.2026` is no date",
        ),
    ] {
        only(&sample.faults_with("/policies", json!({"window": window})), start);
    }
    for window in [json!("always"), hours("22:00", "06:00", "shop"), hours("00:00", "24:00", "customer")] {
        assert_eq!(sample.faults_with("/policies", json!({"window": window})), [""; 0]);
    }
    let mut sample = Sample::new();
    sample.shop.window = Some(read(hours("9", "20:00", "customer")));
    let fault = &crate::publish::shop_faults(&sample.shop)[0];
    assert_eq!(fault.path, "window.open[0].from");
}

#[test]
fn s04_windows_without_a_common_minute_are_refused_and_those_only_far_zones_have_are_warned_of() {
    let mut sample = Sample::new();
    sample.connections[0].window = Some(read(hours("09:00", "12:00", "customer")));
    let with = |sample: &Sample, window: Value| sample.faults_with("/policies", json!({"window": window}));
    only(
        &with(&sample, hours("12:00", "20:00", "customer")),
        "policies.window: the windows of the shop, of the channel",
    );
    assert_eq!(with(&sample, hours("11:59", "20:00", "customer")), [""; 0]);
    // In the shop's own zone, UTC, the two never meet; further west they do.
    only(&with(&sample, hours("13:00", "20:00", "shop")), "(warning) policies.window: the windows of the shop");
    only(&with(&sample, hours("13:00", "14:00", "Asia/Tokyo")), "(warning) policies.window: the windows of the shop");
    assert_eq!(with(&sample, hours("19:00", "20:00", "Asia/Tokyo")), [""; 0]);
    sample.connections[0].window = Some(read(hours("09:00", "12:00", "Europe/Berlin")));
    only(&with(&sample, hours("13:00", "20:00", "shop")), "policies.window: the windows of the shop");
    // A common minute only while one of the two has summer time.
    assert_eq!(with(&sample, hours("10:59", "11:30", "shop")), [""; 0]);
    sample.shop.window = Some(read(hours("20:00", "21:00", "customer")));
    sample.connections[0].window = Some(read(hours("09:00", "12:00", "customer")));
    only(&sample.faults(good()), "steps.thank.channel: the windows of the shop");
    sample.contents[0].purpose = crate::message::Purpose::Transactional;
    assert_eq!(sample.faults(good()), [""; 0]);
}

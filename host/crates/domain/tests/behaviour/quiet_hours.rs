//! Quiet hours by where the customer is (S04) on a stage: which presets hold, for what, and what they tell.

use crate::stage::*;
use cartwright_domain::check::check;
use cartwright_domain::contact::AddressKind;
use cartwright_domain::message::{MessageState, SkipReason};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::{Happening, MessageTrace, TraceEntry};
use cartwright_domain::window::preset::QuietHours;
use serde_json::json;

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// A shop that has switched presets on, and Ana with this phone, in this country and zone.
fn shop(purpose: &str, phone: &str, country: Option<&str>, zone: Option<&str>) -> Stage {
    let mut stage = Stage::with(strategy(json!({
        "name": "Text",
        "trigger": { "on": "custom", "event": "shop.call", "next": "text" },
        "steps": {
            "text": { "kind": "message", "channel": "sms", "content": "text", "next": "done" },
            "done": { "kind": "exit" }
        },
        "contents": [{
            "name": "text", "purpose": purpose,
            "variants": [
                { "channel": "sms", "body": { "text": "Still yours" } },
                { "channel": "push", "body": { "text": "Still yours" } }
            ]
        }]
    })));
    stage.connect("sms", &[AddressKind::Phone]);
    stage.shop().quiet_hours = QuietHours::Presets;
    stage.shop().cap = Some(cartwright_domain::cap::Cap::None);
    stage.event(at(0, 1), &ana_identifies(at(0, 1)));
    let ana = stage.world.customers.values_mut().next().expect("Ana").edit();
    ana.phone = Some(phone.to_owned().try_into().expect("a phone"));
    ana.country = country.map(str::to_owned);
    ana.time_zone = zone.map(str::to_owned);
    stage
}

/// When a message goes out that is due at a moment.
fn goes(stage: &mut Stage, due: &str) -> String {
    stage.event(moment(due), &custom("shop.call", moment(due)));
    stage.wait_until(moment(due) + Span::days(7));
    assert_eq!(check(&stage.world), []);
    stage.sent_at()[0].to_string().replace(".000Z", "Z")
}

/// What was read of windows by whatever waits.
fn told(stage: &Stage) -> Vec<String> {
    let waits = facts(&stage.told(|what| matches!(what, Happening::Waiting { .. })));
    waits.into_iter().filter(|fact| fact.starts_with("window.")).collect()
}

fn facts(entries: &[&TraceEntry]) -> Vec<String> {
    entries.iter().flat_map(|entry| &entry.facts).map(ToString::to_string).collect()
}

const MIAMI: &str = "+13055550123";
const EAST: Option<&str> = Some("America/New_York");

#[test]
fn s04_florida_is_known_by_its_area_code_and_the_trace_names_the_preset_with_its_source() {
    // 19:59 and 20:00 in Miami.
    assert_eq!(goes(&mut shop("marketing", MIAMI, None, EAST), "2026-01-06T00:59:00Z"), "2026-01-06T00:59:00Z");
    let mut stage = shop("marketing", MIAMI, None, EAST);
    assert_eq!(goes(&mut stage, "2026-01-06T01:00:00Z"), "2026-01-06T13:00:00Z");
    assert_eq!(
        told(&stage),
        ["window.preset.zone = America/New_York (the customer's own)", "window.preset = US-FL 08:00-20:00 (FTSA)"]
    );
    // New York has no row of its own, so the country's holds: an hour longer.
    let new_york = "+12125550123";
    assert_eq!(goes(&mut shop("marketing", new_york, None, EAST), "2026-01-06T01:59:00Z"), "2026-01-06T01:59:00Z");
}

#[test]
fn s04_behind_a_number_of_no_state_all_presets_of_the_country_hold_together() {
    // Rhode Island closes at 18:00 and opens at 09:00; on Sundays Texas opens at 12:00, and Rhode Island closes at 17:00.
    for (due, at) in [
        ("2026-01-06T22:59:00Z", "2026-01-06T22:59:00Z"),
        ("2026-01-06T23:00:00Z", "2026-01-07T14:00:00Z"),
        ("2026-01-11T14:00:00Z", "2026-01-11T17:00:00Z"),
        ("2026-01-11T22:00:00Z", "2026-01-12T14:00:00Z"),
    ] {
        let mut anybody = shop("marketing", "+18005550123", None, EAST);
        assert_eq!(goes(&mut anybody, due), at, "{due}");
        assert_eq!(goes(&mut shop("marketing", "+4915112345678", Some("US"), EAST), due), at, "{due}");
        let facts = told(&anybody);
        let of = |region: &str| facts.iter().any(|fact| fact.starts_with(&format!("window.preset = {region} ")));
        assert_eq!((of("US"), of("US-RI"), of("CA")), (due != at, due != at, due != at), "{facts:?}");
    }
}

#[test]
fn s04_france_is_closed_on_sundays() {
    let paris = Some("Europe/Paris");
    // Saturday at 21:59, and at 22:00.
    for (due, at) in
        [("2026-01-10T20:59:00Z", "2026-01-10T20:59:00Z"), ("2026-01-10T21:00:00Z", "2026-01-12T07:00:00Z")]
    {
        assert_eq!(goes(&mut shop("marketing", "+33612345678", None, paris), due), at);
        assert_eq!(
            goes(&mut shop("marketing", MIAMI, Some("FR"), paris), due),
            at,
            "the address goes before the phone"
        );
    }
}

#[test]
fn s04_presets_concern_marketing_only_and_the_channels_that_they_name() {
    let night = "2026-01-06T05:00:00Z";
    assert_eq!(goes(&mut shop("transactional", MIAMI, None, EAST), night), night);
    let mut push = shop("marketing", MIAMI, None, EAST);
    push.connection("sms").ability.as_mut().expect("it").channel = "push".into();
    assert_eq!(goes(&mut push, night), night);
    let mut off = shop("marketing", MIAMI, None, EAST);
    off.shop().quiet_hours = QuietHours::Off;
    assert_eq!(goes(&mut off, night), night);
    // Nothing is known of Germany.
    assert_eq!(goes(&mut shop("marketing", "+4915112345678", None, EAST), night), night);
}

#[test]
fn s04_presets_and_the_windows_of_the_shop_hold_together() {
    let mut stage = shop("marketing", MIAMI, None, EAST);
    let evening = json!({ "open": [{ "from": "19:00", "until": "23:00" }] });
    stage.shop().window = Some(serde_json::from_value(evening).expect("a window"));
    // 20:00 in Miami: the shop is open, Florida is not.
    assert_eq!(goes(&mut stage, "2026-01-06T01:00:00Z"), "2026-01-07T00:00:00Z");
}

#[test]
fn s04_s20_the_cap_of_a_preset_holds_beside_the_shop_s() {
    let mut stage = shop("marketing", MIAMI, None, EAST);
    let noon = moment("2026-01-06T17:00:00Z");
    for hour in 0..4 {
        let due = noon + Span::minutes(hour * 10);
        stage.event(due, &custom("shop.call", due));
    }
    assert_eq!(stage.sent().len(), 3);
    let last = stage.messages_of("Text")[3].clone();
    assert_eq!(last.state, MessageState::Skipped { reason: SkipReason::CappedByShop });
    let capped =
        facts(&stage.told(|what| matches!(what, Happening::Message { state: MessageTrace::Skipped { .. }, .. })));
    assert!(capped.contains(&"cap.preset = 3 contacts in 1d".to_owned()), "{capped:?}");
    // A day after the first there is room for one more.
    let due = noon + Span::days(1);
    stage.event(due, &custom("shop.call", due));
    assert_eq!(stage.sent().len(), 4);
    assert_eq!(check(&stage.world), []);
}

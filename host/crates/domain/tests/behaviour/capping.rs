//! Frequency caps (S20) and marketing after an order (S21) on a stage: who takes a place, who finds none, and what
//! becomes of them.

use crate::stage::*;
use cartwright_domain::check::check;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{CustomerBody, Event, What};
use cartwright_domain::ids::MessageId;
use cartwright_domain::message::{Details, MessageState, Outcome, Rejection, RejectionClass, SkipReason};
use cartwright_domain::pace::Paces;
use cartwright_domain::sending;
use cartwright_domain::strategy::Strategy;
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::{Happening, MessageTrace};
use cartwright_domain::why::{FindingCode, why};
use serde_json::{Value, json};

/// A strategy that sends one message as soon as `event` happens.
fn at_once(name: &str, event: &str, policies: Value) -> Strategy {
    strategy(json!({
        "name": name,
        "trigger": { "on": "custom", "event": event, "next": "tell" },
        "steps": {
            "tell": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "policies": policies
    }))
}

fn says(name: &str, moment: Timestamp) -> Event {
    let mut event = ana_identifies(moment);
    event.id = format!("{name}-{}", moment.millis());
    event.what = What::Custom(cartwright_domain::event::CustomEvent { name: name.into(), body: json!({}) });
    event
}

/// Two strategies, one for `shop.first` and one for `shop.second`, and Ana.
fn two(first: Value, second: Value) -> Stage {
    let mut stage = Stage::with_all([at_once("first", "shop.first", first), at_once("second", "shop.second", second)]);
    stage.event(at(0, 1), &ana_identifies(at(0, 1)));
    stage
}

fn ana_of(stage: &Stage) -> &Customer {
    &stage.world.customers.values().next().expect("Ana").value
}

const SKIPPED: MessageState = MessageState::Skipped { reason: SkipReason::CappedByShop };

fn state_of<'a>(stage: &'a Stage, strategy: &str) -> &'a MessageState {
    &stage.messages_of(strategy).last().expect("a message").state
}

#[test]
fn s20_a_second_contact_within_72_h_is_capped() {
    let mut stage = two(json!({}), json!({}));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    stage.event(at(10 + 72, -1), &says("shop.second", at(10 + 72, -1)));
    assert_eq!(state_of(&stage, "second"), &SKIPPED);
    let told = stage.told(|what| matches!(what, Happening::Message { state: MessageTrace::Skipped { .. }, .. }));
    let facts: Vec<String> = told[0].facts.iter().map(ToString::to_string).collect();
    assert!(facts.contains(&"cap.shop = 1 contact in 3d".to_owned()), "{facts:?}");
    assert!(facts.contains(&format!("cap.shop.opens_at = {}", at(10 + 72, 0))), "{facts:?}");
    stage.event(at(10 + 72, 0), &says("shop.second", at(10 + 72, 0)));
    assert_eq!(stage.sent_at(), [at(10, 0), at(10 + 72, 0)]);
    assert_eq!(check(&stage.world), []);
}

#[test]
fn s20_a_strategy_that_never_began_says_which_cap_would_refuse() {
    let mut stage = two(json!({}), json!({}));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    let ana = ana_of(&stage).id;
    let second = stage.world.strategies.iter().find(|live| live.record.name == "second").expect("it is live");
    let asked = |now| why(&stage.world, ana, second, &[], &[], now).expect("Ana is known").findings;
    let tell = asked(at(11, 0)).pop().expect("of its step");
    assert_eq!((tell.passes, tell.reason.as_deref()), (Some(false), Some("capped_by_shop")));
    assert_eq!((tell.code, tell.values["channel"].as_str()), (FindingCode::WouldBeRefused, "inbox"));
    assert!(tell.facts.iter().any(|fact| fact.to_string() == "cap.shop.counted = 1"), "{:?}", tell.facts);
    assert_eq!(asked(at(10 + 72, 0)).pop().and_then(|tell| tell.passes), Some(true));
}

#[test]
fn s20_a_run_s_own_earlier_contacts_do_not_count_unless_it_is_strict() {
    let twice = |policies: Value| {
        let mut one = at_once("first", "shop.first", policies);
        let again = json!({ "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" });
        one.steps.insert("again".into(), serde_json::from_value(again).expect("a step"));
        if let Some(cartwright_domain::strategy::Step::Message(tell)) = one.steps.get_mut("tell") {
            tell.next = "again".into();
        }
        let mut stage = Stage::with(one);
        stage.event(at(0, 1), &ana_identifies(at(0, 1)));
        stage.event(at(10, 0), &says("shop.first", at(10, 0)));
        stage.sent().len()
    };
    assert_eq!(twice(json!({})), 2);
    assert_eq!(twice(json!({ "cap": { "contacts": 1, "within": "1h", "own_run": "counts" } })), 1);
}

#[test]
fn s20_the_first_cap_that_refuses_is_the_reason_and_each_counts_its_own() {
    let reason = |shop: Value, channel: Value, second: Value| {
        let mut stage = two(json!({}), json!({ "cap": second }));
        stage.shop().cap = serde_json::from_value(shop).expect("a cap");
        stage.connection("inbox").cap = serde_json::from_value(channel).expect("a cap");
        stage.event(at(10, 0), &says("shop.first", at(10, 0)));
        stage.event(at(11, 0), &says("shop.second", at(11, 0)));
        match state_of(&stage, "second") {
            MessageState::Skipped { reason } => Some(*reason),
            _ => None,
        }
    };
    let one = json!({ "contacts": 1, "within": "72h" });
    assert_eq!(reason(one.clone(), one.clone(), json!(0)), Some(SkipReason::CappedByShop));
    assert_eq!(reason(json!("none"), one.clone(), json!(0)), Some(SkipReason::CappedByChannel));
    assert_eq!(reason(json!("none"), json!(null), json!(0)), Some(SkipReason::CappedByStrategy), "0 forbids");
    assert_eq!(reason(json!("none"), json!(null), one.clone()), None, "a strategy counts its own contacts");
    assert_eq!(reason(Value::Null, Value::Null, json!("none")), Some(SkipReason::CappedByShop), "absent is inherited");
}

#[test]
fn s20_a_calendar_s_cap_opens_with_the_shop_s_next_day() {
    let mut stage = two(json!({}), json!({ "capped": "wait" }));
    stage.shop().time_zone = "Europe/Berlin".into();
    stage.shop().cap = serde_json::from_value(json!({ "contacts": 1, "per": "day" })).expect("a cap");
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    stage.event(at(22, 0), &says("shop.second", at(22, 0)));
    stage.wait_until(at(30, 0));
    assert_eq!(stage.sent_at(), [at(10, 0), at(23, 0)]);
}

#[test]
fn s20_what_may_wait_waits_once_until_the_cap_opens_and_is_late_from_then() {
    let mut stage = two(json!({}), json!({ "capped": "wait" }));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    stage.event(at(20, 0), &says("shop.second", at(20, 0)));
    let opens = at(10 + 72, 0);
    let waiting = stage.messages_of("second")[0];
    assert_eq!((waiting.due_at, waiting.late_after), (Some(opens), opens + Span::hours(12)));
    assert_eq!(
        stage.told(|what| matches!(what, Happening::Message { state: MessageTrace::WaitsForCap { .. }, .. })).len(),
        1
    );
    stage.wait_until(opens);
    assert_eq!(stage.sent_at(), [at(10, 0), opens]);
}

#[test]
fn s20_what_finds_no_room_after_its_wait_is_skipped() {
    let mut stage = two(json!({}), json!({ "capped": "wait" }));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    stage.event(at(20, 0), &says("shop.second", at(20, 0)));
    // Meanwhile somebody else has taken the place.
    let customer = stage.world.customers.values_mut().next().expect("Ana").edit();
    let mut other = customer.places[0].clone();
    other.iteration = 7;
    other.at = at(60, 0);
    customer.places.push(other);
    stage.wait_until(at(200, 0));
    assert_eq!(state_of(&stage, "second"), &SKIPPED);
}

#[test]
fn s20_a_certain_refusal_gives_the_place_back_and_uncertainty_keeps_it() {
    let refused = Outcome::Rejected(Rejection { class: RejectionClass::TooLarge, details: Details::default() });
    for (outcome, is_capped) in [(refused, false), (Outcome::Uncertain(Details::default()), true)] {
        let mut stage = two(json!({}), json!({}));
        stage.provider = Some(outcome.clone());
        stage.event(at(10, 0), &says("shop.first", at(10, 0)));
        stage.provider = None;
        stage.event(at(11, 0), &says("shop.second", at(11, 0)));
        assert_eq!(state_of(&stage, "second") == &SKIPPED, is_capped, "{outcome:?}");
    }
}

#[test]
fn s20_what_was_refused_for_certain_has_no_place_while_it_waits_to_be_tried_again() {
    let refused = Outcome::Rejected(Rejection { class: RejectionClass::Transient, details: Details::default() });
    let mut stage = two(json!({}), json!({}));
    stage.provider = Some(refused);
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    assert_eq!(ana_of(&stage).places, []);
    stage.event(at(10, 0), &order("1", at(10, 0)));
    assert_eq!(ana_of(&stage).places, [], "and none is left behind when it is not tried again");
}

#[test]
fn s20_a_message_that_is_skipped_after_prepare_gives_its_place_back() {
    let mut stage = two(json!({}), json!({}));
    stage.provider_is_up = false;
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    let id: MessageId = stage.messages_of("first")[0].id;
    let now = stage.now;
    assert_eq!(sending::prepare(&mut stage.world, &[id], Span::minutes(1), &mut Paces::default(), now), [id]);
    assert_eq!(ana_of(&stage).places.len(), 1);
    assert_eq!(
        sending::prepare(&mut stage.world, &[id], Span::minutes(1), &mut Paces::default(), now),
        [id],
        "claimed again, as after a crash"
    );
    assert_eq!(ana_of(&stage).places.len(), 1, "and still one place");
    cartwright_domain::outcome::skip(&mut stage.world, id, SkipReason::ContentFailed, None, now);
    assert_eq!(ana_of(&stage).places, []);
}

#[test]
fn s20_only_marketing_takes_places_and_needs_them() {
    let mut order_news = at_once("second", "shop.second", json!({}));
    order_news.contents[0].purpose = cartwright_domain::message::Purpose::Transactional;
    let mut stage = Stage::with_all([at_once("first", "shop.first", json!({})), order_news]);
    stage.event(at(0, 1), &ana_identifies(at(0, 1)));
    stage.event(at(9, 0), &says("shop.second", at(9, 0)));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    stage.event(at(11, 0), &says("shop.second", at(11, 0)));
    assert_eq!(stage.sent().len(), 3);
    assert_eq!(ana_of(&stage).places.len(), 1);
}

#[test]
fn s16_s20_a_contact_that_is_held_out_takes_no_place() {
    let mut stage = two(json!({ "hold_out": 100 }), json!({}));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    stage.event(at(11, 0), &says("shop.second", at(11, 0)));
    assert_eq!(state_of(&stage, "first"), &MessageState::HeldOut);
    assert_eq!(stage.sent_at(), [at(11, 0)]);
}

#[test]
fn s20_of_messages_due_together_the_higher_priority_is_decided_first() {
    for (first, second, winner) in [(0, 5, "second"), (5, 0, "first"), (0, 0, "first")] {
        let mut stage = two(json!({ "priority": first }), json!({ "priority": second }));
        stage.provider_is_up = false;
        stage.event(at(10, 0), &says("shop.first", at(10, 0)));
        stage.event(at(10, 1), &says("shop.second", at(10, 1)));
        stage.provider_is_up = true;
        stage.wait_until(at(20, 0));
        let sent: Vec<&str> =
            ["first", "second"].into_iter().filter(|name| state_of(&stage, name) != &SKIPPED).collect();
        assert_eq!(sent, [winner], "{first} and {second}");
    }
}

#[test]
fn s20_a_message_waits_a_minute_for_one_that_comes_first_and_no_longer() {
    let delayed = |name: &str, event: &str, seconds: i64, priority: i32| {
        strategy(json!({
            "name": name,
            "trigger": { "on": "custom", "event": event, "next": "wait" },
            "steps": {
                "wait": { "kind": "delay", "for": format!("{seconds}s"), "next": "tell" },
                "tell": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" }
            },
            "policies": { "priority": priority }
        }))
    };
    for (later, winner) in [(90, "important"), (121, "plain")] {
        let mut stage =
            Stage::with_all([delayed("plain", "shop.first", 60, 0), delayed("important", "shop.second", later, 1)]);
        stage.event(at(0, 1), &ana_identifies(at(0, 1)));
        stage.event(at(10, 0), &says("shop.first", at(10, 0)));
        stage.event(at(10, 0), &says("shop.second", at(10, 0)));
        stage.wait_until(at(20, 0));
        let sent: Vec<&str> =
            ["plain", "important"].into_iter().filter(|name| state_of(&stage, name) != &SKIPPED).collect();
        assert_eq!(sent, [winner], "{later} s");
    }
}

#[test]
fn s20_who_is_capped_takes_the_edge_that_is_drawn_for_them() {
    let mut second = at_once("second", "shop.second", json!({}));
    if let Some(cartwright_domain::strategy::Step::Message(tell)) = second.steps.get_mut("tell") {
        tell.capped = Some("later".into());
    }
    let later = json!({ "kind": "delay", "for": "1h", "next": "done" });
    second.steps.insert("later".into(), serde_json::from_value(later).expect("a step"));
    let mut stage = Stage::with_all([at_once("first", "shop.first", json!({})), second]);
    stage.event(at(0, 1), &ana_identifies(at(0, 1)));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    stage.event(at(11, 0), &says("shop.second", at(11, 0)));
    let run = stage.runs().into_iter().find(|run| run.is_active()).expect("the second run");
    assert_eq!(run.step(), Some("later"));
}

#[test]
fn s10_s20_the_places_of_two_who_are_one_add_up() {
    let mut stage = two(json!({}), json!({}));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    let mut other = Customer::anonymous(ana_of(&stage).id, at(0, 0));
    let mut place = ana_of(&stage).places[0].clone();
    place.run = stage.runs()[0].id;
    place.iteration = 3;
    other.add_places([place.clone(), ana_of(&stage).places[0].clone()]);
    let mut ana = ana_of(&stage).clone();
    ana.absorb(other);
    assert_eq!(ana.places.len(), 2);
}

#[test]
fn s21_no_marketing_within_the_time_after_an_order() {
    let mut stage = two(json!({ "not_after_order": "2d" }), json!({}));
    stage.event(at(10, 0), &order("o1", at(10, 0)));
    stage.event(at(57, 59), &says("shop.first", at(57, 59)));
    assert_eq!(state_of(&stage, "first"), &MessageState::Skipped { reason: SkipReason::OrderedLately });
    stage.event(at(58, 0), &says("shop.first", at(58, 0)));
    assert_eq!(stage.sent_at(), [at(58, 0)]);
}

#[test]
fn s21_the_order_of_a_then_branch_is_exempt() {
    let thanks = |not_after: Value| {
        let mut stage = Stage::with(strategy(json!({
            "name": "Thanks",
            "trigger": { "on": "cart", "settle": "1h", "next": "wait" },
            "exits": [{ "on": "order", "then": "thank" }],
            "steps": {
                "wait": { "kind": "delay", "for": "5h", "next": "done" },
                "thank": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" }
            },
            "policies": not_after
        })));
        stage.event(at(0, 1), &ana_identifies(at(0, 1)));
        stage.event(at(9, 0), &order("earlier", at(9, 0)));
        stage.event(at(12, 0), &cart(at(12, 0), &[("a", 1)]));
        stage.event(at(14, 0), &order("o1", at(14, 0)));
        stage.sent().len()
    };
    assert_eq!(thanks(json!({ "not_after_order": "4h" })), 1, "its own order");
    assert_eq!(thanks(json!({ "not_after_order": "6h" })), 0, "but another one counts");
}

#[test]
fn s20_an_address_takes_its_places_along_to_whoever_has_it_next() {
    let mut stage = two(json!({}), json!({}));
    stage.connect("sms", &[cartwright_domain::contact::AddressKind::Phone]);
    let phone = |moment: Timestamp, customer: &str, email: &str| {
        let mut event = ana_identifies(moment);
        event.id = format!("{customer}-{}", moment.millis());
        event.subject.customer = Some(customer.into());
        event.subject.email = Some(email.into());
        event.subject.cart = None;
        event.subject.phone = Some("+4915112345678".into());
        event.what = What::CustomerUpdated(CustomerBody::default());
        event
    };
    stage.event(at(9, 0), &phone(at(9, 0), "ana", "ana@example.ro"));
    stage.event(at(10, 0), &says("shop.first", at(10, 0)));
    let ana = ana_of(&stage).id;
    let slot = &mut stage.world.customers.get_mut(&ana).expect("Ana").edit().places[0].slots[0];
    slot.address.value = "+4915112345678".into();
    stage.event(at(11, 0), &phone(at(11, 0), "bob", "bob@example.ro"));
    let bob = stage.world.customers.values().find(|entry| entry.value.id != ana).expect("Bob");
    assert_eq!(bob.value.places.len(), 1, "what went to the phone counts for who has it now");
}

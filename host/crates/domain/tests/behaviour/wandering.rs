//! Whatever happens to whoever wanders through a graph of every kind of step: it ends, and nothing happens that must not.

use crate::stage::*;
use cartwright_domain::check::check;
use cartwright_domain::event::{CustomerBody, Event, ReceiptKind, What};
use cartwright_domain::strategy::Strategy;
use cartwright_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use serde_json::json;

/// Asks up to four times, hears what is said, changes the customer, and passes some on.
fn wandering() -> [Strategy; 3] {
    let say = |next: &str| json!({ "kind": "message", "channel": "inbox", "content": "reminder", "next": next });
    let tags = |operator: &str| json!({ "field": "customer.tags", "operator": operator, "value": "asked" });
    [
        strategy(json!({
            "name": "Wandering",
            "trigger": { "on": "cart", "settle": "10m", "next": "ask" },
            "exits": [{ "on": "order", "match": "cart" }],
            "steps": {
                "ask": say("wait"),
                "wait": { "kind": "wait", "timeout": "3h", "otherwise": "again", "for": {
                    "yes": { "event": "click", "button": "yes", "next": "tag" },
                    "no": { "event": "click", "next": "pass" },
                    "read": { "event": "read", "step": "ask", "next": "branch" },
                    "bought": { "event": "order", "next": "list" },
                    "wished": { "event": "custom", "type": "shop.wished", "next": "branch" }
                } },
                "again": { "kind": "repeat", "times": 3, "next": "ask", "then": "pass" },
                "tag": { "kind": "tag", "add": ["asked"], "next": "branch" },
                "branch": { "kind": "condition", "branches": { "new": "day", "old": "again", "no": "again" }, "rules": [
                    { "branch": "old", "rule": { "combinator": "and", "rules": [tags("includes")] } },
                    { "branch": "new", "rule": { "combinator": "and", "rules": [
                        { "field": "orders.count", "operator": "=", "value": 0, "range": { "since": "last_message" } }
                    ] } }
                ] },
                "day": { "kind": "attribute", "set": { "day": "2026-01-02" }, "next": "again" },
                "list": { "kind": "list", "add": ["buyers"], "next": "done" },
                "pass": { "kind": "transfer", "strategy": "Passed on" },
                "done": { "kind": "exit" }
            }
        })),
        strategy(json!({
            "name": "Passed on",
            "trigger": { "on": "reply", "next": "thank" },
            "steps": { "thank": say("done"), "done": { "kind": "exit" } }
        })),
        strategy(json!({
            "name": "On the day",
            "trigger": { "on": "date", "attribute": "day", "yearly": true, "next": "greet" },
            "steps": { "greet": say("done"), "done": { "kind": "exit" } }
        })),
    ]
}

#[derive(Debug, Clone)]
enum Thing {
    Cart(u32),
    Identify,
    Order(u32),
    Custom,
    Click(bool),
    Read,
    Reply,
    Day(u32),
}

fn things() -> impl proptest::strategy::Strategy<Value = Vec<(i64, i64, Thing)>> {
    let thing = prop_oneof![
        3 => (1u32..4).prop_map(Thing::Cart),
        1 => Just(Thing::Identify),
        2 => (0u32..3).prop_map(Thing::Order),
        2 => Just(Thing::Custom),
        3 => any::<bool>().prop_map(Thing::Click),
        2 => Just(Thing::Read),
        1 => Just(Thing::Reply),
        1 => (1u32..4).prop_map(Thing::Day),
    ];
    prop::collection::vec((0i64..20 * 60, 0i64..90, thing), 0..16)
}

fn event_of(stage: &Stage, moment: Timestamp, thing: &Thing) -> Option<Event> {
    let asked = stage.sent().into_iter().filter(|message| message.step == "ask");
    let newest = asked.max_by_key(|message| (message.handed_over_at, message.created_at, message.iteration));
    Some(match thing {
        Thing::Cart(count) => cart(moment, &[("a", *count)]),
        Thing::Identify => ana_identifies(moment),
        Thing::Order(number) => order(&number.to_string(), moment),
        Thing::Custom => custom("shop.wished", moment),
        Thing::Click(yes) => click(if *yes { "yes" } else { "no" }, newest?, moment),
        Thing::Read => receipt(ReceiptKind::Read, newest?, moment),
        Thing::Reply => receipt(ReceiptKind::Replied, newest?, moment),
        Thing::Day(day) => {
            let mut event = ana_identifies(moment);
            event.id = format!("day-{day}-{}", moment.millis());
            let attributes = [("day".to_owned(), json!(format!("1990-01-0{day}")))].into();
            event.what = What::CustomerUpdated(CustomerBody { attributes, ..CustomerBody::default() });
            event
        }
    })
}

fn play(mut things: Vec<(i64, i64, Thing)>, repeats: usize) -> Stage {
    things.sort_by_key(|(minute, late, _)| minute + late);
    let mut stage = Stage::with_all(wandering());
    stage.event(at(7, 0), &ana_identifies(at(7, 0)));
    for (minute, late, thing) in &things {
        let moment = at(8, *minute);
        let received_at = (moment + Span::minutes(*late)).max(stage.now);
        let Some(event) = event_of(&stage, moment, thing) else { continue };
        // Ids are remembered where events come in; what enters anew without settling relies on that.
        let repeats = if matches!(thing, Thing::Reply) { 1 } else { repeats };
        for _ in 0..repeats {
            stage.event(received_at, &event);
            assert_eq!(check(&stage.world), []);
        }
    }
    stage.wait_until(at(100, 0));
    assert_eq!(check(&stage.world), []);
    stage
}

proptest! {
    #[test]
    fn s06_s07_every_run_ends_and_asks_no_more_than_it_may(things in things()) {
        let stage = play(things, 1);
        for run in stage.runs() {
            let waits_for_next_year = run.due_at.is_some_and(|due| due > at(1000, 0));
            prop_assert!(!run.is_active() || waits_for_next_year, "{run:?}");
            let asked = stage.world.messages_of(run.id).filter(|message| message.step == "ask").count();
            prop_assert!(asked <= 4);
        }
    }

    #[test]
    fn s02_s06_the_same_events_twice_change_nothing(things in things()) {
        let (once, twice) = (play(things.clone(), 1), play(things, 2));
        prop_assert_eq!(once.sent_at(), twice.sent_at());
        let ends = |stage: &Stage| {
            let mut ends: Vec<String> = stage.ends().iter().map(|reason| format!("{reason:?}")).collect();
            ends.sort();
            ends
        };
        prop_assert_eq!(ends(&once), ends(&twice));
        let heard = |stage: &Stage| stage.world.customers.values().map(|entry| entry.value.heard.clone()).collect::<Vec<_>>();
        // Messages have other ids in another play, and nothing else differs.
        prop_assert_eq!(heard(&once).len(), heard(&twice).len());
    }
}

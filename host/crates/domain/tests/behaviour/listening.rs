//! Waiting for events (S06), and strategies that begin with what a customer does.

use crate::stage::*;
use cartwright_domain::event::{Event, ReceiptKind, Subject};
use cartwright_domain::message::Message;
use cartwright_domain::run::EndReason;
use cartwright_domain::short_link::ShortLink;
use cartwright_domain::strategy::{Strategy, StrategyState};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::Happening;
use cartwright_domain::world::LiveStrategy;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A strategy that asks at once and waits as `events` say; each branch has a step of its name.
fn asking(events: Value, exits: Value) -> Stage {
    asking_beside(events, exits, None)
}

/// The same beside another strategy.
fn asking_beside(events: Value, exits: Value, other: Option<Strategy>) -> Stage {
    let mut steps = json!({
        "ask": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "wait" },
        "wait": { "kind": "wait", "for": events, "timeout": "6h", "otherwise": "silent" },
        "silent": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
        "done": { "kind": "exit" }
    });
    for awaited in events.as_object().expect("events").values() {
        let step = json!({ "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" });
        steps[awaited["next"].as_str().expect("a step")] = step;
    }
    let asks = strategy(json!({
        "name": "Asking", "trigger": { "on": "cart", "settle": "0s", "next": "ask" }, "steps": steps, "exits": exits
    }));
    let mut stage = Stage::with_all([asks].into_iter().chain(other));
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage
}

fn to_each() -> Value {
    json!({
        "bought": { "event": "order", "next": "bought" },
        "answered": { "event": "reply", "next": "answered" },
        "yes": { "event": "click", "button": "yes", "next": "yes" },
        "other": { "event": "click", "next": "other" },
        "wished": { "event": "custom", "type": "shop.wished", "next": "wished" }
    })
}

fn question(stage: &Stage) -> Message {
    stage.sent()[0].clone()
}

/// Where it went after the question, and when.
fn went(stage: &Stage) -> (String, Timestamp) {
    let after = &stage.sent()[1];
    (after.step.clone(), after.handed_over_at.expect("it was sent"))
}

fn set_state(stage: &mut Stage, state: StrategyState) {
    let mut all: Vec<LiveStrategy> = stage.world.strategies.to_vec();
    all[0].record.state = state;
    stage.world.strategies = all.into();
}

#[test]
fn s06_the_event_that_comes_decides_the_branch_at_once() {
    for branch in ["bought", "answered", "yes", "other", "wished"] {
        let mut stage = asking(to_each(), json!([]));
        let message = question(&stage);
        let event = match branch {
            "bought" => order("1001", at(12, 0)),
            "answered" => receipt(ReceiptKind::Replied, &message, at(12, 0)),
            "yes" => click("yes", &message, at(12, 0)),
            "other" => click("no", &message, at(12, 0)),
            _ => custom("shop.wished", at(12, 0)),
        };
        stage.event(at(12, 0), &event);
        stage.wait_until(at(40, 0));
        assert_eq!(went(&stage), (branch.to_owned(), at(12, 0)));
        let told = stage.told(|what| matches!(what, Happening::Branched { by, .. } if by == "wait"));
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].facts[0].to_string(), "wait.since = 2026-01-01T10:00:00.000Z");
    }
}

#[test]
fn s06_without_any_of_them_it_goes_on_at_the_time_out() {
    let mut stage = asking(to_each(), json!([]));
    stage.event(at(12, 0), &receipt(ReceiptKind::Read, &question(&stage), at(12, 0)));
    stage.event(at(12, 1), &custom("shop.looked", at(12, 1)));
    stage.wait_until(at(40, 0));
    assert_eq!(went(&stage), ("silent".to_owned(), at(16, 0)));
}

#[test]
fn s06_an_event_at_the_very_time_out_still_counts_and_one_after_it_does_not() {
    for (late, branch) in [(0, "wished"), (1, "silent")] {
        let mut stage = asking(to_each(), json!([]));
        let moment = at(16, 0) + Span::from_millis(late);
        stage.event(moment, &custom("shop.wished", moment));
        stage.wait_until(at(40, 0));
        assert_eq!(went(&stage).0, branch);
    }
}

#[test]
fn s06_events_count_from_the_completion_of_the_step_before() {
    for (moment, branch) in [(at(9, 59), "silent"), (at(10, 0), "wished")] {
        let mut stage = asking(to_each(), json!([]));
        // Told late, as such events are.
        stage.event(at(11, 0), &custom("shop.wished", moment));
        stage.wait_until(at(40, 0));
        assert_eq!(went(&stage).0, branch, "{moment}");
    }
}

#[test]
fn s06_what_was_heard_before_the_run_came_to_its_wait_counts_by_its_own_time() {
    let later = strategy(json!({
        "name": "Later",
        "trigger": { "on": "cart", "settle": "0s", "next": "delay" },
        "steps": {
            "delay": { "kind": "delay", "for": "2h", "next": "wait" },
            "wait": { "kind": "wait", "for": { "wished": { "event": "custom", "type": "shop.wished", "next": "wished" } },
                      "timeout": "6h", "otherwise": "done" },
            "wished": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "exits": []
    }));
    for (moment, sent) in [(at(11, 59), 0), (at(12, 0), 1), (at(12, 30), 1)] {
        let mut stage = Stage::with(later.clone());
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        // While it is paused the run stands at its delay, which was over at 12:00.
        set_state(&mut stage, StrategyState::Paused);
        stage.event(at(12, 40), &custom("shop.wished", moment));
        stage.wait_until(at(13, 0));
        set_state(&mut stage, StrategyState::Live);
        stage.wait_until(at(40, 0));
        assert_eq!(stage.sent().len(), sent, "{moment}");
    }
}

#[test]
fn s06_a_receipt_told_in_whole_seconds_is_not_before_its_message() {
    let mut stage = asking(json!({ "read": { "event": "read", "next": "read" } }), json!([]));
    let message = question(&stage);
    let left = message.handed_over_at.expect("it left");
    stage.event(at(10, 1), &receipt(ReceiptKind::Read, &message, left - Span::from_millis(900)));
    stage.wait_until(at(10, 2));
    assert_eq!(went(&stage).0, "read");
}

#[test]
fn s06_reading_says_that_it_was_delivered_and_answering_that_it_was_read() {
    for (awaited, kind, hit) in [
        ("delivered", ReceiptKind::Read, true),
        ("read", ReceiptKind::Replied, true),
        ("read", ReceiptKind::Delivered, false),
        ("reply", ReceiptKind::Clicked, false),
        ("reply", ReceiptKind::OptedOut, false),
    ] {
        let mut stage = asking(json!({ "hit": { "event": awaited, "next": "hit" } }), json!([]));
        stage.event(at(11, 0), &receipt(kind, &question(&stage), at(11, 0)));
        let position = stage.run().step().map(str::to_owned);
        assert_eq!(position.as_deref() != Some("wait"), hit, "{kind:?} for {awaited}");
    }
}

#[test]
fn s06_a_reaction_counts_for_the_run_and_the_step_whose_message_it_is_to() {
    let events = json!({ "ours": { "event": "click", "step": "ask", "next": "ours" } });
    let mut stage = asking(events, json!([]));
    let own = question(&stage);
    let mut foreign = own.clone();
    foreign.id = "00000000-0000-5000-8000-000000000001".parse().expect("an id");
    foreign.provider_id = Some("foreign".into());
    foreign.run = "00000000-0000-7000-8000-000000000002".parse().expect("an id");
    stage.world.messages.insert(foreign.id, cartwright_domain::world::Entry::new(foreign.clone()));
    stage.event(at(11, 0), &click("yes", &foreign, at(11, 0)));
    assert_eq!(stage.run().step(), Some("wait"), "another run's message");
    stage.event(at(12, 0), &click("yes", &own, at(12, 0)));
    assert_eq!(stage.run().step(), None, "it went on and is over");
}

#[test]
fn s06_an_answer_to_nothing_in_particular_is_to_the_newest_message_on_that_channel() {
    for (event, hit) in [(reply_by("ana@example.ro", at(11, 0)), true), (reply_by("bo@example.ro", at(11, 0)), false)] {
        let events = json!({ "answered": { "event": "reply", "step": "ask", "next": "answered" } });
        let mut stage = asking(events, json!([]));
        stage.event(at(11, 0), &event);
        assert_eq!(stage.run().step() != Some("wait"), hit);
    }
}

#[test]
fn s06_s08_an_exit_comes_before_a_wait_for_an_order() {
    let mut stage = asking(to_each(), json!([{ "on": "order" }]));
    stage.event(at(12, 0), &order("1001", at(12, 0)));
    stage.wait_until(at(40, 0));
    assert_eq!(stage.ends(), [EndReason::Converted]);
    assert_eq!(stage.sent().len(), 1);
}

#[test]
fn s06_a_run_does_not_wait_for_the_event_that_began_it() {
    let again = strategy(json!({
        "name": "Again",
        "trigger": { "on": "custom", "event": "shop.wished", "next": "wait" },
        "steps": {
            "wait": { "kind": "wait", "for": { "again": { "event": "custom", "type": "shop.wished", "next": "say" } },
                      "timeout": "1h", "otherwise": "done" },
            "say": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        }
    }));
    for (second, sent) in [(None, 0), (Some(at(10, 30)), 1)] {
        let mut stage = Stage::with(again.clone());
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        stage.event(at(10, 0), &custom("shop.wished", at(10, 0)));
        if let Some(second) = second {
            stage.event(second, &custom("shop.wished", second));
        }
        stage.wait_until(at(20, 0));
        assert_eq!(stage.sent().len(), sent);
    }
}

#[test]
fn s06_one_event_ends_one_wait() {
    let twice = || {
        let wait = |next: &str| {
            let answered = json!({ "event": "reply", "next": next });
            json!({ "kind": "wait", "for": { "answered": answered }, "timeout": "6h", "otherwise": "done" })
        };
        let mut stage = Stage::with(strategy(json!({
            "name": "Twice", "trigger": { "on": "cart", "settle": "0s", "next": "ask" }, "exits": [],
            "steps": {
                "ask": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "first" },
                "first": wait("second"),
                "second": wait("thank"),
                "thank": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" }
            }
        })));
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.event(at(11, 0), &receipt(ReceiptKind::Replied, &question(&stage), at(11, 0)));
        assert_eq!(stage.run().step(), Some("second"));
        stage
    };
    let mut stage = twice();
    stage.wait_until(at(40, 0));
    assert_eq!(stage.sent().len(), 1);
    // Another one of the very same moment is another event.
    let mut stage = twice();
    let mut again = receipt(ReceiptKind::Replied, &question(&stage), at(11, 0));
    again.id = "again".into();
    stage.event(at(12, 0), &again);
    stage.wait_until(at(40, 0));
    assert_eq!(stage.sent_at(), [at(10, 0), at(12, 0)]);
}

#[test]
fn s06_s10_what_somebody_did_before_they_said_who_they_are_counts_too() {
    let mut stage = asking(to_each(), json!([]));
    let mut anonymous = custom("shop.wished", at(11, 0));
    anonymous.subject = Subject { anonymous: Some("browser".into()), ..Subject::default() };
    stage.event(at(11, 0), &anonymous);
    assert_eq!(stage.run().step(), Some("wait"));
    let mut identify = ana_identifies(at(12, 0));
    identify.subject.anonymous = Some("browser".into());
    stage.event(at(12, 0), &identify);
    stage.wait_until(at(20, 0));
    assert_eq!(went(&stage), ("wished".to_owned(), at(12, 0)));
}

#[test]
fn s06_what_is_kept_of_a_customer_is_bounded() {
    let mut stage = asking(to_each(), json!([]));
    set_state(&mut stage, StrategyState::Paused);
    for minute in 0..30 {
        stage.event(at(11, minute), &custom("shop.wished", at(11, minute)));
        stage.event(at(12, minute), &custom("shop.unheard", at(12, minute)));
    }
    let customer = stage.world.customers.values().next().expect("Ana");
    let kept: Vec<Timestamp> = customer.value.heard.iter().map(|heard| heard.at).collect();
    assert_eq!(kept, (22..30).map(|minute| at(11, minute)).collect::<Vec<_>>());
}

fn starting(trigger: Value) -> Stage {
    let mut rule = json!({ "next": "thank" });
    rule.as_object_mut().expect("a trigger").extend(trigger.as_object().expect("fields").clone());
    let mut stage = Stage::with_all([
        strategy(json!({
            "name": "Thanks", "trigger": rule,
            // No advertising, which would count for the cap of the reminder before it.
            "contents": [{ "name": "reminder", "purpose": "transactional",
                           "variants": [{ "channel": "inbox", "body": { "text": "Thanks" } }] }],
            "steps": {
                "thank": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
                "done": { "kind": "exit" }
            }
        })),
        reminder(),
    ]);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    stage
}

fn thanks(stage: &Stage) -> Vec<Timestamp> {
    let thanks = stage.sent().into_iter().filter(|message| message.step == "thank");
    thanks.filter_map(|message| message.handed_over_at).collect()
}

#[test]
fn a_strategy_may_begin_with_an_answer() {
    let mut stage = starting(json!({ "on": "reply" }));
    stage.event(at(15, 0), &receipt(ReceiptKind::Read, &question(&stage), at(15, 0)));
    stage.event(at(15, 1), &click("yes", &question(&stage), at(15, 1)));
    assert!(thanks(&stage).is_empty());
    stage.event(at(15, 2), &reply_by("ana@example.ro", at(15, 2)));
    assert_eq!(thanks(&stage), [at(15, 2)]);
}

#[test]
fn a_strategy_may_begin_with_a_click_on_one_button_or_any() {
    for (trigger, expected) in [
        (json!({ "on": "click" }), vec![at(15, 0), at(15, 1)]),
        (json!({ "on": "click", "button": "yes" }), vec![at(15, 1)]),
    ] {
        let mut stage = starting(trigger);
        for (minute, button) in [(0, "no"), (1, "yes")] {
            stage.event(at(15, minute), &click(button, &question(&stage), at(15, minute)));
        }
        assert_eq!(thanks(&stage), expected);
    }
}

#[test]
fn whoever_writes_first_becomes_a_customer_and_begins_what_begins_with_a_reply() {
    let mut stage = starting(json!({ "on": "reply" }));
    stage.event(at(15, 0), &reply_by("+4915112345678", at(15, 0)));
    let new = stage.world.customers.values().find(|entry| entry.value.phone.is_some()).expect("a customer");
    let (id, told) = (new.value.id, stage.runs().iter().filter(|run| run.customer == new.value.id).count());
    assert_eq!(told, 1, "one run of {id}");
    let mut other = starting(json!({ "on": "click" }));
    other.event(at(15, 0), &reply_by("+4915112345678", at(15, 0)));
    assert_eq!(other.world.customers.len(), 2, "what they wrote is kept, so they are known");
    let new = other.world.customers.values().find(|entry| entry.value.phone.is_some()).expect("a customer");
    assert!(other.runs().iter().all(|run| run.customer != new.value.id), "nobody waits for strangers");
}

proptest! {
    #[test]
    fn s06_the_same_events_lead_the_same_way_in_whatever_order_they_come(
        minutes in prop::collection::vec((0i64..500, 0usize..4), 1..12),
        shuffled in any::<prop::sample::Index>(),
    ) {
        let play = |turn: usize| {
            let mut stage = asking(to_each(), json!([]));
            // Nothing goes on before everything is in.
            set_state(&mut stage, StrategyState::Paused);
            let message = question(&stage);
            let mut events: Vec<Event> = minutes.iter().map(|(minute, what)| {
                let moment = at(9, 50) + Span::minutes(*minute);
                match what {
                    0 => order(&format!("o{minute}"), moment),
                    1 => click("yes", &message, moment),
                    2 => receipt(ReceiptKind::Replied, &message, moment),
                    _ => custom("shop.wished", moment),
                }
            }).collect();
            events.rotate_left(turn);
            if turn % 2 == 1 {
                events.reverse();
            }
            for event in &events {
                stage.event(at(20, 0), event);
            }
            set_state(&mut stage, StrategyState::Live);
            stage.wait_until(at(40, 0));
            let told = stage.told(|what| matches!(what, Happening::Branched { .. }));
            told[0].what.clone()
        };
        prop_assert_eq!(play(0), play(shuffled.index(minutes.len())));
        prop_assert_eq!(play(0), play(minutes.len() - 1));
    }
}

/// A strategy that begins with every click, and a question of another one with a short link.
fn with_a_link() -> (Stage, Message, ShortLink) {
    let thanks = strategy(json!({
        "name": "Thanks", "trigger": { "on": "click", "next": "thank" },
        "steps": {
            "thank": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        }
    }));
    let mut stage = asking_beside(to_each(), json!([]), Some(thanks));
    let message = question(&stage);
    let url = "https://shop.example/cart".to_owned();
    let link = ShortLink::new(&[1; 32], message.id, &url, url.clone(), Some("yes".into()));
    stage.world.messages.get_mut(&message.id).expect("it was sent").edit().add_links(std::slice::from_ref(&link));
    (stage, message, link)
}

fn begun(stage: &Stage) -> usize {
    stage
        .world
        .runs
        .values()
        .filter(|entry| entry.value.trigger.event_id.as_deref().is_some_and(|id| id.contains("lick")))
        .count()
}

#[test]
fn s06_a_short_link_is_a_button_of_its_name() {
    let (mut stage, message, link) = with_a_link();
    stage.event(at(12, 0), &follow(&link, &message, at(12, 0)));
    stage.wait_until(at(40, 0));
    assert_eq!(went(&stage), ("yes".to_owned(), at(12, 0)));
    let counted = &stage.world.messages[&message.id].value;
    assert!(counted.clicked && counted.receipt == Some(ReceiptKind::Clicked));
    let link = &counted.links[0];
    assert_eq!((link.clicks, link.first_click_at, link.last_click_at), (1, Some(at(12, 0)), Some(at(12, 0))));
}

#[test]
fn s30_a_click_that_the_provider_tells_as_well_is_one_click() {
    for told in [Some("https://carts.example/l/{}"), None] {
        let (mut stage, message, link) = with_a_link();
        stage.event(at(12, 0), &follow(&link, &message, at(12, 0)));
        let moment = at(12, 0) + Span::seconds(2);
        let event = match told {
            Some(address) => click(&address.replace("{}", &link.token), &message, moment),
            None => receipt(ReceiptKind::Clicked, &message, moment),
        };
        stage.event(moment, &event);
        assert_eq!(stage.world.messages[&message.id].value.links[0].clicks, 1);
        assert_eq!(begun(&stage), 1, "{told:?}");
    }
}

#[test]
fn s30_another_click_that_only_the_provider_saw_counts() {
    let (mut stage, message, link) = with_a_link();
    stage.event(at(12, 0), &follow(&link, &message, at(12, 0)));
    stage.wait_until(at(13, 0));
    stage.event(at(13, 0), &receipt(ReceiptKind::Clicked, &message, at(13, 0)));
    assert_eq!(begun(&stage), 2);
}

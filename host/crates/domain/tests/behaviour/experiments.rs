//! Splits and hold-outs (S16) on a stage.

use crate::stage::*;
use cartwright_domain::message::MessageState;
use cartwright_domain::run::EndReason;
use cartwright_domain::split::Assignment;
use cartwright_domain::strategy::Strategy;
use cartwright_domain::trace::Happening;
use serde_json::{Value, json};

fn split(a: u32, b: u32) -> Strategy {
    strategy(json!({
        "name": "Split",
        "trigger": { "on": "cart", "settle": "0s", "next": "split" },
        "steps": {
            "split": { "kind": "split", "arms": {
                "a": { "weight": a, "next": "by-a" }, "b": { "weight": b, "next": "by-b" }
            } },
            "by-a": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "by-b": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        }
    }))
}

fn played(strategy: Strategy) -> Stage {
    let mut stage = Stage::with(strategy);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage
}

#[test]
fn s16_an_arm_is_stored_at_its_first_assignment() {
    let stage = played(split(0, 1));
    assert_eq!(stage.sent()[0].step, "by-b");
    let customer = &stage.world.customers[&stage.run().customer].value;
    let kept: Vec<&Assignment> = customer.experiments.values().collect();
    assert_eq!(kept, [&Assignment { arm: "b".into(), at: at(10, 0) }]);
    let told = stage.told(|what| matches!(what, Happening::Branched { by, .. } if by == "split"));
    assert_eq!(told.len(), 1);
}

#[test]
fn s16_whoever_has_an_arm_keeps_it_whatever_the_weights_are_now() {
    let mut stage = Stage::with(split(1, 0));
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    let strategy = stage.world.strategies[0].record.id;
    let customer = stage.world.customers.values_mut().next().expect("Ana").edit();
    customer.experiments.insert(format!("{strategy}/split"), Assignment { arm: "b".into(), at: at(1, 0) });
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    assert_eq!(stage.sent()[0].step, "by-b");
}

#[test]
fn s10_s16_of_two_arms_the_older_one_wins() {
    for (hers, the_others, stays) in [(at(1, 0), at(2, 0), "mine"), (at(2, 0), at(1, 0), "theirs")] {
        let mut stage = Stage::with(reminder());
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        stage.event(at(10, 0), &cart_of("c2", at(10, 0), &[("b", 1)]));
        for entry in stage.world.customers.values_mut() {
            let (arm, at) = if entry.value.email.is_some() { ("mine", hers) } else { ("theirs", the_others) };
            entry.edit().experiments.insert("x".into(), Assignment { arm: arm.into(), at });
        }
        let mut identify = ana_identifies(at(12, 0));
        identify.subject.cart = Some("c2".into());
        stage.event(at(12, 0), &identify);
        let customers: Vec<_> = stage.world.customers.values().collect();
        assert_eq!((customers.len(), customers[0].value.experiments["x"].arm.as_str()), (1, stays));
    }
}

/// Two messages; the first is held out from so many percent of customers, by its step or by the strategy.
fn holding_out(of_step: Option<u32>, of_strategy: Option<u32>) -> Strategy {
    let first: Value = json!({
        "kind": "message", "channel": "inbox", "content": "reminder", "hold_out": of_step, "next": "wait"
    });
    strategy(json!({
        "name": "Holding out",
        "trigger": { "on": "cart", "settle": "0s", "next": "first" },
        "steps": {
            "first": first,
            "wait": { "kind": "delay", "for": "2h", "next": "sent" },
            "sent": { "kind": "condition", "branches": { "yes": "second", "no": "done" }, "rule": {
                "combinator": "and", "rules": [{ "field": "run.messages_sent", "operator": "=", "value": 1 }]
            } },
            "second": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "policies": { "hold_out": of_strategy }
    }))
}

#[test]
fn s16_a_hold_out_is_recorded_at_its_check_and_the_run_goes_on_as_if_sent() {
    let mut stage = played(holding_out(Some(100), None));
    assert_eq!(stage.message().state, MessageState::HeldOut);
    assert_eq!((stage.message().created_at, stage.message().due_at, stage.message().attempts), (at(10, 0), None, 0));
    stage.wait_until(at(20, 0));
    assert_eq!(stage.sent_at(), [at(12, 0)], "only the second");
    let told = stage.told(|what| matches!(what, Happening::HeldOut { .. }));
    assert!(told[0].facts.iter().any(|fact| fact.to_string() == "hold_out.step = held_out"), "{:?}", told[0].facts);
}

#[test]
fn s16_a_strategy_s_hold_out_is_from_all_its_marketing() {
    let mut stage = played(holding_out(None, Some(100)));
    stage.wait_until(at(20, 0));
    let states: Vec<&MessageState> = stage.world.messages.values().map(|entry| &entry.value.state).collect();
    assert_eq!(states, [&MessageState::HeldOut, &MessageState::HeldOut]);
    assert_eq!(stage.ends(), [EndReason::Completed]);
    let mut stage = played(holding_out(Some(0), Some(0)));
    stage.wait_until(at(20, 0));
    assert_eq!(stage.sent().len(), 2);
}

#[test]
fn s16_who_could_not_be_sent_anything_is_skipped_and_not_held_out() {
    let mut stage = Stage::with(holding_out(Some(100), None));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    assert!(matches!(stage.message().state, MessageState::Skipped { .. }), "{:?}", stage.message().state);
}

#[test]
fn s16_what_is_not_marketing_is_never_held_out() {
    let mut definition = holding_out(Some(100), Some(100));
    definition.contents[0].purpose = cartwright_domain::message::Purpose::Transactional;
    let mut stage = played(definition);
    stage.wait_until(at(20, 0));
    assert_eq!(stage.sent().len(), 2);
}

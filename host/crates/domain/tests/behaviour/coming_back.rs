//! Coming back (S07), and a cart that becomes a checkout (S09), on a stage.

use crate::stage::*;
use cartwright_domain::check::check;
use cartwright_domain::event::Event;
use cartwright_domain::run::{EndReason, Position, Run};
use cartwright_domain::strategy::{Strategy, StrategyState};
use cartwright_domain::time::{Span, Timestamp};
use serde_json::{Value, json};

/// A reminder by cart or checkout that ends an hour after it settled.
fn reminding(on: &str, policies: Value) -> Strategy {
    strategy(json!({
        "name": on,
        "trigger": { "on": on, "settle": "1h", "next": "remind" },
        "steps": {
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "wait" },
            "wait": { "kind": "delay", "for": "1h", "next": "done" },
            "done": { "kind": "exit" }
        },
        "policies": policies
    }))
}

fn known(strategies: impl IntoIterator<Item = Strategy>) -> Stage {
    let mut stage = Stage::with_all(strategies);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage
}

fn happens(stage: &mut Stage, event: impl Fn(Timestamp) -> Event, moment: Timestamp) {
    stage.event(moment, &event(moment));
}

fn adds(pieces: u32) -> impl Fn(Timestamp) -> Event {
    move |moment| cart(moment, &[("a", pieces)])
}

fn runs_of<'a>(stage: &'a Stage, name: &str) -> Vec<&'a Run> {
    let live = stage.world.strategies.iter().find(|live| live.record.name == name).expect("the strategy");
    stage.runs().into_iter().filter(|run| run.strategy == live.record.id).collect()
}

fn why(run: &Run) -> Option<EndReason> {
    match run.position {
        Position::Ended { reason, .. } => Some(reason),
        _ => None,
    }
}

#[test]
fn s07_who_has_been_through_comes_back_as_the_strategy_says() {
    // The first run begins at 10:00 and ends at 12:00.
    let cooldown = json!({ "cooldown": "24h" });
    for (reentry, moment, comes_back) in [
        (json!("always"), at(12, 1), true),
        (json!("once_ever"), at(2_000, 0), false),
        (json!("once_per_key"), at(2_000, 0), false),
        (cooldown.clone(), at(36, 0) - Span::from_millis(1), false),
        (cooldown, at(36, 0), true),
    ] {
        let mut stage = known([reminding("cart", json!({ "reentry": reentry }))]);
        happens(&mut stage, adds(1), at(10, 0));
        happens(&mut stage, adds(2), moment);
        assert_eq!(stage.runs().len() == 2, comes_back, "{reentry} at {moment}");
    }
}

#[test]
fn s07_once_per_key_lets_another_cart_in_but_never_the_same() {
    let mut strategy = reminding("cart", json!({ "reentry": "once_per_key" }));
    strategy.trigger.key = cartwright_domain::strategy::KeyKind::Cart;
    let mut stage = known([strategy]);
    happens(&mut stage, adds(1), at(10, 0));
    happens(&mut stage, adds(2), at(20, 0));
    assert_eq!(stage.runs().len(), 1);
    let mut other = cart_of("c2", at(21, 0), &[("b", 1)]);
    other.subject.customer = Some("ana".into());
    stage.event(at(21, 0), &other);
    assert_eq!(stage.runs().len(), 2);
}

#[test]
fn s07_a_trigger_after_settling_changes_nothing_or_begins_anew() {
    for (on_retrigger, ends) in [("ignore", &[][..]), ("restart", &[EndReason::Restarted][..])] {
        let mut stage = known([reminding("cart", json!({ "on_retrigger": on_retrigger }))]);
        happens(&mut stage, adds(1), at(10, 0));
        happens(&mut stage, adds(2), at(11, 30));
        assert_eq!(stage.ends(), ends, "{on_retrigger}");
        assert_eq!(stage.runs().len(), 1 + ends.len());
        let told_late = cart(at(10, 30), &[("a", 3), ("b", 1)]);
        stage.event(at(11, 40), &told_late);
        assert_eq!(stage.runs().len(), 1 + ends.len(), "an older trigger restarts nothing");
        assert_eq!(check(&stage.world), []);
    }
}

#[test]
fn s07_s10_two_who_are_one_remember_together() {
    use cartwright_domain::customer::Customer;
    let mut stage = known([reminding("cart", json!({ "reentry": { "cooldown": "24h" } }))]);
    happens(&mut stage, adds(1), at(10, 0));
    stage.wait_until(at(13, 0));
    let ana = &stage.world.customers.values().next().expect("Ana").value;
    let mut other = Customer::anonymous(ana.id, at(0, 0));
    other.absorb(ana.clone());
    other.absorb(ana.clone());
    let past = other.past.values().next().expect("a past");
    assert_eq!((past.runs, past.ended_at), (2, Some(at(12, 0))));
}

fn both() -> Stage {
    known([reminding("cart", json!({})), reminding("checkout", json!({}))])
}

#[test]
fn s09_a_cart_s_run_leaves_when_a_checkout_s_begins() {
    let mut stage = both();
    happens(&mut stage, adds(1), at(10, 0));
    happens(&mut stage, |moment| checkout(moment, &[("a", 1)]), at(10, 30));
    assert_eq!(why(runs_of(&stage, "cart")[0]), Some(EndReason::Advanced));
    stage.wait_until(at(40, 0));
    assert_eq!(stage.sent_at(), [at(11, 30)]);
    assert_eq!(check(&stage.world), []);
}

#[test]
fn s09_at_checkout_the_cart_restarts_its_settling_and_enters_no_cart_strategy() {
    let mut stage = both();
    happens(&mut stage, |moment| checkout(moment, &[("a", 1)]), at(10, 0));
    happens(&mut stage, adds(2), at(10, 40));
    assert_eq!(runs_of(&stage, "cart").len(), 0);
    assert_eq!(runs_of(&stage, "checkout")[0].due_at, Some(at(11, 40)));
    happens(&mut stage, adds(3), at(12, 0));
    assert_eq!(runs_of(&stage, "cart").len(), 0, "nor once it has settled");
    stage.wait_until(at(14, 0));
    happens(&mut stage, adds(4), at(15, 0));
    assert_eq!(runs_of(&stage, "cart").len(), 1, "but after its end");
}

#[test]
fn s09_a_checkout_strategy_that_refuses_entry_leaves_the_cart_s_run_alone() {
    let mut stage = both();
    let closed = stage.world.strategies.iter().cloned().map(|mut live| {
        if live.record.name == "checkout" {
            live.record.state = StrategyState::Closed;
        }
        live
    });
    let closed: Vec<_> = closed.collect();
    stage.world.strategies = closed.into();
    happens(&mut stage, adds(1), at(10, 0));
    happens(&mut stage, |moment| checkout(moment, &[("a", 1)]), at(10, 30));
    assert_eq!(why(runs_of(&stage, "cart")[0]), None);

    let mut once = reminding("checkout", json!({ "reentry": "once_ever" }));
    once.name = "checkout".into();
    let mut stage = known([reminding("cart", json!({})), once]);
    happens(&mut stage, |moment| checkout(moment, &[("a", 1)]), at(10, 0));
    stage.wait_until(at(13, 0));
    happens(&mut stage, adds(2), at(14, 0));
    happens(&mut stage, |moment| checkout(moment, &[("a", 3)]), at(14, 10));
    assert_eq!(why(runs_of(&stage, "cart")[0]), None, "it has been through the checkout's before");
}

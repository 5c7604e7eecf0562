//! Steps that change the customer, go round again, or pass on to another strategy; conditions of several branches.

use crate::stage::*;
use cartwright_domain::check::check;
use cartwright_domain::contact::ConsentState;
use cartwright_domain::customer::Customer;
use cartwright_domain::event::{CustomerBody, ReceiptKind, What};
use cartwright_domain::message::{Details, MessageState, Outcome, Rejection, RejectionClass, SkipReason};
use cartwright_domain::run::EndReason;
use cartwright_domain::strategy::{Strategy, StrategyState};
use cartwright_domain::time::{Span, Timestamp};
use cartwright_domain::trace::{Happening, TraceEntry};
use cartwright_domain::world::LiveStrategy;
use serde_json::{Value, json};

/// A strategy that begins at once with these steps; `say` sends, `done` ends.
fn doing(name: &str, steps: Value) -> Strategy {
    let mut all = json!({
        "say": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
        "done": { "kind": "exit" }
    });
    all.as_object_mut().expect("steps").extend(steps.as_object().expect("steps").clone());
    strategy(json!({
        "name": name, "trigger": { "on": "cart", "settle": "0s", "next": "first" }, "steps": all, "exits": []
    }))
}

fn play(strategies: impl IntoIterator<Item = Strategy>) -> Stage {
    let mut stage = Stage::with_all(strategies);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(40, 0));
    assert_eq!(check(&stage.world), []);
    stage
}

fn customer(stage: &Stage) -> &Customer {
    &stage.world.customers.values().next().expect("Ana").value
}

/// Ana's record says this of her.
fn record(stage: &mut Stage, moment: Timestamp, body: CustomerBody) {
    let mut event = ana_identifies(moment);
    event.id = format!("record-{}", moment.millis());
    event.what = What::CustomerUpdated(body);
    stage.event(moment, &event);
}

fn leaf(field: &str, operator: &str, value: Value) -> Value {
    json!({ "combinator": "and", "rules": [{ "field": field, "operator": operator, "value": value }] })
}

#[test]
fn s11_the_first_rule_that_says_yes_takes_its_branch() {
    let by = |tags: &[&str], unknown: bool| {
        let mut branches = json!({ "vip": "vip", "fan": "fan", "no": "no" });
        if unknown {
            branches["unknown"] = json!("unknown");
        }
        let say = json!({ "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" });
        let mut stage = Stage::with(doing(
            "Branching",
            json!({
                "first": { "kind": "condition", "branches": branches, "rules": [
                    { "branch": "vip", "rule": leaf("customer.tags", "includes", json!("vip")) },
                    { "branch": "vip", "rule": leaf("customer.attributes.points", ">=", json!(100)) },
                    { "branch": "fan", "rule": leaf("customer.tags", "includes", json!("fan")) }
                ] },
                "vip": say, "fan": say, "no": say, "unknown": say
            }),
        ));
        stage.event(at(9, 0), &ana_identifies(at(9, 0)));
        let tags = Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
        record(&mut stage, at(9, 1), CustomerBody { tags, ..CustomerBody::default() });
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.message().step.clone()
    };
    assert_eq!(by(&["vip", "fan"], true), "vip");
    assert_eq!(by(&["fan"], true), "fan", "what is not known hides nothing behind it");
    assert_eq!(by(&[], true), "unknown");
    assert_eq!(by(&[], false), "no");
}

#[test]
fn a_tag_is_there_for_the_very_next_step_and_stays_when_a_source_tells_all_of_its_own() {
    let mut stage = play([doing(
        "Tagging",
        json!({
            "first": { "kind": "tag", "add": ["reached", "new"], "next": "ask" },
            "ask": { "kind": "condition", "rule": leaf("customer.tags", "includes", json!("reached")),
                     "branches": { "yes": "less", "no": "done" } },
            "less": { "kind": "tag", "remove": ["new"], "next": "say" }
        }),
    )]);
    assert_eq!(stage.sent_at(), [at(10, 0)]);
    let tags = Some(vec!["b2b".to_owned()]);
    record(&mut stage, at(41, 0), CustomerBody { tags, ..CustomerBody::default() });
    assert_eq!(customer(&stage).tags.iter().collect::<Vec<_>>(), ["b2b", "reached"]);
    let told = stage.told(|what| matches!(what, Happening::Changed { .. }));
    let text = serde_json::to_string(told[0]).expect("JSON");
    assert!(text.contains(r#""what":"changed","change":"tags","add":["new","reached"]"#), "{text}");
    assert_eq!(&serde_json::from_str::<TraceEntry>(&text).expect("a line of a trace"), told[0]);
}

#[test]
fn attributes_and_lists_are_set_and_taken_back() {
    let mut steps = json!({
        "first": { "kind": "attribute", "set": { "stage": "won", "points": 3, "old": null }, "next": "on" },
        "on": { "kind": "list", "add": ["winners", "all"], "next": "off" },
        "off": { "kind": "list", "remove": ["all", "losers"], "next": "done" }
    });
    let stage = play([doing("Setting", steps.clone())]);
    let ana = customer(&stage);
    assert_eq!(json!(ana.attributes), json!({ "stage": "won", "points": 3 }));
    assert_eq!(ana.lists.iter().collect::<Vec<_>>(), ["winners"]);
    steps["off"]["next"] = json!("ask");
    steps["ask"] = json!({ "kind": "attribute", "set": { "stage": null }, "next": "done" });
    assert_eq!(json!(customer(&play([doing("Setting", steps)])).attributes), json!({ "points": 3 }));
}

#[test]
fn s05_an_attribute_that_a_step_sets_moves_the_waits_for_it() {
    let waits = doing(
        "Waits",
        json!({
            "first": { "kind": "delay", "next": "say", "until":
                       { "attribute": { "name": "day", "at": "12:00", "otherwise": "other" } } },
            "other": { "kind": "delay", "for": "30d", "next": "done" }
        }),
    );
    let mut sets = doing(
        "Sets",
        json!({
            "first": { "kind": "delay", "for": "1h", "next": "set" },
            "set": { "kind": "attribute", "set": { "day": "2026-01-02" }, "next": "done" }
        }),
    );
    sets.trigger.settle = Some(Span::ZERO);
    let mut stage = Stage::with_all([waits, sets]);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    let attributes = [("day".to_owned(), json!("2026-01-20"))].into();
    record(&mut stage, at(9, 1), CustomerBody { attributes, ..CustomerBody::default() });
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(48, 0));
    assert_eq!(stage.sent_at(), [at(36, 0)]);
}

#[test]
fn a_repeat_leads_back_so_often_and_then_goes_on() {
    let stage = play([doing(
        "Rounds",
        json!({
            "first": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "wait" },
            "wait": { "kind": "delay", "for": "2h", "next": "again" },
            "again": { "kind": "repeat", "times": 2, "next": "first", "then": "say" }
        }),
    )]);
    assert_eq!(stage.sent_at(), [at(10, 0), at(12, 0), at(14, 0), at(16, 0)]);
    assert_eq!(stage.sent().iter().map(|message| message.iteration).collect::<Vec<_>>(), [0, 1, 2, 0]);
    assert_eq!(stage.ends(), [EndReason::Completed]);
}

#[test]
fn a_repeat_without_any_wait_ends_too_even_one_within_another() {
    let mut nobody = doing(
        "Rounds",
        json!({
            "first": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "inner" },
            "inner": { "kind": "repeat", "times": 3, "next": "first", "then": "outer" },
            "outer": { "kind": "repeat", "times": 2, "next": "first", "then": "done" }
        }),
    );
    nobody.policies.max_lateness = Span::minutes(1);
    let mut stage = Stage::with(nobody);
    // Nobody is behind the cart, so every message is skipped at once.
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    assert_eq!(stage.ends(), [EndReason::Completed]);
    assert_eq!(stage.world.messages.len(), 6, "each repeat leads back so often in all");
    assert_eq!(check(&stage.world), []);
}

fn passing(to: &str) -> Strategy {
    doing("Passing", json!({ "first": { "kind": "transfer", "strategy": to } }))
}

/// A strategy that nothing begins but a transfer.
fn taking(first: Value) -> Strategy {
    let mut taking = doing("Taking", json!({ "first": first }));
    taking.trigger =
        serde_json::from_value(json!({ "on": "custom", "event": "shop.never", "next": "first" })).expect("it");
    taking
}

#[test]
fn a_transfer_begins_the_other_strategy_at_its_first_step() {
    let stage = play([passing("Taking"), taking(json!({ "kind": "delay", "for": "1h", "next": "say" }))]);
    assert_eq!(stage.sent_at(), [at(11, 0)]);
    let mut ends = stage.ends();
    ends.sort_by_key(|reason| format!("{reason:?}"));
    assert_eq!(ends, [EndReason::Completed, EndReason::Transferred]);
    let told = stage.told(|what| matches!(what, Happening::Transferred { refused: None, run: Some(_), .. }));
    assert_eq!(told.len(), 1);
}

#[test]
fn a_transfer_needs_a_live_strategy_that_the_customer_is_not_in() {
    let wait = || json!({ "kind": "delay", "for": "1h", "next": "say" });
    let refused = |stage: &Stage| {
        let told = stage.told(|what| matches!(what, Happening::Transferred { .. }));
        told.iter()
            .filter_map(|entry| match &entry.what {
                Happening::Transferred { refused, .. } => Some(refused.clone().unwrap_or_default()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    let stage = play([passing("Nothing")]);
    assert_eq!(
        (refused(&stage), stage.ends()),
        (vec!["there is no such strategy".into()], vec![EndReason::Transferred])
    );

    let mut stage = Stage::with_all([passing("Taking"), taking(wait())]);
    let mut all: Vec<LiveStrategy> = stage.world.strategies.to_vec();
    all[1].record.state = StrategyState::Closed;
    stage.world.strategies = all.into();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    assert_eq!(refused(&stage), ["it is not live"]);

    let mut other = passing("Taking");
    other.name = "Other".into();
    let stage = play([passing("Taking"), other, taking(wait())]);
    let mut told = refused(&stage);
    told.sort();
    assert_eq!(told, ["", "the customer is in it already"]);
    assert_eq!(stage.sent_at(), [at(11, 0)]);
}

/// A strategy that tells the shop's own people, then the customer.
fn noticing() -> Stage {
    let mut strategy = doing(
        "Noticing",
        json!({
            "first": { "kind": "notify", "channel": "inbox", "to": "ops", "content": "notice", "next": "wait" },
            "wait": { "kind": "wait", "for": { "answered": { "event": "reply", "next": "say" } },
                      "timeout": "2h", "otherwise": "ask" },
            "ask": { "kind": "condition", "branches": { "yes": "done", "no": "say" }, "rule":
                     { "combinator": "or", "rules": [
                         { "field": "run.messages_sent", "operator": ">", "value": 0 },
                         { "field": "messages.sent", "operator": ">", "value": 0, "where": { "step": "first" } }
                     ] } }
        }),
    );
    let mut notice = strategy.contents[0].clone();
    notice.name = "notice".into();
    notice.purpose = cartwright_domain::message::Purpose::Staff;
    strategy.contents.push(notice);
    let mut stage = Stage::with(strategy);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage
}

#[test]
fn a_notice_goes_to_the_shop_s_own_people_and_counts_for_nothing() {
    let mut stage = noticing();
    stage.event(at(9, 30), &ana_says(at(9, 30), ConsentState::Unsubscribed));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let notice = stage.message().clone();
    assert_eq!(notice.to.as_ref().map(|to| to.value.as_str()), Some("ops"));
    assert_eq!(stage.sent_at(), [at(10, 0)], "nobody's consent is asked for");
    assert_eq!(cartwright_domain::facts::Contact::of(&notice), None);
    // What they do with it is not what the customer does.
    stage.event(at(11, 0), &receipt(ReceiptKind::Replied, &notice, at(11, 0)));
    assert_eq!(stage.run().step(), Some("wait"));
    stage.wait_until(at(40, 0));
    let after: Vec<_> =
        stage.world.messages.values().map(|entry| &entry.value).filter(|one| one.step == "say").collect();
    assert_eq!(after.len(), 1, "the run has sent its customer nothing yet");
    assert_eq!(after[0].state, MessageState::Skipped { reason: SkipReason::Unsubscribed });
    assert_eq!(check(&stage.world), []);
}

#[test]
fn s23_what_becomes_of_a_notice_says_nothing_of_the_customer() {
    for class in [RejectionClass::InvalidRecipient, RejectionClass::NotOnChannel, RejectionClass::OptOut] {
        let mut stage = noticing();
        stage.provider = Some(Outcome::Rejected(Rejection { class, details: Details::default() }));
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        assert_eq!(stage.message().state, MessageState::Rejected { class });
        let ana = customer(&stage);
        assert_eq!((ana.marks.len(), ana.marketing()), (0, ConsentState::Subscribed), "{class:?}");
    }
    let mut stage = noticing();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let notice = stage.message().clone();
    stage.event(at(10, 1), &receipt(ReceiptKind::OptedOut, &notice, at(10, 1)));
    assert_eq!(customer(&stage).marketing(), ConsentState::Subscribed);
}

//! The rules of behaviour, each shown on a stage without storage or plugins.

use crate::stage::*;
use cartwright_domain::event::{OrderOrigin, What};
use cartwright_domain::message::{MessageState, SkipReason};
use cartwright_domain::plan::Reply;
use cartwright_domain::plugin::{PluginFailure, Problem};
use cartwright_domain::run::{EndReason, Position};
use cartwright_domain::time::Span;
use cartwright_domain::trace::Happening;
use serde_json::json;

#[test]
fn s01_adds_at_10_00_11_30_and_13_00_give_one_run_that_goes_on_at_17_00() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.event(at(11, 30), &cart(at(11, 30), &[("a", 2)]));
    stage.event(at(13, 0), &cart(at(13, 0), &[("a", 2), ("b", 1)]));
    stage.wait_until(at(16, 59));
    assert!(stage.sent().is_empty());
    stage.wait_until(at(23, 0));
    assert_eq!(stage.sent_at(), [at(17, 0)]);
    assert_eq!(stage.runs().len(), 1);
}

#[test]
fn s01_other_changes_only_update_the_cart() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 2)]));
    stage.event(at(13, 0), &cart(at(13, 0), &[("a", 1)]));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.sent_at(), [at(14, 0)]);
}

#[test]
fn s01_an_event_older_than_the_newest_never_moves_the_due_time() {
    let mut stage = subscribed();
    stage.event(at(13, 0), &cart(at(13, 0), &[("a", 1), ("b", 1)]));
    stage.event(at(13, 5), &cart(at(11, 30), &[("a", 1)]));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.sent_at(), [at(17, 0)]);
    assert_eq!(stage.run().started_at, at(13, 0).min(at(11, 30)).max(at(11, 30)));
}

#[test]
fn s01_settling_never_lasts_longer_than_max_wait_from_the_first_add() {
    let mut bounded = reminder();
    bounded.trigger.max_wait = Some(Span::hours(5));
    let mut stage = Stage::with(bounded);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.event(at(13, 0), &cart(at(13, 0), &[("a", 2)]));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.sent_at(), [at(15, 0)]);
}

#[test]
fn s01_an_order_at_the_very_due_instant_wins_the_tie() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.event(at(14, 0), &order("1001", at(14, 0)));
    stage.wait_until(at(23, 0));
    assert!(stage.sent().is_empty());
    assert_eq!(stage.ends(), [EndReason::Converted]);
}

#[test]
fn s01_a_cart_found_empty_ends_the_run() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.event(at(11, 0), &cart(at(11, 0), &[]));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.ends(), [EndReason::CartEmptied]);
    assert!(stage.sent().is_empty());
}

#[test]
fn s01_steps_see_the_cart_with_what_the_catalogue_knows_of_its_lines() {
    let mut stage = subscribed();
    stage.event(at(9, 30), &product("p1", at(9, 30), "https://shop.example/new.png"));
    stage.event(at(9, 40), &product("p1", at(9, 20), "https://shop.example/old.png"));
    let mut added = cart(at(10, 0), &[("a", 1)]);
    if let What::CartUpdated(body) = &mut added.what {
        body.lines[0].product_id = Some("p1".into());
    }
    stage.event(at(10, 0), &added);
    let subject = stage.world.subject(stage.run(), at(11, 0)).expect("Ana");
    let cart = subject.cart.expect("her cart");
    assert_eq!(cart.lines()[0].image_url.as_deref(), Some("https://shop.example/new.png"));
    assert_eq!(cart.lines()[0].categories, ["kitchen"].into());
}

#[test]
fn s02_business_keys_the_same_order_told_again_ends_nothing_twice() {
    let mut stage = subscribed();
    stage.event(at(9, 30), &order("1001", at(9, 30)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let mut again = order("1001", at(9, 30));
    again.id = "told-again".into();
    stage.event(at(11, 0), &again);
    stage.wait_until(at(23, 0));
    assert_eq!(stage.sent_at(), [at(14, 0)]);
}

#[test]
fn s03_an_event_that_arrives_too_late_enrols_nobody_but_stays_a_fact() {
    let mut stage = subscribed();
    // Added at 10:00, so due at 14:00 and of no use after 02:00 of the next day.
    stage.event(at(26, 1), &cart(at(10, 0), &[("a", 1)]));
    assert!(stage.runs().is_empty());
    assert_eq!(stage.world.carts.len(), 1);
    let mut stage = subscribed();
    stage.event(at(26, 0), &cart(at(10, 0), &[("a", 1)]));
    assert_eq!(stage.runs().len(), 1);
}

#[test]
fn s08_an_order_ends_the_run_at_once_and_what_was_not_handed_over_is_let_go() {
    let mut stage = subscribed();
    stage.provider_is_up = false;
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    assert_eq!(stage.message().state, MessageState::Queued);
    stage.event(at(14, 1), &order("1001", at(14, 1)));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::RunEnded });
    stage.provider_is_up = true;
    stage.wait_until(at(23, 0));
    assert!(stage.sent().is_empty());
}

#[test]
fn s08_an_order_before_the_first_trigger_ends_nothing_and_one_at_the_same_instant_does() {
    for (moment, sent) in [(at(9, 59), 1), (at(10, 0), 0)] {
        let mut stage = subscribed();
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.event(at(11, 0), &order("1001", moment));
        stage.wait_until(at(23, 0));
        assert_eq!(stage.sent().len(), sent, "order at {moment}");
    }
}

#[test]
fn s08_an_order_that_is_known_before_the_cart_is_told_still_counts() {
    let mut stage = subscribed();
    stage.event(at(11, 0), &order("1001", at(11, 0)));
    stage.event(at(11, 1), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.ends(), [EndReason::Converted]);
    assert!(stage.sent().is_empty());
}

#[test]
fn s08_drafts_renewals_staff_made_and_back_filled_orders_end_nothing() {
    for origin in [OrderOrigin::Draft, OrderOrigin::Renewal, OrderOrigin::Staff, OrderOrigin::Backfill] {
        let mut stage = subscribed();
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.event(at(11, 0), &order_by(origin, "1001", at(11, 0)));
        stage.wait_until(at(23, 0));
        assert_eq!(stage.sent().len(), 1, "{origin:?}");
    }
}

#[test]
fn s08_an_exit_may_lead_to_a_step_and_is_taken_once() {
    let thanks = strategy(json!({
        "name": "Thanks",
        "trigger": { "on": "cart", "next": "wait" },
        "steps": {
            "wait": { "kind": "delay", "for": "20h", "next": "remind" },
            "remind": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "thanks": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "exits": [{ "on": "order", "then": "thanks" }]
    }));
    let mut stage = Stage::with(thanks);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.event(at(15, 0), &order("1001", at(15, 0)));
    stage.event(at(16, 0), &order("1002", at(16, 0)));
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(15, 0)]);
    assert_eq!(stage.sent()[0].step, "thanks");
}

#[test]
fn s08_the_order_that_triggered_a_run_never_ends_it() {
    let after_order = strategy(json!({
        "name": "After the order",
        "trigger": { "on": "order_placed", "next": "wait" },
        "steps": {
            "wait": { "kind": "delay", "for": "1h", "next": "ask" },
            "ask": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        },
        "exits": [{ "on": "order" }]
    }));
    let mut stage = Stage::with(after_order);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &order("1001", at(10, 0)));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.sent_at(), [at(11, 0)]);
}

#[test]
fn s10_an_anonymous_cart_joins_the_customer_who_is_named_for_its_token() {
    let mut stage = Stage::with(reminder());
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    assert_eq!(stage.world.customers.len(), 1);
    stage.event(at(11, 0), &ana_identifies(at(11, 0)));
    assert_eq!(stage.world.customers.len(), 1, "the anonymous one has become Ana");
    stage.wait_until(at(23, 0));
    assert_eq!(stage.sent_at(), [at(14, 0)]);
    assert_eq!(stage.sent()[0].customer, stage.run().customer);
}

#[test]
fn s10_of_two_settling_runs_one_goes_on_with_the_later_due_time() {
    let mut stage = Stage::with(reminder());
    // Ana is known and has a cart; later a second cart, still anonymous, turns out to be hers.
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.event(at(11, 0), &cart_of("c2", at(11, 0), &[("b", 1)]));
    assert_eq!(stage.runs().len(), 2);
    let mut identify = ana_identifies(at(12, 0));
    identify.subject.cart = Some("c2".into());
    stage.event(at(12, 0), &identify);
    stage.wait_until(at(23, 0));
    assert_eq!(stage.sent_at(), [at(15, 0)]);
    assert_eq!(stage.ends().iter().filter(|reason| **reason == EndReason::Merged).count(), 1);
}

#[test]
fn s10_whoever_is_merged_away_must_still_be_as_they_were_read() {
    let mut stage = Stage::with(reminder());
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(11, 0), &cart_of("c2", at(11, 0), &[("b", 1)]));
    stage.world.customers.values_mut().for_each(|entry| entry.revision = 3);
    let mut identify = ana_identifies(at(12, 0));
    identify.subject.cart = Some("c2".into());
    stage.event(at(12, 0), &identify);
    let (gone, _) = stage.world.merged[0];
    assert_eq!(stage.world.gone, [(gone, 3)]);
}

#[test]
fn s10_a_cart_that_was_never_joined_reaches_nobody_and_says_so() {
    let mut stage = Stage::with(reminder());
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::NotIdentified });
    assert_eq!(stage.ends(), [EndReason::Completed]);
}

fn branching(condition: serde_json::Value) -> Stage {
    let mut stage = Stage::with(strategy(json!({
        "name": "Branching",
        "trigger": { "on": "cart", "next": "ask" },
        "steps": {
            "ask": condition,
            "loyal": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "other": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        }
    })));
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage
}

#[test]
fn s11_a_rule_tree_takes_no_for_what_is_unknown_unless_that_branch_is_drawn() {
    let rule = json!({ "combinator": "and", "rules": [
        { "field": "customer.attributes.vip", "operator": "=", "value": true }
    ]});
    let mut stage = branching(json!({
        "kind": "condition", "rule": rule, "branches": { "yes": "loyal", "no": "other" }
    }));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().step, "other");
    let mut stage = branching(json!({
        "kind": "condition", "rule": rule, "branches": { "yes": "other", "no": "other", "unknown": "loyal" }
    }));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().step, "loyal");
    let told = stage.told(|what| matches!(what, Happening::Branched { .. }));
    assert_eq!(told[0].facts[0].to_string(), "customer.attributes.vip = none");
}

fn by_plugin(on_error: &str) -> serde_json::Value {
    json!({
        "kind": "condition", "plugin": "high-value", "branches": { "yes": "loyal", "no": "other" }, "on_error": on_error
    })
}

fn fails_with(problem: Problem) -> Result<Reply, PluginFailure> {
    Err(PluginFailure::new(problem, "in the play"))
}

#[test]
fn s11_a_plugin_decides_the_branch() {
    let mut stage = branching(by_plugin("no"));
    stage.plugins.insert("ask".into(), Ok(Reply::Branch { branch: "yes".into(), reason: None }));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().step, "loyal");
}

#[test]
fn s12_a_trap_is_not_retried_and_never_becomes_a_silent_yes() {
    let mut stage = branching(by_plugin("no"));
    stage.plugins.insert("ask".into(), fails_with(Problem::Trap));
    stage.wait_until(at(14, 0));
    assert_eq!(stage.message().step, "other");
    let mut stage = branching(by_plugin("yes"));
    stage.plugins.insert("ask".into(), fails_with(Problem::Trap));
    stage.wait_until(at(14, 0));
    assert_eq!(stage.message().step, "loyal", "only because the merchant drew it so");
    assert_eq!(stage.told(|what| matches!(what, Happening::PluginFailed { .. })).len(), 1);
}

#[test]
fn s12_an_undeclared_branch_counts_as_a_failure() {
    let mut stage = branching(by_plugin("no"));
    stage.plugins.insert("ask".into(), Ok(Reply::Branch { branch: "perhaps".into(), reason: None }));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().step, "other");
}

#[test]
fn s12_a_time_out_is_tried_three_times_over_two_minutes() {
    let mut stage = branching(by_plugin("no"));
    stage.plugins.insert("ask".into(), fails_with(Problem::TimeOut));
    stage.wait_until(at(14, 1));
    assert!(stage.world.messages.is_empty(), "still trying");
    stage.wait_until(at(14, 2));
    assert_eq!(stage.message().step, "other");
    let again =
        stage.told(|what| matches!(what, Happening::PluginFailed { then, .. } if then.starts_with("tries again")));
    assert_eq!(again.len(), 3);
}

#[test]
fn s12_hold_waits_until_the_plugin_answers() {
    let mut stage = branching(by_plugin("hold"));
    stage.plugins.insert("ask".into(), fails_with(Problem::Trap));
    stage.wait_until(at(20, 0));
    assert!(stage.world.messages.is_empty());
    assert_eq!(stage.told(|what| matches!(what, Happening::PluginFailed { .. })).len(), 1, "told once");
    stage.plugins.insert("ask".into(), Ok(Reply::Branch { branch: "yes".into(), reason: None }));
    stage.wait_until(at(20, 2));
    assert_eq!(stage.message().step, "loyal");
}

fn selecting(default: Option<&str>) -> Stage {
    let mut definition = strategy(json!({
        "name": "Selecting",
        "trigger": { "on": "cart", "next": "say" },
        "steps": {
            "say": { "kind": "message", "channel": "inbox", "next": "done",
                     "select": { "plugin": "first", "candidates": ["reminder", "friendly"], "default": default } },
            "done": { "kind": "exit" }
        }
    }));
    let mut friendly = definition.contents[0].clone();
    friendly.name = "friendly".into();
    definition.contents.push(friendly);
    let mut stage = Stage::with(definition);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage
}

#[test]
fn s14_a_selector_chooses_and_adds_variables() {
    let mut stage = selecting(None);
    let variables = vec![("headline".to_owned(), "Hello".to_owned())];
    let reply = Reply::Content { content: "friendly".into(), variables: variables.clone(), reason: None };
    stage.plugins.insert("say".into(), Ok(reply));
    stage.wait_until(at(23, 0));
    assert_eq!((stage.message().content.as_str(), &stage.message().variables), ("friendly", &variables));
}

#[test]
fn s14_when_a_selector_fails_the_step_s_default_is_sent_and_without_one_nothing() {
    let mut stage = selecting(Some("friendly"));
    stage.plugins.insert("say".into(), fails_with(Problem::Trap));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().content, "friendly");
    let mut stage = selecting(None);
    stage.plugins.insert("say".into(), fails_with(Problem::Trap));
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::NoContent });
    assert_eq!(stage.ends(), [EndReason::Completed], "a skipped message never blocks the next step");
}

#[test]
fn s05_an_elapsed_delay_counts_from_the_completion_of_the_step_before() {
    let mut stage = Stage::with(strategy(json!({
        "name": "Twice",
        "trigger": { "on": "cart", "next": "first" },
        "steps": {
            "first": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "wait" },
            "wait": { "kind": "delay", "for": "24h", "next": "second" },
            "second": { "kind": "message", "channel": "inbox", "content": "reminder", "next": "done" },
            "done": { "kind": "exit" }
        }
    })));
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(60, 0));
    assert_eq!(stage.sent_at(), [at(14, 0), at(38, 0)]);
    assert!(matches!(stage.run().position, Position::Ended { reason: EndReason::Completed, .. }));
}

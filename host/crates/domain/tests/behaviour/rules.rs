//! The rules of behaviour, each shown on a stage without storage or plugins.

use crate::stage::*;
use cartwright_domain::contact::ConsentState;
use cartwright_domain::event::{OrderOrigin, ReceiptKind, What};
use cartwright_domain::message::{
    Details, HoldReason, MessageState, Outcome, Rejection, RejectionClass, SkipReason, back_off,
};
use cartwright_domain::plan::Reply;
use cartwright_domain::plugin::{PluginFailure, Problem};
use cartwright_domain::run::{EndReason, Position};
use cartwright_domain::strategy::StrategyState;
use cartwright_domain::time::Span;
use cartwright_domain::trace::Happening;
use serde_json::json;

fn subscribed() -> Stage {
    let mut stage = Stage::with(reminder());
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage
}

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
    assert_eq!(cart.lines()[0].categories, ["kitchen"]);
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
    assert_eq!(told[0].facts[0].fact, "customer.attributes.vip");
    assert_eq!(told[0].facts[0].value, "none");
}

fn by_plugin(on_error: &str) -> serde_json::Value {
    json!({
        "kind": "condition", "plugin": "high-value", "branches": { "yes": "loyal", "no": "other" }, "on_error": on_error
    })
}

fn fails_with(problem: Problem) -> Result<Reply, PluginFailure> {
    Err(PluginFailure { problem, message: "in the play".into() })
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
fn s17_the_first_check_that_refuses_is_the_reason() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let live: Vec<_> = stage
        .world
        .strategies
        .iter()
        .cloned()
        .map(|mut live| {
            live.record.state = StrategyState::Stopped;
            live
        })
        .collect();
    stage.world.strategies = live.into();
    stage.wait_until(at(23, 0));
    assert_eq!(stage.ends(), [EndReason::Stopped]);
    assert!(stage.sent().is_empty());
}

#[test]
fn s17_what_is_not_handed_over_in_time_is_skipped_and_the_run_goes_on() {
    let mut stage = subscribed();
    stage.provider_is_up = false;
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(26, 1));
    stage.provider_is_up = true;
    stage.wait_until(at(27, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::TooLate });
    assert_eq!(stage.ends(), [EndReason::Completed]);
}

#[test]
fn s18_marketing_goes_only_to_those_who_subscribed() {
    for (state, reason) in
        [(ConsentState::Unsubscribed, SkipReason::Unsubscribed), (ConsentState::Unknown, SkipReason::NoConsent)]
    {
        let mut stage = Stage::with(reminder());
        let mut identify = ana_identifies(at(9, 0));
        if let What::CustomerIdentified(body) = &mut identify.what {
            body.consent.as_mut().expect("Ana's consent").state = state;
        }
        stage.event(at(9, 0), &identify);
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.wait_until(at(23, 0));
        assert_eq!(stage.message().state, MessageState::Skipped { reason }, "{state:?}");
    }
}

#[test]
fn s18_an_unsubscription_takes_effect_before_any_message_not_yet_handed_over() {
    let mut stage = subscribed();
    stage.provider_is_up = false;
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    stage.event(at(14, 1), &ana_says(at(14, 1), ConsentState::Unsubscribed));
    stage.provider_is_up = true;
    stage.wait_until(at(23, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::Unsubscribed });
}

#[test]
fn s18_an_opt_out_at_the_provider_unsubscribes_and_suppresses_the_address() {
    let mut stage = subscribed();
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    let told = receipt(ReceiptKind::OptedOut, stage.message(), at(15, 0));
    stage.event(at(15, 0), &told);
    let customer = &stage.world.customers[&stage.run().customer].value;
    assert_eq!(customer.marketing(), ConsentState::Unsubscribed);
    assert_eq!(customer.marks.len(), 1);
}

fn rejects(class: RejectionClass) -> Option<Outcome> {
    Some(Outcome::Rejected(Rejection {
        class,
        details: Details { code: Some("42".into()), text: "in the play".into() },
    }))
}

fn answered(class: RejectionClass) -> Stage {
    let mut stage = subscribed();
    stage.provider = rejects(class);
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    stage
}

#[test]
fn s22_an_uncertain_message_is_never_sent_again_and_the_run_goes_on() {
    let mut stage = subscribed();
    stage.provider = Some(Outcome::Uncertain(Details::default()));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(40, 0));
    assert_eq!(stage.message().attempts, 1);
    assert_eq!(stage.message().state, MessageState::Uncertain);
    assert_eq!(stage.ends(), [EndReason::Completed]);
    let told = receipt(ReceiptKind::Delivered, stage.message(), at(41, 0));
    stage.event(at(41, 0), &told);
    assert_eq!(stage.message().state, MessageState::Accepted, "a receipt settles it");
}

#[test]
fn s23_what_ends_a_message_ends_it_and_the_run_goes_on() {
    use RejectionClass::*;
    for class in [
        InvalidRecipient,
        NotOnChannel,
        OptOut,
        WindowClosed,
        FrequencyCap,
        Template,
        ContentPolicy,
        TooLarge,
        BadRequest,
        Unknown,
    ] {
        let mut stage = answered(class);
        stage.provider = None;
        stage.wait_until(at(40, 0));
        assert_eq!(stage.message().state, MessageState::Rejected { class }, "{class:?}");
        assert_eq!(stage.message().attempts, 1, "{class:?}");
        assert_eq!(stage.ends(), [EndReason::Completed], "{class:?}");
    }
}

#[test]
fn s23_transient_refusals_are_tried_again_until_it_is_too_late() {
    let mut stage = answered(RejectionClass::Transient);
    stage.provider = None;
    stage.wait_until(at(14, 1));
    assert_eq!((stage.message().attempts, stage.sent().len()), (2, 1));
    let mut stage = answered(RejectionClass::Transient);
    stage.wait_until(at(40, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::TooLate });
    assert!(stage.message().attempts > 10);
}

#[test]
fn s23_a_rate_limit_waits_until_the_provider_s_own_instant() {
    let mut stage = answered(RejectionClass::RateLimited { after: Some(at(15, 0)) });
    stage.provider = None;
    stage.wait_until(at(14, 59));
    assert!(stage.sent().is_empty());
    stage.wait_until(at(15, 0));
    assert_eq!(stage.sent_at(), [at(15, 0)]);
}

#[test]
fn s23_credentials_and_credit_hold_the_channel_until_they_are_put_right() {
    for (class, reason) in [
        (RejectionClass::Auth, HoldReason::Auth),
        (RejectionClass::Billing, HoldReason::Billing),
        (RejectionClass::SenderPolicy, HoldReason::SenderPolicy),
    ] {
        let mut stage = answered(class);
        stage.provider = None;
        let hold = stage.world.connections["inbox"].value.held.clone().expect("the channel is held");
        assert_eq!(hold.reason, reason);
        assert!(!hold.next_step.is_empty() && hold.words == "in the play (42)");
        stage.wait_until(at(16, 0));
        assert_eq!(stage.message().state, MessageState::Held { reason });
        stage.world.connections.get_mut("inbox").expect("it").edit().held = None;
        stage.wait_until(at(16, 2));
        assert_eq!(stage.sent().len(), 1);
    }
}

#[test]
fn s23_a_refused_template_holds_the_content_on_this_channel() {
    let stage = answered(RejectionClass::Template);
    assert!(stage.world.connections["inbox"].value.held_contents.contains_key("reminder"));
    assert!(stage.world.connections["inbox"].value.held.is_none());
}

#[test]
fn s23_the_back_off_doubles_from_30_s_to_1_h_within_20_percent() {
    for (attempts, base) in [(1, 30), (2, 60), (3, 120), (8, 3600), (30, 3600)] {
        for chance in [0, 1, 12_345, u64::MAX] {
            let span = back_off(attempts, chance).millis();
            assert!((base * 800..=base * 1200).contains(&span), "{attempts}: {span} ms");
        }
    }
}

#[test]
fn s23_receipts_in_any_order_and_twice_end_in_the_same_state() {
    use ReceiptKind::*;
    let orders = [
        [Accepted, Delivered, Read],
        [Read, Delivered, Accepted],
        [Delivered, Accepted, Read],
        [Read, Accepted, Delivered],
    ];
    for kinds in orders {
        let mut stage = subscribed();
        stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
        stage.wait_until(at(14, 0));
        for kind in kinds.into_iter().chain(kinds) {
            let told = receipt(kind, stage.message(), at(15, 0));
            stage.event(at(15, 0), &told);
        }
        assert_eq!(stage.message().receipt, Some(Read), "{kinds:?}");
        assert_eq!(stage.message().state, MessageState::Accepted);
    }
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

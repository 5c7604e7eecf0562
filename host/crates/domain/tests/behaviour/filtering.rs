//! Whom marketing goes to by the customer's tags (S17).

use crate::stage::*;
use cartwright_domain::contact::AddressKind;
use cartwright_domain::customer::{AddressMark, Mark};
use cartwright_domain::event::{CustomerBody, What};
use cartwright_domain::message::{MessageState, Purpose, SkipReason};
use cartwright_domain::push_filter::PushFilter;
use cartwright_domain::strategy::Strategy;
use cartwright_domain::time::Timestamp;
use cartwright_domain::trace::Happening;
use serde_json::{Value, json};

fn filter(document: Value) -> PushFilter {
    serde_json::from_value(document).expect("a filter")
}

/// The reminder at 14:00 of a cart that was left at 10:00, to those who pass.
fn reminds(whom: Value) -> Stage {
    let policies = json!({ "push_filter": whom });
    let mut stage =
        Stage::with(Strategy { policies: serde_json::from_value(policies).expect("policies"), ..reminder() });
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    stage
}

fn tag(stage: &mut Stage, moment: Timestamp, tags: &[&str]) {
    let tags = Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
    let mut event = ana_identifies(moment);
    event.id = format!("tags-{}", moment.millis());
    event.what = What::CustomerUpdated(CustomerBody { tags, ..CustomerBody::default() });
    stage.event(moment, &event);
}

fn leaves_a_cart(stage: &mut Stage) -> MessageState {
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    stage.wait_until(at(14, 0));
    stage.message().state.clone()
}

const FILTERED: MessageState = MessageState::Skipped { reason: SkipReason::PushFilter };

#[test]
fn s17_the_tags_of_the_customer_decide_who_is_written_to() {
    for (whom, tags, passes) in [
        (json!({}), &[][..], true),
        (json!({ "only": ["vip", "regular"] }), &["regular", "b2b"], true),
        (json!({ "only": ["vip", "regular"] }), &["b2b"], false),
        (json!({ "only": ["vip"] }), &[], false),
        (json!({ "never": ["b2b"] }), &[], true),
        (json!({ "never": ["b2b"] }), &["vip", "b2b"], false),
        (json!({ "only": ["vip"], "never": ["b2b"] }), &["vip", "b2b"], false),
    ] {
        let mut stage = reminds(whom.clone());
        tag(&mut stage, at(9, 30), tags);
        let expected = if passes { MessageState::Accepted } else { FILTERED };
        assert_eq!(leaves_a_cart(&mut stage), expected, "{whom} and {tags:?}");
    }
}

#[test]
fn s17_who_is_filtered_out_is_told_by_which_tag() {
    let mut stage = reminds(json!({ "only": ["vip", "regular"] }));
    leaves_a_cart(&mut stage);
    let told = stage.told(|what| matches!(what, Happening::Skipped { reason: SkipReason::PushFilter }));
    let facts: Vec<String> = told[0].facts.iter().map(ToString::to_string).collect();
    assert!(facts.contains(&"push_filter.strategy.only = regular, vip".to_owned()), "{facts:?}");
}

#[test]
fn s28_a_tag_that_comes_while_a_run_waits_holds_and_so_does_the_shop_s_filter() {
    let mut stage = reminds(json!({ "only": ["vip"] }));
    stage.shop().push_filter = filter(json!({ "never": ["b2b"] }));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    tag(&mut stage, at(13, 0), &["vip"]);
    stage.wait_until(at(14, 0));
    assert_eq!(stage.message().state, MessageState::Accepted);

    let mut stage = reminds(json!({ "only": ["vip"] }));
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    tag(&mut stage, at(13, 0), &["vip", "b2b"]);
    stage.shop().push_filter = filter(json!({ "never": ["b2b"] }));
    stage.wait_until(at(14, 0));
    assert_eq!(stage.message().state, FILTERED);
}

#[test]
fn s17_the_filter_concerns_marketing_only() {
    let mut strategy = reminder();
    strategy.contents[0].purpose = Purpose::Transactional;
    strategy.policies.push_filter = filter(json!({ "only": ["vip"] }));
    let mut stage = Stage::with(strategy);
    stage.event(at(9, 0), &ana_identifies(at(9, 0)));
    assert_eq!(leaves_a_cart(&mut stage), MessageState::Accepted);
}

#[test]
fn s17_suppression_is_the_reason_before_the_filter_and_the_filter_before_the_address() {
    let mut stage = reminds(json!({ "only": ["vip"] }));
    stage.connect("inbox", &[AddressKind::Phone]);
    assert_eq!(leaves_a_cart(&mut stage), FILTERED, "she has no phone either");

    let mut stage = reminds(json!({ "only": ["vip"] }));
    stage.connect("inbox", &[AddressKind::Email]);
    stage.event(at(10, 0), &cart(at(10, 0), &[("a", 1)]));
    let ana = stage.run().customer;
    let entry = stage.world.customers.get_mut(&ana).expect("Ana");
    let value = entry.value.email.clone().expect("her address").to_string();
    entry.value.marks.push(AddressMark { channel: Some("inbox".into()), value, mark: Mark::Suppressed, until: None });
    stage.wait_until(at(14, 0));
    assert_eq!(stage.message().state, MessageState::Skipped { reason: SkipReason::Suppressed });
}

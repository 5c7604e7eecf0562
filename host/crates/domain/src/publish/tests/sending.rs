//! Faults of caps, of several channels, and of what follows an order.

use super::*;
use crate::window::preset::QuietHours;

fn with_sms(mut sample: Sample, receipts: Value) -> Sample {
    let id = sample.shop.id;
    sample.connections.push(read(json!({
        "id": id, "name": "sms", "kind": "channel", "plugin": "sms",
        "ability": {"channel": "sms", "addresses": ["phone"], "idempotent": true, "lookup": false, "receipts": receipts},
    })));
    sample.contents[0].variants.push(read(json!({"channel": "sms", "body": {"text": "Hello"}})));
    sample
}

fn sending(fields: Value) -> Value {
    let mut strategy = good();
    let step = strategy["steps"]["thank"].as_object_mut().unwrap();
    step.remove("channel");
    step.extend(fields.as_object().unwrap().clone());
    strategy
}

fn with_policies(policies: Value) -> Value {
    let mut strategy = good();
    strategy["policies"] = policies;
    strategy
}

#[test]
fn s19_a_step_names_its_channels_in_one_way_each_once_and_each_connected() {
    let sample = with_sms(Sample::new(), json!(["delivered"]));
    for fields in [
        json!({"channel": "sms"}),
        json!({"channels": ["sms", "inbox"]}),
        json!({"fallback": ["sms", "inbox"], "no_receipt_within": "2h"}),
    ] {
        assert_eq!(sample.faults(sending(fields)), [""; 0]);
    }
    let faults = |fields| sample.faults(sending(fields));
    only(&faults(json!({})), "steps.thank.channel: needs `channel`, `channels`");
    only(&faults(json!({"channel": "sms", "fallback": ["inbox"]})), "steps.thank: names its channels by one of");
    only(&faults(json!({"channels": ["sms", "sms"]})), "steps.thank.channels[1]: names `sms` a second time");
    only(&faults(json!({"fallback": ["sms", "fax"]})), "steps.thank.fallback[1]: there is no channel `fax`");
    only(&faults(json!({"channels": ["sms"], "no_receipt_within": "2h"})), "steps.thank.no_receipt_within: goes with");
    let mute = with_sms(Sample::new(), json!([]));
    only(
        &mute.faults(sending(json!({"fallback": ["sms", "inbox"], "no_receipt_within": "2h"}))),
        "steps.thank.no_receipt_within: `sms` never says whether a message arrived",
    );
}

#[test]
fn s04_windows_that_leave_nothing_of_a_region_s_quiet_hours_are_warned_of() {
    let mut sample = with_sms(Sample::new(), json!(["delivered"]));
    let mut late = sending(json!({"channel": "sms"}));
    late["policies"] = json!({"window": {"open": [{"from": "21:00", "until": "21:30"}]}});
    assert_eq!(sample.faults(late.clone()), [""; 0], "the shop has not switched the presets on");
    sample.shop.quiet_hours = QuietHours::Presets;
    let faults = sample.faults(late);
    only(&faults, "(warning) policies.window: ");
    assert!(faults[0].contains("US-FL") && !faults[0].contains("SA"), "{faults:?}");
}

#[test]
fn s19_a_content_speaks_on_every_channel_of_its_step() {
    let mut sample = with_sms(Sample::new(), json!([]));
    sample.contents[0].variants.pop();
    only(
        &sample.faults(sending(json!({"fallback": ["inbox", "sms"]}))),
        "steps.thank.content: `saved` says nothing on `sms`",
    );
}

#[test]
fn s20_a_cap_says_how_many_in_which_time() {
    let sample = Sample::new();
    for cap in [json!({"contacts": 2, "within": "7d"}), json!({"contacts": 2, "per": "month"})] {
        assert_eq!(sample.faults(with_policies(json!({"cap": cap}))), [""; 0]);
    }
    let faults = |cap: Value| sample.faults(with_policies(json!({"cap": cap})));
    only(&faults(json!({"contacts": 2})), "policies.cap: needs `within`");
    only(&faults(json!({"contacts": 2, "within": "1h", "per": "day"})), "policies.cap: has both `within` and `per`");
    only(&faults(json!({"contacts": 2, "within": "0s"})), "policies.cap.within: must be longer than nothing");
    only(&faults(json!({"contacts": 2, "within": "400d"})), "policies.cap.within: must not be longer than a year");
    only(&faults(json!(0)), "(warning) policies.cap: forbids every marketing message");
    only(&faults(json!("none")), "(warning) policies.cap: lifts nothing: the shop's own cap of 1 contact in 3d holds");
}

#[test]
fn s20_what_a_strategy_does_when_capped_can_be_done() {
    let sample = with_sms(Sample::new(), json!([]));
    only(&sample.faults(with_policies(json!({"capped": "next_channel"}))), "policies.capped: there is no next channel");
    let mut chain = sending(json!({"fallback": ["sms", "inbox"], "capped": "later"}));
    chain["policies"]["capped"] = json!("next_channel");
    assert_eq!(sample.faults(chain.clone()), [""; 0]);
    chain["steps"]["thank"]["capped"] = json!("nowhere");
    only(&sample.faults(chain), "steps.thank.capped: there is no step `nowhere`");
    let mut uncapped = Sample::new();
    uncapped.shop.cap = Some(crate::cap::Cap::None);
    only(&uncapped.faults(with_policies(json!({"capped": "wait"}))), "(warning) policies.capped: there is no cap");
}

#[test]
fn s17_a_filter_that_nobody_can_pass_is_refused() {
    let sample = Sample::new();
    assert_eq!(sample.faults(with_policies(json!({"push_filter": {"only": ["vip"], "never": ["b2b"]}}))), [""; 0]);
    let both = with_policies(json!({"push_filter": {"only": ["b2b"], "never": ["b2b"]}}));
    only(&sample.faults(both), "policies.push_filter.only: `b2b` stands in `never` too");
    let blank = with_policies(json!({"push_filter": {"never": [" b2b"]}}));
    only(&sample.faults(blank), "policies.push_filter.never: ` b2b` is no tag");
}

#[test]
fn s21_an_order_that_begins_a_run_keeps_its_own_marketing_back() {
    let mut strategy = with_policies(json!({"not_after_order": "7d"}));
    assert_eq!(Sample::new().faults(strategy.clone()), [""; 0]);
    strategy["trigger"]["on"] = json!("order_placed");
    only(&Sample::new().faults(strategy), "(warning) policies.not_after_order: the order that begins a run counts too");
}

#[test]
fn s07_what_begins_another_run_must_be_allowed_to() {
    let sample = Sample::new();
    for policies in [json!({"reentry": {"cooldown": "30d"}}), json!({"on_retrigger": "restart"})] {
        assert_eq!(sample.faults(with_policies(policies)), [""; 0]);
    }
    only(
        &sample.faults(with_policies(json!({"reentry": {"cooldown": "0s"}}))),
        "policies.reentry.cooldown: must be longer than nothing",
    );
    only(
        &sample.faults(with_policies(json!({"reentry": "once_ever", "on_retrigger": "restart"}))),
        "policies.on_retrigger: `restart` begins another run at once",
    );
}

#[test]
fn s18_a_topic_is_one_of_the_shop_s() {
    let mut sample = Sample::new();
    let policies = || with_policies(json!({"topic": "news"}));
    only(&sample.faults(policies()), "policies.topic: the shop has no topic `news`, only general");
    sample.contents[0].topic = Some("restock".into());
    only(&sample.faults(good()), "steps.thank: `saved`: the shop has no topic `restock`");
    sample.shop.topics = vec!["news".into(), "restock".into()];
    assert_eq!(sample.faults(policies()), [""; 0]);
    sample.shop.topics = vec!["general".into(), "two words".into(), "news".into(), "news".into()];
    let paths: Vec<String> = shop_faults(&sample.shop).into_iter().map(|fault| fault.path).collect();
    assert_eq!(paths, ["topics[0]", "topics[1]", "topics[3]"]);
}

#[test]
fn s25_a_limit_in_parts_lets_something_through_and_limits_something() {
    let mut sample = with_sms(Sample::new(), json!([]));
    let found = |sample: &Sample| {
        let mut faults = Vec::new();
        content_faults(&sample.contents[0], "", &mut faults);
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    sample.contents[0].sms_parts = Some(2);
    assert_eq!(found(&sample), [""; 0]);
    sample.contents[0].sms_parts = Some(0);
    only(&found(&sample), "sms_parts: must be at least 1");
    sample.contents[0].sms_parts = Some(1);
    sample.contents[0].variants.pop();
    only(&found(&sample), "sms_parts: limits nothing");
}

#[test]
fn s23_a_strategy_names_senders_that_its_channels_have_each_once() {
    let mut sample = with_sms(Sample::new(), json!([]));
    let id = sample.shop.id;
    sample.connections[0] = read(json!({
        "id": id, "name": "inbox", "kind": "channel", "plugin": "inbox", "senders": [{"name": "acorn"}, {"name": "oak"}],
        "ability": {"channel": "inbox", "addresses": ["handle"], "idempotent": true, "lookup": false},
    }));
    let faults = |senders: Value| sample.faults(with_policies(json!({"senders": senders})));
    assert_eq!(faults(json!({"inbox": ["oak", "acorn"]})), [""; 0]);
    only(&faults(json!({"inbox": []})), "policies.senders.inbox: names no sender");
    only(&faults(json!({"inbox": ["oak", "oak"]})), "policies.senders.inbox[1]: names `oak` a second time");
    only(
        &faults(json!({"inbox": ["oak", "elm"]})),
        "policies.senders.inbox[1]: `inbox` has no sender `elm`: it has acorn, oak; add it to the channel first",
    );
    only(&faults(json!({"sms": ["oak"]})), "(warning) policies.senders.sms: no step writes over this channel");
}

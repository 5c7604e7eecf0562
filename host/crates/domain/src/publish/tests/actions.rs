//! What is wrong with conditions of several rules, changes of the customer, repeats and transfers.

use serde_json::{Value, json};

use super::{Sample, good, only};
use crate::contact::AddressKind;

/// The good strategy with another step in place of its delay.
fn with_step(step: Value) -> Value {
    let mut strategy = good();
    strategy["steps"]["later"] = step;
    strategy
}

fn rule() -> Value {
    json!({"combinator": "and", "rules": [{"field": "orders.count", "operator": ">", "value": 4}]})
}

#[test]
fn s11_each_branch_of_the_rules_is_drawn_with_a_default() {
    let sample = Sample::new();
    let condition =
        |rules: Value, branches: Value| with_step(json!({"kind": "condition", "rules": rules, "branches": branches}));
    let two = json!([{"branch": "vip", "rule": rule()}, {"branch": "fan", "rule": rule()}]);
    let all = json!({"vip": "done", "fan": "done", "no": "done"});
    assert_eq!(sample.faults(condition(two.clone(), all.clone())), [""; 0]);
    let faults =
        sample.faults(condition(two.clone(), json!({"vip": "done", "fan": "done", "yes": "done", "no": "done"})));
    only(&faults, "steps.later.branches.yes: is never taken: the branches are fan, no, vip and unknown");
    let faults = sample.faults(condition(two, json!({"vip": "done", "no": "done"})));
    only(&faults, "steps.later.branches.fan: this branch is not drawn");
    let no_default = sample.faults(condition(json!([{"branch": "vip", "rule": rule()}]), json!({"vip": "done"})));
    assert!(no_default[0].starts_with("steps.later.branches.no: this branch is not drawn"), "{no_default:?}");
    let faults = sample.faults(condition(json!([{"branch": "no", "rule": rule()}]), json!({"no": "done"})));
    only(&faults, "steps.later.rules[0].branch: `no` is where no rule says yes");
    let broken = json!([{"branch": "vip", "rule": {"combinator": "and", "rules": []}}]);
    let faults = sample.faults(condition(broken, json!({"vip": "done", "no": "done"})));
    only(&faults, "steps.later.rules[0].rule.rules: a group needs at least one rule");
    let mut both = condition(json!([{"branch": "yes", "rule": rule()}]), json!({"yes": "done", "no": "done"}));
    both["steps"]["later"]["rule"] = rule();
    only(&sample.faults(both), "steps.later: has both `rule` and `rules`; one decides");
}

#[test]
fn a_change_of_the_customer_changes_something() {
    let sample = Sample::new();
    for kind in ["tag", "list"] {
        let step = |fields: Value| {
            let mut step = json!({"kind": kind, "next": "done"});
            step.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            with_step(step)
        };
        assert_eq!(sample.faults(step(json!({"add": ["a"], "remove": ["b"]}))), [""; 0]);
        only(&sample.faults(step(json!({}))), "steps.later: changes nothing");
        only(&sample.faults(step(json!({"add": [" a"]}))), "steps.later.add: ` a` is no name of a");
        only(&sample.faults(step(json!({"add": ["a"], "remove": ["a"]}))), "steps.later.remove: `a` is both");
    }
    let set = |set: Value| with_step(json!({"kind": "attribute", "set": set, "next": "done"}));
    assert_eq!(sample.faults(set(json!({"a": 1, "b": null, "c": ["x"], "d": true}))), [""; 0]);
    only(&sample.faults(set(json!({}))), "steps.later.set: sets nothing");
    only(&sample.faults(set(json!({"a": {"b": 1}}))), "steps.later.set.a: must be a text, a number");
}

#[test]
fn a_circle_is_let_pass_only_over_a_repeat() {
    let sample = Sample::new();
    let repeat =
        |times: u32, then: &str| with_step(json!({"kind": "repeat", "times": times, "next": "loyal", "then": then}));
    assert_eq!(sample.faults(repeat(3, "done")), [""; 0]);
    only(&sample.faults(repeat(0, "done")), "steps.later.times: must be 1 to 100");
    only(&sample.faults(repeat(101, "done")), "steps.later.times: must be 1 to 100");
    only(&sample.faults(repeat(3, "loyal")), "steps.later: goes round in a circle: later -> loyal -> later");
    only(&sample.faults(repeat(3, "nowhere")), "steps.later.then: there is no step `nowhere`");
}

#[test]
fn nobody_is_passed_round_in_a_circle() {
    let mut sample = Sample::new();
    let transfer = |to: &str| with_step(json!({"kind": "transfer", "strategy": to}));
    let knows = |sample: &mut Sample, name: &str, to: &[&str]| {
        let to = to.iter().map(|name| (*name).to_owned()).collect();
        sample.transfers.insert(name.to_owned(), to);
    };
    only(&sample.faults(transfer("High value first")), "steps.later.strategy: passes on to itself");
    only(&sample.faults(transfer("B")), "(warning) steps.later.strategy: there is no strategy `B`");
    knows(&mut sample, "B", &["C", "D"]);
    knows(&mut sample, "C", &["D"]);
    knows(&mut sample, "D", &[]);
    // What is published now may be its next version; where it led before does not matter.
    knows(&mut sample, "High value first", &["B"]);
    assert_eq!(sample.faults(transfer("B")), [""; 0]);
    knows(&mut sample, "D", &["High value first"]);
    let faults = sample.faults(transfer("C"));
    let round = "High value first -> C -> D -> High value first";
    only(&faults, &format!("steps.later.strategy: passes customers round in a circle: {round}"));
}

#[test]
fn a_notice_is_written_for_the_shop_s_own_people_and_reaches_them() {
    let mut sample = Sample::new();
    let notify = |to: &str, content: &str| {
        with_step(json!({"kind": "notify", "channel": "inbox", "to": to, "content": content, "next": "done"}))
    };
    let fault = "steps.later.content: `saved` is written for customers";
    only(&sample.faults(notify("ops", "saved")), fault);
    let mut notice = sample.contents[0].clone();
    notice.name = "notice".into();
    notice.purpose = crate::message::Purpose::Staff;
    sample.contents.push(notice);
    assert_eq!(sample.faults(notify("ops", "notice")), [""; 0]);
    only(&sample.faults(notify(" ", "notice")), "steps.later.to: ` ` is nothing that the channel reaches");
    only(&sample.faults(notify("ops", "nothing")), "steps.later.content: there is no content `nothing`");
    let ability = sample.connections[0].ability.as_mut().unwrap();
    ability.addresses = vec![AddressKind::Phone, AddressKind::Email];
    assert_eq!(sample.faults(notify("ops@example.com", "notice")), [""; 0]);
    let faults = sample.faults(notify("ops", "notice"));
    only(&faults, "steps.later.to: `ops` is nothing that the channel reaches: it needs a phone number");
    let faults = sample.faults_with("/steps/thank/content", json!("notice"));
    only(&faults, "steps.thank: `notice` is for the shop's own people; send it by a step of the kind `notify`");
}

#[test]
fn a_webhook_is_asked_over_a_channel_that_is_made_for_it_and_only_its_answer_is_read() {
    let mut sample = Sample::new();
    let hook = |fields: Value| {
        let mut step = json!({"kind": "webhook", "channel": "hook", "answered": "done", "failed": "done"});
        step.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        with_step(step)
    };
    only(&sample.faults(hook(json!({}))), "steps.later.channel: there is no channel `hook`: there are inbox");
    let mut channel = sample.connections[0].clone();
    channel.name = "hook".to_owned();
    channel.ability.as_mut().unwrap().channel = "webhook".to_owned();
    sample.connections.push(channel);
    let all = json!({"facts": ["customer", "contact", "cart", "orders", "trigger"], "sample": {"score": 7}});
    assert_eq!(sample.faults(hook(all)), [""; 0]);
    let faults = sample.faults(hook(json!({"channel": "inbox"})));
    only(&faults, "steps.later.channel: `inbox` is a channel for `inbox`; name one of a plugin for `webhook`");
    only(&sample.faults(hook(json!({"failed": "nowhere"}))), "steps.later.failed: there is no step `nowhere`");
    let faults = sample.faults(hook(json!({"answered": "later"})));
    only(&faults, "steps.later: goes round in a circle: later -> later");
    let long = json!({"sample": "a".repeat(crate::webhook::ANSWER_BYTES)});
    only(&sample.faults(hook(long)), "steps.later.sample: has 65538 bytes");

    let mut reading = hook(json!({"answered": "judge"}));
    let rule = |field: &str| json!({"combinator": "and", "rules": [{"field": field, "operator": "=", "value": 7}]});
    reading["steps"]["judge"] = json!({
        "kind": "condition", "rule": rule("step.later.score"), "branches": {"yes": "done", "no": "done"},
    });
    assert_eq!(sample.faults(reading.clone()), [""; 0]);
    reading["steps"]["judge"]["rule"] = rule("step.thank.score");
    only(&sample.faults(reading.clone()), "steps.judge.rule: reads `step.thank.score`");
    reading["steps"]["judge"]["rule"] = rule("step.later");
    only(&sample.faults(reading), "steps.judge.rule.rules[0].field: `step.later` is no field");
}

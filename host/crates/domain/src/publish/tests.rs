mod actions;
mod listening;
mod ruling;
mod sending;
mod waiting;

use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::*;
use crate::ids::Mint;
use crate::time::Timestamp;

/// A shop with a channel `inbox` and three plugins.
struct Sample {
    shop: Shop,
    connections: Vec<Connection>,
    plugins: Vec<PluginRecord>,
    contents: Vec<Content>,
    transfers: Transfers,
    config_faults: BTreeMap<String, String>,
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn plugin(name: &str, kind: &str, facts: &[&str], granted: &[&str]) -> PluginRecord {
    let facts: Vec<Value> = facts.iter().map(|fact| json!({"fact": fact, "why": "to decide"})).collect();
    read(json!({
        "name": name, "version": "1.2.3", "digest": "00", "kind": kind, "built_for": "cartwright:plugin@0.1.0", "size": 1,
        "descriptor": {
            "title": name, "summary": "", "config_schema": {}, "facts": facts, "hosts": [], "secrets": [],
        },
        "grants": { "facts": granted },
        "installed_at": 0, "stage": "active",
    }))
}

impl Sample {
    fn new() -> Self {
        let id = Mint::new(Timestamp::from_millis(0), [0; 32]).next::<crate::ids::ShopId>();
        Self {
            shop: read(json!({"id": id, "name": "Sample", "currency": "EUR"})),
            connections: vec![read(json!({
                "id": id, "name": "inbox", "kind": "channel", "plugin": "inbox",
                "ability": {"channel": "inbox", "addresses": ["handle"], "idempotent": true, "lookup": false},
            }))],
            plugins: vec![
                plugin("high-value", "condition", &["orders.count"], &["orders.*"]),
                plugin("first", "selector", &[], &[]),
            ],
            contents: vec![read(json!({
                "name": "saved", "variants": [{"channel": "inbox", "body": {"text": "Hello"}}],
            }))],
            transfers: Transfers::new(),
            config_faults: BTreeMap::new(),
        }
    }

    /// Faults of the good strategy with one place of it changed; each as `path: message`.
    fn faults_with(&self, pointer: &str, value: Value) -> Vec<String> {
        let mut strategy = good();
        *strategy.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")) = value;
        self.faults(strategy)
    }

    fn faults(&self, strategy: Value) -> Vec<String> {
        let view = ShopView {
            shop: &self.shop,
            connections: &self.connections,
            plugins: &self.plugins,
            contents: &self.contents,
            transfers: &self.transfers,
            config_faults: &self.config_faults,
        };
        let found = super::faults(&read(strategy), &view);
        // Only what plugins say has no sentence of ours.
        let is_said = |fault: &StrategyFault| fault.code.is_some() || self.config_faults.contains_key(&fault.path);
        assert!(found.iter().all(is_said), "{found:#?}");
        found.iter().map(|fault| format!("{}{fault}", if fault.refuses() { "" } else { "(warning) " })).collect()
    }
}

fn good() -> Value {
    json!({
        "name": "High value first",
        "trigger": {"on": "checkout", "settle": "1h", "max_wait": null, "key": "customer", "event": null, "next": "loyal"},
        "steps": {
            "loyal": {
                "kind": "condition", "plugin": "high-value@1", "config": {"min_orders": 5}, "rule": null, "rules": [],
                "branches": {"yes": "thank", "no": "later"}, "on_error": "no",
            },
            "thank": {"kind": "message", "channel": "inbox", "content": "saved", "select": null, "next": "done"},
            "later": {"kind": "delay", "for": "24h", "next": "done"},
            "done": {"kind": "exit"},
        },
        "exits": [{"on": "order", "then": "end"}],
        "policies": {"max_lateness": "12h"},
        "contents": [],
    })
}

#[track_caller]
fn only(faults: &[String], start: &str) {
    assert!(faults.len() == 1 && faults[0].starts_with(start), "expected only `{start}…`, found {faults:#?}");
}

#[test]
fn a_good_strategy_has_no_faults() {
    assert_eq!(Sample::new().faults(good()), [""; 0]);
}

#[test]
fn a_cycle_is_refused_with_the_way_round_it() {
    let faults = Sample::new().faults_with("/steps/later/next", json!("loyal"));
    only(&faults, "steps.later: goes round in a circle: later -> loyal -> later");
}

#[test]
fn a_dangling_step_is_refused_wherever_it_is_named() {
    let sample = Sample::new();
    for (pointer, path) in [
        ("/steps/loyal/branches/yes", "steps.loyal.branches.yes"),
        ("/steps/later/next", "steps.later.next"),
        ("/exits/0/then", "exits[0].then"),
    ] {
        let faults = sample.faults_with(pointer, json!("nowhere"));
        assert!(
            faults.contains(&format!("{path}: there is no step `nowhere`: there are done, later, loyal, thank")),
            "{faults:?}"
        );
    }
    let faults = sample.faults_with("/trigger/next", json!("nowhere"));
    assert!(faults[0].starts_with("trigger.next: there is no step"), "{faults:?}");
}

#[test]
fn a_step_that_nobody_reaches_is_only_a_warning() {
    let faults = Sample::new().faults_with("/steps/loyal/branches/no", json!("done"));
    only(&faults, "(warning) steps.later: no way leads to this step");
}

#[test]
fn every_branch_is_drawn_and_no_other_but_unknown() {
    let sample = Sample::new();
    let faults = sample.faults_with("/steps/loyal/branches", json!({"no": "later", "unknown": "thank"}));
    only(&faults, "steps.loyal.branches.yes: this branch is not drawn");
    let faults = sample.faults_with("/steps/loyal/branches", json!({"yes": "thank", "no": "later", "maybe": "done"}));
    only(&faults, "steps.loyal.branches.maybe: is never taken: the branches are yes, no and unknown");
    let mut own = Sample::new();
    own.plugins[0].descriptor.branches = vec!["gold".into(), "no".into()];
    let faults = own.faults(good());
    assert!(faults[0].starts_with("steps.loyal.branches.gold: this branch is not drawn"), "{faults:?}");
    assert!(faults[1].starts_with("steps.loyal.branches.yes: is never taken"), "{faults:?}");
}

#[test]
fn s12_on_error_is_a_drawn_branch_or_hold() {
    let sample = Sample::new();
    assert_eq!(sample.faults_with("/steps/loyal/on_error", json!("hold")), [""; 0]);
    assert_eq!(sample.faults_with("/steps/loyal/on_error", json!("yes")), [""; 0]);
    only(
        &sample.faults_with("/steps/loyal/on_error", json!("panic")),
        "steps.loyal.on_error: there is no branch `panic`",
    );
}

#[test]
fn a_condition_has_a_plugin_or_a_rule_and_never_both() {
    let sample = Sample::new();
    let rule = json!({"combinator": "and", "rules": [{"field": "orders.count", "operator": ">=", "value": 5}]});
    only(&sample.faults_with("/steps/loyal/rule", rule), "steps.loyal: has both");
    let mut neither = good();
    neither["steps"]["loyal"]["plugin"] = Value::Null;
    neither["steps"]["loyal"]["config"] = Value::Null;
    only(&sample.faults(neither), "steps.loyal: needs `plugin`, `rule` or `rules`");
}

#[test]
fn a_rule_that_compares_badly_is_named_by_its_place() {
    let mut strategy = good();
    strategy["steps"]["loyal"]["plugin"] = Value::Null;
    strategy["steps"]["loyal"]["config"] = Value::Null;
    strategy["steps"]["loyal"]["rule"] = json!({"combinator": "or", "rules": [
        {"field": "orders.count", "operator": ">=", "value": "many"},
        {"combinator": "and", "rules": [{"field": "orders.total", "operator": "=", "value": 1}]},
    ]});
    let faults = Sample::new().faults(strategy);
    assert!(faults[0].starts_with("steps.loyal.rule.rules[0].value: must be a number"), "{faults:?}");
    assert!(
        faults[1].starts_with("steps.loyal.rule.rules[1].rules[0].field: `orders.total` is no field"),
        "{faults:?}"
    );
}

#[test]
fn a_plugin_must_be_installed_of_the_kind_and_granted_what_it_reads() {
    let sample = Sample::new();
    only(
        &sample.faults_with("/steps/loyal/plugin", json!("low-value")),
        "steps.loyal.plugin: there is no plugin `low-value`",
    );
    only(
        &sample.faults_with("/steps/loyal/plugin", json!("high-value@2")),
        "steps.loyal.plugin: `high-value@2` is not installed, only version 1.2.3",
    );
    only(
        &sample.faults_with("/steps/loyal/plugin", json!("first")),
        "steps.loyal.plugin: `first` is a selector, and a condition",
    );
    let mut ungranted = Sample::new();
    ungranted.plugins[0].grants.facts.clear();
    only(
        &ungranted.faults(good()),
        "steps.loyal.plugin: `high-value@1` reads orders.count, which the shop does not grant it",
    );
    ungranted.plugins[0].stage = crate::plugin::Stage::Waiting { then: Box::new(crate::plugin::Stage::Active) };
    only(&ungranted.faults(good()), "steps.loyal.plugin: `high-value` 1.2.3 is installed and waits for its grants");
}

#[test]
fn what_the_plugin_says_against_its_configuration_stands_at_the_configuration() {
    let mut sample = Sample::new();
    sample.config_faults.insert("steps.loyal.config".into(), "min_orders: must be a number".into());
    only(&sample.faults(good()), "steps.loyal.config: min_orders: must be a number");
}

#[test]
fn a_message_needs_a_connected_channel_and_a_content_that_speaks_on_it() {
    let sample = Sample::new();
    only(
        &sample.faults_with("/steps/thank/channel", json!("sms")),
        "steps.thank.channel: there is no channel `sms`: there are inbox",
    );
    only(
        &sample.faults_with("/steps/thank/content", json!("unsaved")),
        "steps.thank.content: there is no content `unsaved`",
    );
    let content = json!([{"name": "mail", "variants": [{"channel": "email", "body": {}}]}]);
    let mut strategy = good();
    strategy["contents"] = content;
    strategy["steps"]["thank"]["content"] = json!("mail");
    only(&sample.faults(strategy.clone()), "steps.thank.content: `mail` says nothing on `inbox`; add a variant");
    strategy["contents"][0]["variants"] = json!([{"channel": "inbox", "locale": "de", "body": {}}]);
    only(&sample.faults(strategy), "steps.thank.content: `mail` says nothing on `inbox` in its default locale en");
}

#[test]
fn s14_a_selector_chooses_among_contents_that_exist() {
    let select = json!({"plugin": "first", "candidates": ["saved", "lost"], "default": "gone"});
    let mut strategy = good();
    strategy["steps"]["thank"]["content"] = Value::Null;
    strategy["steps"]["thank"]["select"] = select.clone();
    let faults = Sample::new().faults(strategy);
    assert!(faults[0].starts_with("steps.thank.select.candidates[1]: there is no content `lost`"), "{faults:?}");
    assert!(faults[1].starts_with("steps.thank.select.default: there is no content `gone`"), "{faults:?}");
    only(
        &Sample::new().faults_with("/steps/thank/select", select)[..1],
        "steps.thank: has both `content` and `select`",
    );
}

#[test]
fn s08_what_an_ending_exit_keeps_from_being_seen_is_a_warning() {
    let mut sample = Sample::new();
    sample.plugins[0] =
        plugin("high-value", "condition", &["orders.count-since", "run.started-at"], &["orders.*", "run.*"]);
    only(&sample.faults(good()), "(warning) steps.loyal.branches.yes: cannot be reached: an order ends the run");
    assert_eq!(sample.faults_with("/exits", json!([])), [""; 0]);
    assert_eq!(sample.faults_with("/exits/0/then", json!("done")), [""; 0]);
    let mut rule = good();
    rule["steps"]["loyal"]["plugin"] = Value::Null;
    rule["steps"]["loyal"]["config"] = Value::Null;
    rule["steps"]["loyal"]["rule"] =
        json!({"combinator": "and", "rules": [{"field": "orders.count_since_start", "operator": ">", "value": 0}]});
    only(&sample.faults(rule), "(warning) steps.loyal.rule: orders.count_since_start stays 0");
}

#[test]
fn times_are_longer_than_nothing_and_shorter_than_five_years() {
    let sample = Sample::new();
    only(&sample.faults_with("/steps/later/for", json!("0s")), "steps.later.for: must be longer than nothing");
    only(
        &sample.faults_with("/steps/later/for", json!("9000d")),
        "steps.later.for: must not be longer than five years",
    );
    only(&sample.faults_with("/policies/max_lateness", json!("0m")), "policies.max_lateness: must be longer");
    only(
        &sample.faults_with("/trigger/max_wait", json!("30m")),
        "trigger.max_wait: 30m is shorter than the settling of 1h",
    );
    assert_eq!(sample.faults_with("/trigger/settle", json!("0s")), [""; 0]);
}

#[test]
fn a_trigger_says_what_it_is_triggered_by_and_no_more() {
    let sample = Sample::new();
    only(
        &sample.faults_with("/trigger/on", json!("custom")),
        "trigger.event: a custom trigger needs the type of its event",
    );
    only(
        &sample.faults_with("/trigger/event", json!("shop.visited")),
        "trigger.event: only a custom trigger names an event",
    );
    only(&sample.faults_with("/trigger/key", json!("order")), "trigger.key: only an order trigger has an order");
    let mut custom = good();
    custom["trigger"]["on"] = json!("custom");
    for (event, start) in [
        ("visited", "trigger.event: `visited` is no event of your own"),
        ("cart.updated", "trigger.event: `cart.updated` is an event of"),
    ] {
        custom["trigger"]["event"] = json!(event);
        only(&sample.faults(custom.clone()), start);
    }
    custom["trigger"]["event"] = json!("shop.visited");
    custom["trigger"]["key"] = json!("cart");
    only(&sample.faults(custom), "trigger.key: only a cart or checkout trigger has a cart");
}

#[test]
fn names_are_neither_empty_nor_endless() {
    let sample = Sample::new();
    only(&sample.faults_with("/name", json!("  ")), "name: must not be empty");
    only(&sample.faults_with("/name", json!("x".repeat(101))), "name: must not be longer than 100 characters");
    let mut strategy = good();
    strategy["steps"]["two words"] = json!({"kind": "exit"});
    assert!(sample.faults(strategy)[0].starts_with("steps.two words: the id of a step has"));
}

#[test]
fn a_content_that_comes_along_is_checked_too() {
    let mut strategy = good();
    strategy["contents"] = json!([
        {"name": "twice", "default_locale": "not a tag", "variants": []},
        {"name": "twice", "variants": [
            {"channel": "inbox", "body": {"text": "a"}},
            {"channel": "inbox", "locale": "en", "body": "b"},
        ]},
    ]);
    let found = Sample::new().faults(strategy);
    let paths: Vec<&str> = found.iter().filter_map(|fault| fault.split_once(": ")).map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        [
            "contents[0].default_locale",
            "contents[0].variants",
            "contents[1].name",
            "contents[1].variants[1]",
            "contents[1].variants[1].body",
        ]
    );
}

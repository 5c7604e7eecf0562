//! What is wrong with a rule, with its place.

use serde_json::{Value, json};

use super::{Sample, good, only};

fn faults_of(rule: Value) -> Vec<String> {
    let mut strategy = good();
    strategy["exits"] = json!([]);
    strategy["steps"]["loyal"] = json!({
        "kind": "condition", "branches": {"yes": "thank", "no": "later"},
        "rule": {"combinator": "and", "rules": [rule]},
    });
    Sample::new().faults(strategy)
}

#[test]
fn a_sound_rule_has_no_faults() {
    for rule in [
        json!({"field": "orders.count", "operator": ">", "value": 1, "range": {"within_days": 90}}),
        json!({"field": "orders.spent", "operator": ">", "value": {"amount": "1.00", "currency": "EUR"},
               "range": {"days_ago": {"from": 0, "to": 7}}, "where": {"sku": ["a"], "category": ["b"]}}),
        json!({"field": "customer.registered_at", "operator": "within", "range": {"more_than_days_ago": 30}}),
        json!({"field": "customer.registered_at", "operator": "<", "value": "2026-01-01"}),
        json!({"field": "customer.attributes.day", "operator": "within", "range": {"within": "2d"}}),
        json!({"field": "messages.read", "operator": "=", "value": 0, "where": {"step": "thank"}}),
        json!({"field": "customer.email", "operator": "not_empty"}),
    ] {
        assert_eq!(faults_of(rule.clone()), [""; 0], "{rule}");
    }
}

#[test]
fn s37_a_rule_is_refused_at_the_place_that_is_wrong() {
    let date = |from: &str, to: &str| json!({"field": "orders.count", "operator": ">", "value": 1, "range": {"between": {"from": from, "to": to}}});
    let place = "steps.loyal.rule.rules[0]";
    for (rule, fault) in [
        (json!({"field": "customer.email", "operator": "=", "value": "a@b.de"}), ".operator: customer.email cannot be"),
        (json!({"field": "orders.last_at", "operator": "within"}), ".range: needs the range that the moment is in"),
        (json!({"field": "orders.last_at", "operator": "<", "value": "soon"}), ".value: must be a date like"),
        (
            json!({"field": "orders.last_at", "operator": "<", "value": "2026-01-01", "range": {"within_days": 1}}),
            ".range: a moment is in a range with the operator `within`",
        ),
        (
            json!({"field": "cart.lines", "operator": ">", "value": 1, "range": {"within_days": 1}}),
            ".range: this happens at",
        ),
        (
            json!({"field": "customer.tags", "operator": "empty", "where": {"sku": ["a"]}}),
            ".where.sku: customer.tags is not",
        ),
        (
            json!({"field": "orders.count", "operator": ">", "value": 1, "where": {"step": "a"}}),
            ".where.step: orders.count is",
        ),
        (json!({"field": "orders.count", "operator": ">", "value": 1, "where": {}}), ".where: chooses nothing"),
        (
            json!({"field": "orders.count", "operator": ">", "value": 1, "range": {"within_days": 40000}}),
            ".range.within_days: must",
        ),
        (
            json!({"field": "orders.count", "operator": ">", "value": 1, "range": {"within": "0s"}}),
            ".range.within: must be longer",
        ),
        (
            json!({"field": "orders.count", "operator": ">", "value": 1, "range": {"days_ago": {"from": 2, "to": 1}}}),
            ".range.days_ago: `from` is the nearer day",
        ),
        (date("2026-02-30", "2026-03-01"), ".range.between.from: `2026-02-30` is no date"),
        (date("2026-03-02", "2026-03-01"), ".range.between: 2026-03-02 is after 2026-03-01"),
    ] {
        only(&faults_of(rule), &format!("{place}{fault}"));
    }
}

#[test]
fn s08_orders_since_the_run_began_are_never_seen_where_an_order_ends_it() {
    let rule = json!({"combinator": "and", "rules": [
        {"field": "orders.count", "operator": ">", "value": 0, "range": {"since": "last_message"}}
    ]});
    let mut strategy = good();
    strategy["steps"]["loyal"] =
        json!({"kind": "condition", "rule": rule, "branches": {"yes": "thank", "no": "later"}});
    only(&Sample::new().faults(strategy), "(warning) steps.loyal.rule: orders.count stays 0 since the run began");
}

//! What is known of a decision afterwards: what it used, where it crashed, and the decision itself, made again.

use std::sync::Arc;

use crate::support::{Host, built, host, host_with, now, subject};
use cartwright_domain::decision::{DecisionAnswer, DecisionRecord};
use cartwright_domain::fact::FactRead;
use cartwright_domain::ids::Mint;
use cartwright_domain::plan::{Offered, Reply};
use cartwright_domain::plugin::{PluginKind, PluginLimits, Problem};
use cartwright_domain::shop::Grants;
use cartwright_engine::ports::{Answered, PluginCall, Plugins, Verdict};
use cartwright_plugins::{Limits, Slices};
use hostile_guests::{Condition, guests};
use serde_json::{Value, json};

#[tokio::test]
async fn a_trap_tells_where_it_was() {
    let mut guest = Condition::new("deep");
    guest.definitions = "(func $inner unreachable) (func $outer (call $inner))";
    guest.evaluate = "(call $outer) (i32.const 0x100)";
    let failure = host().verdicts(guest.component(), &[1]).await.remove(0).result.unwrap_err();
    assert_eq!(failure.problem, Problem::Trap);
    assert!(failure.backtrace.len() >= 3, "{:?}", failure.backtrace);
    assert_eq!(failure.backtrace[..2], ["inner", "outer"]);
}

#[tokio::test]
async fn s42_a_back_trace_has_an_end() {
    let failure = host().verdicts(guests::endless_recursion().component(), &[1]).await.remove(0).result.unwrap_err();
    assert_eq!((failure.problem, failure.backtrace.len()), (Problem::Trap, 20));
}

#[tokio::test]
async fn s42_an_operator_sets_the_limits_of_one_plugin() {
    let host = host_with(Limits::default(), Slices::Counted);
    let decide = async |component: Vec<u8>, limits: PluginLimits| -> Answered<Verdict> {
        let call = PluginCall { limits, ..host.call(component, json!({})) };
        host.runtime.evaluate(&call, &[subject(1)]).await.remove(0)
    };
    let usual = PluginLimits::default();
    let slow = guests::slow().component();
    assert_eq!(decide(slow.clone(), usual).await.result.unwrap_err().problem, Problem::TimeOut);
    assert!(decide(slow, PluginLimits { call_ms: Some(500), ..usual }).await.result.is_ok());
    let memory = PluginLimits { memory_mib: Some(1), ..usual };
    let failure = decide(guests::tame().component(), memory).await.result.unwrap_err();
    assert!(failure.message.ends_with("the limit is 1 MiB"), "{failure}");
    // Nothing of it stays with the plugin.
    assert!(decide(guests::tame().component(), usual).await.result.is_ok());
}

#[tokio::test]
async fn a_call_tells_its_memory() {
    let answers = host().verdicts(guests::tame().component(), &[1, 2]).await;
    assert!(answers.iter().all(|answer| answer.usage.memory_bytes == 32 * 65_536), "{answers:?}");
}

fn record(
    plugin: &str,
    kind: PluginKind,
    config: Value,
    answer: DecisionAnswer,
    facts: Vec<FactRead>,
) -> DecisionRecord {
    DecisionRecord {
        plugin: plugin.to_owned(),
        version: "1.0.0".to_owned(),
        digest: String::new(),
        kind,
        config,
        run: Mint::new(now(), [4; 32]).next(),
        step: "check".to_owned(),
        now: now(),
        candidates: Vec::new(),
        facts,
        answer,
    }
}

/// A decision as it was made, and the same as its trace has it.
async fn recorded(host: &Host, component: Vec<u8>, config: Value, orders: usize) -> DecisionRecord {
    let call = host.call(component, config.clone());
    let answered = host.runtime.evaluate(&call, &[subject(orders)]).await.remove(0);
    let answer = match answered.result {
        Ok(verdict) => DecisionAnswer::Decided(verdict.into()),
        Err(failure) => DecisionAnswer::Failed(failure),
    };
    let record = record("high-value", PluginKind::Condition, config, answer, answered.reads);
    serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap()
}

#[tokio::test]
async fn a_decision_is_made_again_from_its_record_bit_for_bit() {
    let host = host();
    let config = json!({"min_orders": 2, "min_spent": {"amount": "250.00", "currency": "EUR"}});
    for orders in [1, 2, 3] {
        let record = recorded(&host, built("high_value"), config.clone(), orders).await;
        let again = host.runtime.replay(built("high_value").into(), &record).await.unwrap();
        assert_eq!(DecisionAnswer::Decided(again.result.unwrap()), record.answer);
        assert_eq!(again.reads, record.facts);
    }
}

#[tokio::test]
async fn a_fact_that_is_not_in_the_record_ends_with_its_name() {
    let host = host();
    let decided = DecisionAnswer::Decided(Reply::Branch { branch: "yes".to_owned(), reason: None });
    let record = record("tame", PluginKind::Condition, json!({}), decided, Vec::new());
    let again = host.runtime.replay(built("high_value").into(), &record).await.unwrap();
    let failure = again.result.unwrap_err();
    assert_eq!(failure.problem, Problem::FactNotRecorded);
    assert!(failure.message.contains("`orders."), "{failure}");
}

#[tokio::test]
async fn what_was_refused_then_is_refused_again() {
    let host = host();
    let config = json!({"min_spent": {"amount": "1", "currency": "EUR"}});
    let grants = Arc::new(Grants { facts: vec!["orders.count".to_owned()], ..Grants::default() });
    let call = PluginCall { grants, ..host.call(built("high_value"), config.clone()) };
    let answered = host.runtime.evaluate(&call, &[subject(3)]).await.remove(0);
    let failed = DecisionAnswer::Failed(answered.result.unwrap_err());
    let record = record("high-value", PluginKind::Condition, config, failed, answered.reads);
    let again = host.runtime.replay(built("high_value").into(), &record).await.unwrap();
    assert_eq!(DecisionAnswer::Failed(again.result.unwrap_err()), record.answer);
}

#[tokio::test]
async fn a_selector_chooses_again_among_what_was_offered_then() {
    let host = host();
    let offered = ["a", "b"].map(|name| Offered { name: name.to_owned(), labels: Vec::new() });
    let answer =
        DecisionAnswer::Decided(Reply::Content { content: "a".to_owned(), variables: Vec::new(), reason: None });
    let record = DecisionRecord {
        candidates: offered.to_vec(),
        ..record("first", PluginKind::Selector, json!({}), answer, Vec::new())
    };
    let again = host.runtime.replay(built("first").into(), &record).await.unwrap();
    assert!(matches!(again.result, Ok(Reply::Content { content, .. }) if content == "a"));
}
